"""What a person watches: named lists of instruments, in an order of their own."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.models import TimeStamped

NAME_LENGTH = 60


class Watchlist(TimeStamped):
    """A named list of instruments that only its owner sees; lists stand in the order of `position`."""

    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="watchlist_name_once")]

    def __str__(self) -> str:
        return self.name


class WatchlistItem(models.Model):
    """An instrument on a list, in the order of `position`."""

    # `watchlist_item_once` serves every read by list
    watchlist = models.ForeignKey(Watchlist, on_delete=models.CASCADE, related_name="items", db_index=False)
    instrument = models.ForeignKey("market.Instrument", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(default=0)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["watchlist", "instrument"], name="watchlist_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.watchlist_id} {self.instrument_id}"

"""What people call the instruments that they hold."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from market.models import Instrument


class InstrumentTag(models.Model):
    """A word that a person put on an instrument, to see together what they count together; theirs alone."""

    NAME_LENGTH = 40

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("tag"), max_length=NAME_LENGTH)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", Lower("name"), "instrument", name="instrument_tag_once"),
            models.CheckConstraint(condition=~Q(name=""), name="instrument_tag_name"),
        ]

    def __str__(self) -> str:
        return self.name

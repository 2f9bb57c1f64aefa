"""What a portfolio is to consist of, and in which steps it trades."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import NumericField
from core.ids import uuid7
from market.models import Instrument


class AllocationTarget(models.Model):
    """What share of a portfolio one group is to have; the service sees that those of a grouping add up to 1.

    `key` is the group's as in `portfolios.domain.rebalancing`, `weight` a fraction. `instrument` is what
    to buy for the group; null: more of what is held of it. `user` is whose tags a target by tag is in:
    nobody else sees it. All other targets are the portfolio's, and it is null.
    """

    class Grouping(models.TextChoices):
        CLASS = "class", _("Class")
        SECTOR = "sector", _("Sector")
        COUNTRY = "country", _("Country")
        CURRENCY = "currency", _("Currency")
        INSTRUMENT = "instrument", _("Instrument")
        TAG = "tag", _("Tag")

    # All tags that an instrument may have, one after the other.
    KEY_LENGTH = 840

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey("portfolios.Portfolio", on_delete=models.CASCADE, related_name="targets")
    grouping = models.CharField(max_length=12, choices=Grouping.choices)
    key = models.CharField(max_length=KEY_LENGTH)
    weight = NumericField()
    instrument = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        ordering = ["portfolio", "grouping", "-weight", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio", "grouping", "key", "user"],
                name="allocation_target_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(grouping="tag", user__isnull=False) | (~Q(grouping="tag") & Q(user__isnull=True)),
                name="allocation_target_whose",
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=0) & Q(weight__lte=1), name="allocation_target_fraction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grouping} {self.key}"


class LotSize(models.Model):
    """The step in which a portfolio trades an instrument, where it is not the usual one of its class."""

    portfolio = models.ForeignKey("portfolios.Portfolio", on_delete=models.CASCADE, related_name="lot_sizes")
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+")
    size = NumericField()

    class Meta:
        ordering = ["portfolio", "instrument"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "instrument"], name="lot_size_once"),
            models.CheckConstraint(condition=Q(size__gt=0), name="lot_size_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.size}"

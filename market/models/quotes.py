"""The newest price of each instrument, the log of how prices moved, and what was held back."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import CurrencyField, NumericField
from core.models import TimeStamped, World
from market.domain.plausibility import Doubt


class Quote(models.Model):
    """The newest price of an instrument in a world, raw and in quote units, with what its day brought.

    `as_of` is when the source says it was true, `day` that instant's date at the exchange; `open`,
    `high`, `low` and `volume` are of that day so far. `previous_close` is the last close before the day,
    in the units of the day. Splits are in effect up to and including `splits_through`.
    """

    # as of daily bars: one index serves every read, and each further one costs every batch
    world = models.ForeignKey(World, on_delete=models.CASCADE, related_name="+", db_index=False)
    instrument = models.ForeignKey(
        "market.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    price = NumericField(_("price"))
    bid = NumericField(_("bid"), null=True)
    ask = NumericField(_("ask"), null=True)
    volume = NumericField(_("volume"), null=True)
    open = NumericField(_("open"), null=True)
    high = NumericField(_("high"))
    low = NumericField(_("low"))
    previous_close = NumericField(_("previous close"), null=True)
    as_of = models.DateTimeField(_("as of"))
    day = models.DateField(_("day"))
    splits_through = models.DateField(_("splits in effect up to"))
    source = models.CharField(_("source"), max_length=24)
    quality = models.CharField(_("quality"), max_length=12)

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        constraints = [
            models.UniqueConstraint(fields=["instrument", "world"], name="quote_once"),
            models.CheckConstraint(condition=Q(low__gt=0), name="quote_positive"),
            models.CheckConstraint(
                condition=Q(price__gte=models.F("low")) & Q(price__lte=models.F("high")),
                name="quote_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.price}"


class LogHead(models.Model):
    """The number of a world's newest batch. Its row is the lock that lets one write prices at a time."""

    world = models.OneToOneField(World, primary_key=True, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.world_id} {self.seq}"


class MoveBatch(models.Model):
    """One batch of the move log: prices that changed together, in quote units.

    `seq` counts without a gap in the order of commits, per world. `time` is the world's; `day` the
    calendar date (UTC) on which it was written, by which the table is partitioned and ages. The arrays
    belong together: `previous` null is a first price; `low` and `high` are the lowest and highest price
    from the previous to the new one, both included. `previous` is in the units of the new price.
    """

    pk = models.CompositePrimaryKey("world", "seq", "day")
    world = models.ForeignKey(World, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    day = models.DateField()
    time = models.DateTimeField()
    instruments = ArrayField(models.IntegerField())
    previous = ArrayField(NumericField(null=True))
    prices = ArrayField(NumericField())
    lows = ArrayField(NumericField())
    highs = ArrayField(NumericField())

    def __str__(self) -> str:
        return f"{self.world_id} {self.seq}"


class Cursor(models.Model):
    """How far a consumer has read a world's move log: `seq` is the last batch that it has done."""

    consumer = models.CharField(max_length=40)
    world = models.ForeignKey(World, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consumer", "world"], name="cursor_once")]

    def __str__(self) -> str:
        return f"{self.consumer} {self.seq}"


class HeldQuote(TimeStamped):
    """A quote that was not believed, or that waits for a split to take effect.

    While it is held, one that is like it takes its place and `times` counts them, so that a source that
    errs all day fills one row. Values are as they came, in quote units.
    """

    class State(models.TextChoices):
        HELD = "held", _("held back")
        RELEASED = "released", _("released")
        DISCARDED = "discarded", _("discarded")

    REASONS = (
        (Doubt.NOT_POSITIVE.value, _("not above zero")),
        (Doubt.OUT_OF_RANGE.value, _("more digits than a price has")),
        (Doubt.JUMP.value, _("far off the last price")),
        (Doubt.CURRENCY.value, _("in another currency")),
        (Doubt.FUTURE.value, _("dated in the future")),
        (Doubt.OLD.value, _("called live, and more than a day old")),
        (Doubt.CROSSED.value, _("its day’s range does not hold it")),
        (Doubt.NOT_FICTIONAL.value, _("invented, for a real instrument")),
        (Doubt.SPLIT.value, _("waits for a split to take effect")),
    )

    world = models.ForeignKey(World, on_delete=models.CASCADE, related_name="+", verbose_name=_("world"))
    instrument = models.ForeignKey(
        "market.Instrument", on_delete=models.CASCADE, related_name="+", verbose_name=_("instrument")
    )
    reason = models.CharField(_("why"), max_length=20, choices=REASONS)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.HELD)
    times = models.PositiveIntegerField(_("times"), default=1)
    # as text: what is held back may be no number that a column takes
    price = models.CharField(_("price"), max_length=80)
    reference = NumericField(_("last price"), null=True)
    currency = CurrencyField(_("currency"), blank=True)
    as_of = models.DateTimeField(_("as of"))
    source = models.CharField(_("source"), max_length=24)
    quality = models.CharField(_("quality"), max_length=12)
    values = models.JSONField(default=dict)
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("held quote")
        verbose_name_plural = _("held quotes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "world", "source", "reason"],
                condition=Q(state="held"),
                name="held_quote_once",
            )
        ]
        indexes = [
            models.Index(fields=["world", "reason"], name="held_quote_why", condition=Q(state="held")),
            models.Index(fields=["decided_at"], name="held_quote_age", condition=~Q(state="held")),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.price}"

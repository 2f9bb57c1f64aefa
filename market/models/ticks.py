"""Single trades and best prices as feeds tell them, and the bars that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import NumericField
from core.models import World

if TYPE_CHECKING:
    _Key = models.ForeignKey[Any, Any]
else:
    _Key = models.ForeignKey


def _world() -> _Key:
    """Name the world without a constraint or an index: each costs every one of millions of rows."""
    return models.ForeignKey(
        World, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )


def _instrument() -> _Key:
    return models.ForeignKey(
        "market.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )


class Tick(models.Model):
    """One trade with the best prices at its instant, raw and in quote units.

    `seq` counts the ticks of one instrument at one instant from 0, in the order in which they came.
    `open_interest` is in contracts, sizes and quantities in units. Partitioned by the month of `at` (UTC).
    """

    pk = models.CompositePrimaryKey("instrument", "world", "at", "seq")
    at = models.DateTimeField()
    instrument = _instrument()
    seq = models.IntegerField()
    world = _world()
    price = NumericField()
    quantity = NumericField(null=True)
    bid = NumericField(null=True)
    bid_size = NumericField(null=True)
    ask = NumericField(null=True)
    ask_size = NumericField(null=True)
    open_interest = NumericField(null=True)

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.at} {self.price}"


class Ticker(models.Model):
    """The newest tick of an instrument. Its row is the lock that lets one write the instrument's ticks.

    Without `at` there is none yet.
    """

    pk = models.CompositePrimaryKey("instrument", "world")
    instrument = _instrument()
    world = _world()
    at = models.DateTimeField(null=True)
    seq = models.IntegerField(null=True)
    price = NumericField(null=True)
    quantity = NumericField(null=True)
    bid = NumericField(null=True)
    bid_size = NumericField(null=True)
    ask = NumericField(null=True)
    ask_size = NumericField(null=True)
    open_interest = NumericField(null=True)

    class Meta:
        verbose_name = _("ticker")
        verbose_name_plural = _("tickers")

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.price}"


class Bar(models.Model):
    """First, highest, lowest and last price of a span, raw and in quote units; null volume is unknown.

    `count` is how many ticks (or quotes) it was made of, `first_at` and `last_at` their first and last
    instant, by which a further one knows whether it comes before the open or after the close.
    """

    open = NumericField()
    high = NumericField()
    low = NumericField()
    close = NumericField()
    volume = NumericField(null=True)
    count = models.IntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        abstract = True


class MinuteBar(Bar):
    """The bar of the minute that begins at `at`, of ticks and quotes. Partitioned by month, as ticks are."""

    pk = models.CompositePrimaryKey("instrument", "world", "at")
    at = models.DateTimeField()
    instrument = _instrument()
    world = _world()

    class Meta:
        verbose_name = _("minute bar")
        verbose_name_plural = _("minute bars")

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.at}"


class TickDay(Bar):
    """How many ticks an instrument has on a day (the exchange's), and the bar that they make.

    Totals and lists of days are read from here and never counted. 0: their ticks were given up with age,
    the bar stays.
    """

    pk = models.CompositePrimaryKey("instrument", "world", "day")
    instrument = _instrument()
    world = _world()
    day = models.DateField()

    class Meta:
        verbose_name = _("day of ticks")
        verbose_name_plural = _("days of ticks")

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.day}"

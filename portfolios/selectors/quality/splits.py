"""Checks of prices beside splits: those that a known split contradicts, and moves that look like one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Context, Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from market.domain.jumps import Across, Reading
from market.selectors import price_checks, prices
from portfolios.selectors.quality.base import Found, Mend, Severity, SharedScope, midnight
from portfolios.selectors.quality.registry import check

_ROUGHLY = Context(prec=5)
_HINTS: dict[Reading, str | Promise] = {
    Reading.ADJUSTED: _("They look adjusted for the split already, so that every value before it is wrong."),
    Reading.TWICE: _("The split seems to be in them twice, so that every value before it is wrong."),
}


@check(
    "split-not-in-prices",
    Severity.HIGH,
    Mend.PRICES,
    title=_("Prices of %(symbol)s contradict a split"),
    sentence=_(
        "%(symbol)s split %(numerator)s for %(denominator)s on %(split_day)s, and as traded its price goes "
        "from %(before)s on %(before_day)s to %(after)s on %(after_day)s instead of about %(expected)s."
    ),
)
def split_not_in_prices(scope: SharedScope) -> Iterator[Found]:
    """Find splits of what was held then that the stored prices did not go through as they are."""
    for one in price_checks.contradicted(scope.ledger.world_id, scope.ledger.splits):
        if _is_held(scope, one.instrument, one.ex_date):
            yield _of_split(scope, one)


def _of_split(scope: SharedScope, one: Across) -> Found:
    return Found(
        facts=(scope.listing(one.instrument), one.ex_date, one.ratio, one.before, one.after),
        values={
            "symbol": scope.symbol(one.instrument), "numerator": one.ratio.numerator,
            "denominator": one.ratio.denominator, "split_day": one.ex_date, "before": one.before,
            "before_day": one.before_day, "after": one.after, "after_day": one.after_day,
            "expected": _ROUGHLY.plus(one.expected),
        },
        instrument=one.instrument,
        time=midnight(one.ex_date),
        hint=_HINTS[one.reading],
    )  # fmt: skip


@check(
    "missed-split",
    Severity.MEDIUM,
    Mend.PRICES,
    title=_("Split of %(symbol)s not recorded?"),
    sentence=_(
        "From %(before_day)s to %(day)s the price of %(symbol)s goes from %(before)s to %(after)s, as by a "
        "split %(numerator)s for %(denominator)s, and none is recorded. If there was one, add it; its "
        "units and its value before that day are wrong until then."
    ),
)
def missed_split(scope: SharedScope) -> Iterator[Found]:
    """Find moves of prices, of what was held then, that look like a split nobody recorded."""
    ledger = scope.ledger
    found = [
        (instrument, jump)
        for instrument, jumps in price_checks.missed_splits(
            ledger.instruments.values(), ledger.closes
        ).items()
        for jump in jumps
        if jump.day <= scope.day and _is_held(scope, instrument, jump.day)
    ]
    days = [(instrument, day) for instrument, one in found for day in (one.before_day, one.day)]
    closes = prices.closes_at(ledger.world_id, days)
    for instrument, one in found:
        before, after = (closes[instrument, day].price for day in (one.before_day, one.day))
        yield Found(
            facts=(scope.listing(instrument), one.day, one.ratio, before, after),
            values={
                "symbol": scope.symbol(instrument), "before_day": one.before_day, "day": one.day,
                "before": before, "after": after, "numerator": one.ratio.numerator,
                "denominator": one.ratio.denominator,
            },
            instrument=instrument,
            time=midnight(one.day),
        )  # fmt: skip


def _is_held(scope: SharedScope, instrument: int, day: date) -> bool:
    """Tell whether an instrument was there before a day and is still, or again, on it or later."""
    days = scope.days_of.get(instrument, [])
    holding = scope.book.holdings.get(instrument)
    is_there = holding is not None and holding.quantity != Decimal(0)
    return min(days, default=date.min) < day and (is_there or max(days, default=date.min) >= day)

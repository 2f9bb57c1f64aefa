"""What is doubtful about the prices of an instrument, in words: splits that they contradict or lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Context, Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import LIVE_WORLD
from core.money import plain
from core.templatetags.figures import price_text
from market.domain.jumps import Across, Jump, Reading
from market.models import Instrument
from market.selectors import price_checks, prices

SHOWN: Final = 3
# Enough to see where a price would be.
_ROUGHLY: Final = Context(prec=5)
_READINGS: dict[Reading, str | Promise] = {
    Reading.ADJUSTED: gettext_lazy(
        "These look adjusted for the split already, so they are not the prices as traded."
    ),
    Reading.TWICE: gettext_lazy(
        "The split seems to be in them twice, as when prices as traded are taken for adjusted ones."
    ),
}


def contradiction(
    one: Across,
    symbol: str,
    day: Callable[[date], str] = date.isoformat,
    price: Callable[[Decimal], str] = plain,
) -> str:
    """Say how prices contradict a split: instrument, days, what they are and what they would be."""
    said = _(
        "%(symbol)s, split %(new)s for %(old)s of %(day)s: as traded the price goes from %(before)s on "
        "%(before_day)s to %(after)s on %(after_day)s, and by the split to about %(expected)s."
    ) % {
        "symbol": symbol,
        "new": one.ratio.numerator,
        "old": one.ratio.denominator,
        "day": day(one.ex_date),
        "before": price(one.before),
        "before_day": day(one.before_day),
        "after": price(one.after),
        "after_day": day(one.after_day),
        "expected": price(_ROUGHLY.plus(one.expected)),
    }
    return f"{said} {_READINGS[one.reading]}"


def doubts(row: Instrument) -> list[str]:
    """Say each doubt, the latest first, at most three; and how many more there are."""
    said = list(_said(row))
    more = len(said) - SHOWN
    return [*said[:SHOWN], _("And %(number)s more.") % {"number": more}] if more > 0 else said


def converted_text(row: Instrument) -> str:
    """Say how many prices came adjusted for splits, and as of when; empty where all came as traded."""
    origin = prices.origin(LIVE_WORLD, row)
    if origin.first_as_of is None or origin.last_as_of is None:
        return ""
    first, last = _day(origin.first_as_of), _day(origin.last_as_of)
    return _("%(count)s of %(total)s days came adjusted for splits as of %(days)s, and are converted.") % {
        "count": origin.adjusted,
        "total": origin.bars,
        "days": last if first == last else f"{first} – {last}",
    }


def _said(row: Instrument) -> Iterator[str]:
    for across in reversed(price_checks.contradictions(LIVE_WORLD, [row.id])):
        yield contradiction(across, row.symbol, _day, price_text)
    found = price_checks.missed_splits_of(LIVE_WORLD, row)
    if not found:
        return
    days = [day for one in found for day in (one.before_day, one.day)]
    closes = dict(prices.bars(LIVE_WORLD, row).filter(date__in=days).values_list("date", "close"))
    for jump in reversed(found):
        yield _missed(jump, price_text(closes[jump.before_day]), price_text(closes[jump.day]))


def _missed(jump: Jump, before: str, after: str) -> str:
    """Say that a move looks like a split."""
    return _(
        "From %(before_day)s to %(day)s the price goes from %(before)s to %(after)s, as by a split "
        "%(new)s for %(old)s, and none is recorded."
    ) % {
        "before_day": _day(jump.before_day),
        "day": _day(jump.day),
        "before": before,
        "after": after,
        "new": jump.ratio.numerator,
        "old": jump.ratio.denominator,
    }


def _day(day: date) -> str:
    return str(date_format(day, "DATE_FORMAT"))

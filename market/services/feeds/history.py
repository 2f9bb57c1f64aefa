"""Mend the history of what somebody holds or watches: days without a bar, and what companies did.

Splits come before prices, because most sources adjust theirs for them. Nothing that is there is written
over: a bar stays, and an action that is known from elsewhere too.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import structlog

from core import clock
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from core.models import LIVE_WORLD
from market.domain import jumps
from market.domain.actions import Dividend, Split
from market.domain.bars import BarRow, wrong
from market.errors import ProviderUnknown
from market.models import CorporateAction, DailyBar, HistoryCheck, Instrument, PriceSource
from market.providers import Ability, Unread
from market.selectors import feeds, price_checks, sessions
from market.services import texts
from market.services.actions import ActionData, record_corporate_action
from market.services.bars import set_bars
from market.services.feeds import health, sources
from market.services.feeds.asking import NotAnswered, asking
from market.services.feeds.order import in_order, is_waited_for

log = structlog.get_logger(__name__)
# The table of sessions reaches as far back.
REACH: Final = timedelta(days=365)
# What no source has today is asked for again after so long, in case one is added.
AGAIN: Final = timedelta(days=7)
DAILY: Final = timedelta(hours=20)
# The same split or dividend has dates a few days apart at two sources.
SAME: Final = timedelta(days=5)
LONGEST_TROUBLE: Final = 400
MOST_TOLD: Final = 2


@dataclass(slots=True)
class Found:
    """What became of one instrument: days that lack a bar still, days that came and from where.

    `is_put_off`: a source that may have more could not be asked now.
    """

    through: date | None = None
    missing: int = 0
    mended: int = 0
    source: str = ""
    trouble: list[str] = field(default_factory=list)
    is_put_off: bool = False


def mend_history(*, seconds: float) -> int:
    """Look at the history of each instrument that was not looked at today, for so long; say at how many.

    The longest ago comes first. Two workers take different ones. What no source could be asked for just now
    counts as not looked at.
    """
    end, done = time.monotonic() + seconds, 0
    now = clock.now()
    looked = dict(HistoryCheck.objects.values_list("instrument_id", "checked_at"))
    rows = [one for one in feeds.wanted() if one.pk not in looked or looked[one.pk] <= now - DAILY]
    for one in sorted(rows, key=lambda one: looked[one.pk].timestamp() if one.pk in looked else 0.0):
        if time.monotonic() > end:
            break
        if _claimed(one):
            found = mend(one)
            if found.is_put_off:
                HistoryCheck.objects.filter(pk=one.pk).update(checked_at=looked.get(one.pk, now - AGAIN))
            else:
                _write(one, found)
                done += 1
    return done


def mend(instrument: Instrument) -> Found:
    """Fill the days of the last year on which an instrument traded and that have no bar."""
    found = Found()
    now = clock.now()
    end = _last_final(instrument)
    start = end - REACH
    missing = _missing(instrument, start, end)
    for source in in_order(instrument, Ability.ACTIONS, now):
        if _took_actions(source, instrument, start, end, found):
            break
    else:
        found.is_put_off = is_waited_for(instrument, Ability.ACTIONS, clock.now())
    if missing and not found.is_put_off:
        missing = _took_days(instrument, missing, found)
    found.through, found.missing = end, len(missing)
    return found


def _took_days(instrument: Instrument, missing: list[date], found: Found) -> list[date]:
    """Ask for days in the order of the sources; tell which still lack."""
    start, end, is_worth = missing[0], missing[-1], _is_worth(instrument, missing)
    for source in in_order(instrument, Ability.HISTORY, clock.now()) if is_worth else []:
        if missing:
            _took_bars(source, instrument, missing, found)
            missing = _missing(instrument, start, end)
    found.is_put_off = bool(is_worth and missing and is_waited_for(instrument, Ability.HISTORY, clock.now()))
    return missing


def _is_worth(instrument: Instrument, missing: Sequence[date]) -> bool:
    """Tell whether to ask: a day is new, or it is the day of the week on which the old ones are asked for."""
    known = HistoryCheck.objects.filter(instrument=instrument).first()
    if known is None or known.through is None or missing[-1] > known.through:
        return True
    return known.missing != len(missing) or clock.now().weekday() == instrument.pk % AGAIN.days


def _missing(instrument: Instrument, start: date, end: date) -> list[date]:
    days = sessions.trading_days(instrument, start, end)
    rows = DailyBar.objects.filter(instrument=instrument, world=LIVE_WORLD, date__range=(start, end))
    there = set(rows.values_list("date", flat=True))
    return [one for one in days if one not in there]


def _last_final(instrument: Instrument) -> date:
    """Tell the last day of an instrument that is over, at its exchange."""
    zone = instrument.exchange.time_zone if instrument.exchange is not None else "UTC"
    market = sessions.markets([instrument], clock.now())[instrument.pk]
    if market.closed_at is not None:
        return clock.day_of(market.closed_at - sessions.FINAL_AFTER, zone)
    return clock.today(zone) - timedelta(days=1)


def _took_bars(source: PriceSource, instrument: Instrument, missing: Sequence[date], found: Found) -> None:
    try:
        with asking(source, Ability.HISTORY):
            provider = sources.provider_of(source, [instrument.pk], Ability.HISTORY)
            if Ability.HISTORY not in provider.abilities:
                return
            rows = provider.history(instrument, missing[0], missing[-1])
    except (ProviderUnknown, NotAnswered):
        return
    health.succeeded(source, Ability.HISTORY)
    rows = _sound([row for row in rows if row.day in set(missing)], source, found)
    if not rows:
        return
    try:
        stored = set_bars(
            actor=Actor.system("history"), uuid=instrument.uuid, rows=rows, source=source.name,
            basis=provider.basis(clock.today("UTC")),
        )  # fmt: skip
    except ValidationFailed as error:
        found.trouble += [f"{source.name}: {one.message}" for one in error.errors[:MOST_TOLD]]
        return
    found.mended, found.source = found.mended + stored.stored, source.name


def _sound(rows: Sequence[BarRow], source: PriceSource, found: Found) -> list[BarRow]:
    """Leave out bars that are wrong in themselves, and tell of the first; the others are as good as ever."""
    today = clock.today("UTC")
    faults = {row.day: fault for row in rows for _field, fault in wrong(row, today)}
    told = [f"{source.name}: {day} {texts.fault(fault)}" for day, fault in faults.items()]
    found.trouble += told[:MOST_TOLD]
    return [row for row in rows if row.day not in faults]


def _took_actions(source: PriceSource, instrument: Instrument, start: date, end: date, found: Found) -> bool:
    """Record the splits and dividends that a source tells and nobody knows; say whether it told all.

    What cannot be read of it is for staff to see, and for the next source to tell.
    """
    try:
        with asking(source, Ability.ACTIONS):
            provider = sources.provider_of(source, [instrument.pk], Ability.ACTIONS)
            if Ability.ACTIONS not in provider.abilities:
                return False
            told = provider.actions(instrument, start, end + timedelta(days=1))
    except (ProviderUnknown, NotAnswered):
        return False
    health.succeeded(source, Ability.ACTIONS)
    unread = [one for one in told if isinstance(one, Unread)]
    found.trouble += [f"{source.name}: {one.ex_date} {one.reason}" for one in unread[:MOST_TOLD]]
    for one in told:
        trouble = "" if isinstance(one, Unread) else _record(source, instrument, one)
        if trouble:
            found.trouble.append(f"{source.name}: {trouble}")
    return not unread


def _record(source: PriceSource, instrument: Instrument, one: Split | Dividend) -> str:
    """Record one action; say why it was not, where that is for staff to look at."""
    kind = CorporateAction.Kind.SPLIT if isinstance(one, Split) else CorporateAction.Kind.DIVIDEND
    near = CorporateAction.objects.filter(
        instrument=instrument, kind=kind, ex_date__range=(one.ex_date - SAME, one.ex_date + SAME)
    )
    if near.exists():
        return ""
    if isinstance(one, Split) and _contradicts(instrument, one):
        return f"split {one.numerator}:{one.denominator} {one.ex_date}"
    data = (
        ActionData(
            kind=kind, ex_date=one.ex_date, numerator=Decimal(one.numerator),
            denominator=Decimal(one.denominator),
        )
        if isinstance(one, Split)
        else ActionData(kind=kind, ex_date=one.ex_date, amount=one.amount, currency=one.currency)
    )  # fmt: skip
    try:
        record_corporate_action(
            actor=Actor.system("history"), instrument_uuid=instrument.uuid, data=data, source=source.name
        )
    except Conflict:
        return ""
    except ValidationFailed as error:
        return "; ".join(one.message for one in error.errors)
    return ""


def _contradicts(instrument: Instrument, split: Split) -> bool:
    """Tell whether the stored prices, as traded, cannot have gone through a split."""
    return any(one.instrument == instrument.pk for one in price_checks.contradicted(LIVE_WORLD, [split]))


def _claimed(instrument: Instrument) -> bool:
    """Take an instrument; False where another worker did."""
    now = clock.now()
    made = HistoryCheck.objects.bulk_create(
        [HistoryCheck(instrument=instrument, checked_at=now - AGAIN)], ignore_conflicts=True
    )
    rows = HistoryCheck.objects.filter(instrument=instrument, checked_at__lte=now - DAILY)
    return bool(made) and rows.update(checked_at=now) == 1


def _write(instrument: Instrument, found: Found) -> None:
    jumped = [_told(one) for one in price_checks.missed_splits_of(LIVE_WORLD, instrument)]
    HistoryCheck.objects.filter(instrument=instrument).update(
        through=found.through,
        missing=found.missing,
        mended=found.mended,
        source=found.source,
        jumps=jumped,
        trouble=" · ".join(found.trouble)[:LONGEST_TROUBLE],
    )
    if jumped:
        log.warning("market.prices_jump", instrument=instrument.pk, count=len(jumped))


def _told(one: jumps.Jump) -> str:
    return f"{one.before_day} – {one.day}: {one.ratio.numerator}:{one.ratio.denominator}"

"""When instruments trade, by the sessions of their exchanges.

Coins always trade, and pairs of currencies on weekdays (UTC). Where an exchange's calendar is not there,
or does not reach so far, it is taken to trade on weekdays from 9:00 to 17:30 in its time zone, and
`Hours.is_known` is false, so that whoever shows it says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from market.domain.feeding import Market
from market.domain.sessions import HOME, Session, usual_sessions, weekdays
from market.models import Exchange, Instrument, TradingSession

# Long enough for the longest row of holidays.
_AHEAD: Final = timedelta(days=21)
_BACK: Final = timedelta(days=14)
_DAY: Final = timedelta(days=1)
# The closing auction, and what delayed prices are late.
FINAL_AFTER: Final = timedelta(minutes=20)
_SATURDAY: Final = 5
_KIND = Instrument.Kind


@dataclass(frozen=True, slots=True)
class Hours:
    """Whether trade goes on, when it next begins (closed) or rests (open), and whether a calendar says so."""

    is_open: bool
    is_known: bool
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def is_open(mic: str | None, at: datetime, *, kind: str = "") -> bool:
    """Tell whether an exchange trades at an instant; `kind` is the instrument's."""
    return hours(mic, at, kind=kind).is_open


def open_since(mic: str | None, at: datetime, *, kind: str = "") -> datetime | None:
    """Tell since when an exchange that trades at an instant has done so; None where it does not trade."""
    if kind == _KIND.CRYPTO:
        return datetime.min.replace(tzinfo=UTC)
    if kind == _KIND.CURRENCY_PAIR:
        midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - _DAY * midnight.weekday() if _week(at).is_open else None
    zone = _zone(mic)
    day = at.astimezone(zone).date()
    found, _is_known = _told(mic, zone, day - _DAY, day + _DAY)
    return next((one.open_since(at) for one in found if one.is_open(at)), None)


def next_open(mic: str | None, at: datetime, *, kind: str = "") -> datetime | None:
    """Tell when an exchange that is closed next opens; None where it is open, or never does."""
    return hours(mic, at, kind=kind).opens_at


def hours(mic: str | None, at: datetime, *, kind: str = "") -> Hours:
    """Tell whether an exchange trades at an instant, until when or from when on, and how sure that is."""
    if kind == _KIND.CRYPTO:
        return Hours(is_open=True, is_known=True)
    if kind == _KIND.CURRENCY_PAIR:
        return _week(at)
    zone = _zone(mic)
    day = at.astimezone(zone).date()
    found, is_known = _told(mic, zone, day - _DAY, day + _AHEAD)
    now = next((one for one in found if one.is_open(at)), None)
    if now is not None:
        return Hours(is_open=True, is_known=is_known, closes_at=now.next_close(at))
    later = (begins for one in found if (begins := one.next_open(at)) is not None)
    return Hours(is_open=False, is_known=is_known, opens_at=min(later, default=None))


def sessions_between(mic: str | None, start: date, end: date) -> list[Session]:
    """Tell an exchange's trading days from `start` to `end` (its dates, both included), oldest first."""
    return _told(mic, _zone(mic), start, end)[0]


def trading_days(instrument: Instrument, start: date, end: date) -> list[date]:
    """Tell on which of its exchange's dates an instrument traded, from `start` to `end`, both included."""
    if instrument.kind == _KIND.CRYPTO:
        return [start + _DAY * number for number in range((end - start).days + 1)]
    if instrument.kind == _KIND.CURRENCY_PAIR:
        return list(weekdays(start, end))
    return [one.day for one in sessions_between(venue_of(instrument), start, end)]


def trading(instruments: Iterable[Instrument], at: datetime) -> list[Instrument]:
    """Choose the instruments that trade at an instant, in one look at each exchange."""
    rows = list(instruments)
    seen: dict[tuple[str | None, str], bool] = {}
    for one in rows:
        key = _key(one)
        if key not in seen:
            seen[key] = is_open(key[0], at, kind=key[1])
    return [one for one in rows if seen[_key(one)]]


def markets(instruments: Iterable[Instrument], at: datetime) -> dict[int, Market]:
    """Tell of each instrument, by id, whether it trades at an instant and when the last close was final."""
    seen: dict[tuple[str | None, str], Market] = {}
    found = {}
    for one in instruments:
        key = _key(one)
        if key not in seen:
            seen[key] = _market(*key, at)
        found[one.pk] = seen[key]
    return found


def _market(mic: str | None, kind: str, at: datetime) -> Market:
    if kind:
        return Market(hours(mic, at, kind=kind).is_open)
    zone = _zone(mic)
    day = at.astimezone(zone).date()
    told, _is_known = _told(mic, zone, day - _BACK, day + _DAY)
    closes = [one.closes_at + FINAL_AFTER for one in told]
    return Market(
        any(one.is_open(at) for one in told), max((one for one in closes if one <= at), default=None)
    )


def venue_of(instrument: Instrument) -> str | None:
    """Tell whose hours an instrument keeps: its exchange's, or those of an invented one's home."""
    if instrument.exchange_id is None and instrument.is_fictional:
        return HOME.get(instrument.currency)
    return instrument.exchange_id


def _key(one: Instrument) -> tuple[str | None, str]:
    special = one.kind in {_KIND.CRYPTO, _KIND.CURRENCY_PAIR}
    return (None, one.kind) if special else (venue_of(one), "")


def _week(at: datetime) -> Hours:
    """Tell the hours of currencies: from Monday to Friday, UTC."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    weekday = midnight.weekday()
    if weekday < _SATURDAY:
        return Hours(is_open=True, is_known=True, closes_at=midnight + _DAY * (_SATURDAY - weekday))
    return Hours(is_open=False, is_known=True, opens_at=midnight + _DAY * (7 - weekday))


def _told(mic: str | None, zone: ZoneInfo, start: date, end: date) -> tuple[list[Session], bool]:
    """Read the sessions of some days, and whether the calendar reaches over the second and later ones."""
    rows = TradingSession.objects.filter(exchange=mic).order_by("date")
    first = rows.values_list("date", flat=True).first() if mic else None
    last = rows.values_list("date", flat=True).last() if mic else None
    if first is None or last is None or last < start or first > end:
        return list(usual_sessions(zone, start, end)), False
    found = [
        Session(
            row.date,
            row.opens_at,
            row.closes_at,
            (row.break_starts_at, row.break_ends_at)
            if row.break_starts_at is not None and row.break_ends_at is not None
            else None,
        )
        for row in rows.filter(date__range=(start, end))
    ]
    before = list(usual_sessions(zone, start, min(end, first - _DAY)))
    after = list(usual_sessions(zone, max(start, last + _DAY), end))
    return [*before, *found, *after], first <= start + _DAY and last > start


def _zone(mic: str | None) -> ZoneInfo:
    name = Exchange.objects.filter(pk=mic).values_list("time_zone", flat=True).first() if mic else None
    return ZoneInfo(name or "UTC")

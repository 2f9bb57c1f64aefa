"""Trading hours: of a session, and of an exchange whose calendar nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

# What most exchanges keep, for one whose calendar is not there, in its time zone.
USUAL: Final = time(9), time(17, 30)
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)
# A market without a calendar of its own trades in the hours of another. By ISO 10383 code.
SAME_HOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "IEXG": "XNYS", "XCHI": "XNYS", "XPHL": "XNYS", "OTCM": "XNYS", "PINX": "XNYS", "XCNQ": "XTSE",
        "NEOE": "XTSE", "AIMX": "XLON", "CHIX": "XLON", "MTAA": "XMIL", "ETFP": "XMIL", "XMUN": "XFRA",
        "XHAN": "XFRA", "XBER": "XFRA", "XGAT": "XFRA", "FNSE": "XSTO", "XNGM": "XSTO", "XNSE": "XBOM",
        "XNGO": "XTKS", "XKOS": "XKRX", "XSHE": "XSHG", "ROCO": "XTAI", "CXAC": "XASX",
    }
)  # fmt: skip
# Where what is invented would be listed, by its currency.
HOME: Final[Mapping[str, str]] = MappingProxyType(
    {"USD": "XNYS", "EUR": "XETR", "GBP": "XLON", "CHF": "XSWX", "JPY": "XTKS", "CAD": "XTSE"}
)


@dataclass(frozen=True, slots=True)
class Session:
    """A trading day: `day` is the exchange's date, the instants are UTC; `rest` is the break at noon."""

    day: date
    opens_at: datetime
    closes_at: datetime
    rest: tuple[datetime, datetime] | None = None

    def is_open(self, at: datetime) -> bool:
        """Tell whether trade goes on at an instant: from the opening on, until before the close."""
        if not self.opens_at <= at < self.closes_at:
            return False
        return self.rest is None or not self.rest[0] <= at < self.rest[1]

    def next_open(self, at: datetime) -> datetime | None:
        """Tell when trade next begins in this session, after the instant; None where it does not."""
        if at < self.opens_at:
            return self.opens_at
        return self.rest[1] if self.rest and at < self.rest[1] else None

    def open_since(self, at: datetime) -> datetime:
        """Tell when trade that goes on at the instant began."""
        return self.rest[1] if self.rest and at >= self.rest[1] else self.opens_at

    def next_close(self, at: datetime) -> datetime:
        """Tell when trade that goes on at the instant next rests."""
        return self.rest[0] if self.rest and at < self.rest[0] else self.closes_at


def usual_sessions(zone: ZoneInfo, start: date, end: date) -> Iterator[Session]:
    """Make the sessions of weekdays from `start` to `end` (both included), in the usual hours."""
    day = start
    while day <= end:
        if day.weekday() < _SATURDAY:
            opens, closes = (datetime.combine(day, at, zone).astimezone(UTC) for at in USUAL)
            yield Session(day, opens, closes)
        day += _DAY


def weekdays(start: date, end: date) -> Iterator[date]:
    """Tell the weekdays from `start` to `end`, both included."""
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return (day for day in days if day.weekday() < _SATURDAY)

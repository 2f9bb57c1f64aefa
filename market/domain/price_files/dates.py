"""Dates of a file: which format it uses, and each text's day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from market.domain.price_files.faults import UnreadableFileError

FORMATS: Final = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %B %Y",
    "%d-%b-%y",
)
_ISO: Final = len("YYYY-MM-DD")


def parse(text: str, date_format: str) -> date | None:
    """Return the day that `text` names, or None; a time after the date is dropped."""
    bare = text.strip()
    try:
        if date_format == "%Y-%m-%d":
            return date.fromisoformat(bare[:_ISO]) if bare[_ISO : _ISO + 1] in {"", "T", " "} else None
        return datetime.strptime(bare, date_format).date()  # noqa: DTZ007 a date has no zone
    except ValueError:
        return None


def guess(texts: Iterable[str]) -> str:
    """Return the only format that reads every text.

    Raises:
        UnreadableFileError: no format does, or two read them as different days.
    """
    wanted = sorted({text.strip() for text in texts if text.strip()})
    fitting = [one for one in FORMATS if wanted and _reads(wanted, one)]
    if not fitting:
        fitting = [one for one in FORMATS if _mostly(wanted, one)][:1]
    if not fitting:
        raise UnreadableFileError("no-date-format", example=wanted[0] if wanted else "")
    if len({tuple(parse(text, one) for text in wanted) for one in fitting}) > 1:
        raise UnreadableFileError("ambiguous-dates", example=wanted[0], formats=", ".join(fitting))
    return fitting[0]


def _reads(texts: list[str], date_format: str) -> bool:
    return all(parse(text, date_format) is not None for text in texts)


def _mostly(texts: list[str], date_format: str) -> bool:
    """Tell whether nearly all texts fit, so that the few that do not are rows to refuse."""
    good = sum(parse(text, date_format) is not None for text in texts)
    return good > 0 and good * 2 > len(texts)

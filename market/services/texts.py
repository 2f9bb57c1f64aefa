"""What is wrong, in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.money import plain
from market.domain.bars import Fault
from market.domain.price_files.faults import UnreadableFileError

FAULTS: dict[Fault, str | Promise] = {
    Fault.NOT_A_DATE: _("Not a date"),
    Fault.FUTURE_DATE: _("The date is in the future"),
    Fault.TOO_EARLY: _("The date is before 1700"),
    Fault.NOT_A_NUMBER: _("Not a number"),
    Fault.MISSING: _("There is no close"),
    Fault.NOT_POSITIVE: _("A price must be greater than 0"),
    Fault.NEGATIVE_VOLUME: _("The volume is negative"),
    Fault.OUT_OF_RANGE: _("At most 20 digits before and 18 after the decimal point"),
    Fault.HIGH_BELOW_LOW: _("The high is below the low"),
    Fault.CLOSE_OUTSIDE: _("The close is outside low and high"),
    Fault.OPEN_OUTSIDE: _("The open is outside low and high"),
    Fault.UNKNOWN_SYMBOL: _("No instrument has this symbol"),
    Fault.AMBIGUOUS_SYMBOL: _("Several instruments have this symbol; write SYMBOL@VENUE"),
    Fault.TWO_VALUES: _("The file has two different values for this symbol and day"),
    Fault.WRONG_WIDTH: _("Another number of columns than the header"),
    Fault.AFTER_AS_OF: _("The day is after the one as of which the prices are adjusted"),
    Fault.RAW_IS_KNOWN: _("A price as traded is stored for this day, and this one is another"),
    Fault.AGAINST_SPLIT: _("The prices do not fit a known split"),
}

_UNREADABLE: dict[str, str | Promise] = {
    "ambiguous-dates": _("%(example)s may be two dates (%(formats)s); give the date format."),
    "ambiguous-decimals": _("%(example)s may be two numbers; give the decimal mark."),
    "broken-archive": _("The archive is damaged (%(reason)s)."),
    "broken-csv": _("Line %(line)s: the quoting is broken (%(reason)s)."),
    "column-twice": _("The header has the column %(column)s twice."),
    "empty-file": _("The file is empty."),
    "encrypted": _("%(member)s is encrypted; unpack it first."),
    "long-line": _("Line %(line)s is longer than 65,536 characters; this is not a table of prices."),
    "mixed-decimals": _("Some numbers have a decimal point and some a comma; give the decimal mark."),
    "nested-archive": _("The archive has another one in it (%(member)s); unpack it first."),
    "no-close-column": _("No column has closing prices (columns: %(headers)s)."),
    "no-date-column": _("No column has dates (columns: %(headers)s)."),
    "no-date-format": _("%(example)s is not a date in any known format; give the date format."),
    "no-header": _("The first line is not a header but data (%(header)s)."),
    "no-such-column": _("There is no column %(column)s (columns: %(headers)s)."),
    "no-price-column": _("No column has prices (columns: %(headers)s)."),
    "no-symbol": _("The file has no column with symbols; give the symbol."),
    "no-table": _("The archive has no CSV file in it."),
    "not-text": _("This is not a text file."),
    "one-column": _("The header has one column only (%(header)s); no delimiter fits."),
    "adjusted-column": _(
        "Line %(line)s: the column %(column)s has adjusted prices. Say that they are adjusted for splits, "
        "and as of which day."
    ),
    "only-adjusted": _(
        "The file has adjusted prices only (columns: %(headers)s); prices are kept unadjusted, as traded."
    ),
    "total-return": _(
        "Line %(line)s: by its name the column %(column)s is adjusted for dividends too, from which no price "
        "as traded follows. Name the column that is as traded, or adjusted for splits alone."
    ),
    "packed-otherwise": _(
        "%(member)s is packed in a way that cannot be unpacked within bounds; pack it as an ordinary ZIP."
    ),
    "too-large": _("Unpacked, the file is larger than %(limit)s bytes."),
    "too-many-members": _("The archive has more than %(limit)s files."),
    "unknown-field": _("%(field)s is not a field (%(known)s)."),
    "workbook": _("This is a workbook; save it as CSV."),
    "wrong-encoding": _("The text is not %(encoding)s; give the encoding."),
    "zip-bomb": _("The archive unpacks to more than %(ratio)s times its size and is not read further."),
}


def two_closes(day: date, stored: Decimal, given: Decimal) -> str:
    """Say what is stored as traded and what a given price turns into."""
    return gettext("%(day)s, stored %(stored)s, given as %(given)s") % {
        "day": day.isoformat(),
        "stored": plain(stored),
        "given": plain(given),
    }


def fault(code: Fault) -> str:
    """Say what is wrong with a row."""
    return str(FAULTS[code])


def unreadable(error: UnreadableFileError) -> str:
    """Say what is wrong with a file."""
    params: dict[str, Any] = error.params
    return str(_UNREADABLE[error.code]) % params

"""Why a tick was refused, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from market.domain.ticks import TickFault

FAULTS: dict[TickFault, str | Promise] = {
    TickFault.WRONG_WIDTH: _("Another number of columns than the header"),
    TickFault.NOT_TEXT: _("This is not text in UTF-8"),
    TickFault.NO_TIME: _("There is no time"),
    TickFault.NOT_A_TIME: _("Not a date and time, such as 05/04/2022 and 10:00:00"),
    TickFault.FUTURE: _("The time is in the future"),
    TickFault.TOO_OLD: _("It is older than ticks are kept here"),
    TickFault.LONG_AGO: _("Ticks older than a year are for staff to bring in"),
    TickFault.MANY_MONTHS: _("Send ticks of at most three months at once; a file may have more"),
    TickFault.NO_PRICE: _("There is no price"),
    TickFault.NOT_A_NUMBER: _("Not a number"),
    TickFault.NOT_POSITIVE: _("A price must be greater than 0"),
    TickFault.NEGATIVE: _("Prices, quantities and open interest must not be negative"),
    TickFault.OUT_OF_RANGE: _("At most 20 digits before and 18 after the decimal point"),
    TickFault.UNKNOWN_SYMBOL: _("No instrument has this symbol"),
    TickFault.AMBIGUOUS_SYMBOL: _("Several instruments have this symbol; write SYMBOL@VENUE"),
    TickFault.HELD: _("The price is not plausible; staff look at it"),
}


def reason(fault: TickFault, about: str) -> str:
    """Say what is wrong with a tick, and with which value."""
    return f"{FAULTS[fault]}: {about}" if about else str(FAULTS[fault])

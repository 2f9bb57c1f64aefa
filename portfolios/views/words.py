"""What the pages say for the codes of the domain."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portfolios.domain import spans
from portfolios.domain.reasons import Reason
from portfolios.selectors.findings import Finding, FindingKind
from portfolios.selectors.periods import SEPARATOR

NAMED = 3

REASONS = {
    Reason.NO_PRICE: _("There is no price for something that is needed."),
    Reason.NO_RATE: _("There is no exchange rate for something that is needed."),
    Reason.UNKNOWN_COST: _("What it cost is not known: it came in by a transfer without a price."),
    Reason.MISSING_ACQUISITION: _("More was sold than the book shows as bought."),
    Reason.NOTHING_HELD: _("Nothing was held in this period."),
    Reason.NO_FLOWS: _("No money of your own was in it."),
    Reason.NO_SIGN_CHANGE: _("It needs money that went in and money or value that came out."),
    Reason.SEVERAL_ROOTS: _("More than one rate fits these flows, so none is the answer."),
    Reason.NO_CONVERGENCE: _("No rate fits these flows."),
    Reason.SAME_DAY: _("All flows are of one day."),
    Reason.SHORT_PERIOD: _("The period is too short; a yearly rate needs a year."),
    Reason.NEGATIVE_VALUE: _("The value was below zero on the way."),
    Reason.TOTAL_LOSS: _("Everything was lost."),
    Reason.TOO_FEW_OBSERVATIONS: _("There are too few days."),
    Reason.NO_VARIATION: _("It did not vary."),
    Reason.NO_LOSS: _("There was no loss."),
    Reason.NO_GAIN: _("There was no gain."),
    Reason.NO_BENCHMARK: _("No benchmark is chosen."),
    Reason.NOTHING_SOLD: _("Nothing is sold."),
    Reason.NO_TAX_RATE: _("No tax rate is given."),
}


def reason_text(reason: Reason | None) -> str:
    """Say why a figure is not there; nothing where it is."""
    return str(REASONS[reason]) if reason else ""


def range_text(name: str) -> str:
    """Say a range's name in words."""
    words = {
        "1D": gettext("1 day"),
        "1W": gettext("1 week"),
        "1M": gettext("1 month"),
        "YTD": gettext("this year"),
        "1Y": gettext("1 year"),
        "5Y": gettext("5 years"),
    }
    if spans.is_year(name):
        return name
    return gettext("these days") if SEPARATOR in name else words.get(name, gettext("since the start"))


def finding_text(kind: FindingKind, rows: list[Finding]) -> str:
    """Say what is wrong with one thing, or with several of a kind."""
    number = len(rows)
    names = ", ".join(dict.fromkeys(str(row.instrument or row.currency) for row in rows[:NAMED]))
    values = {"number": number, "names": names if number <= NAMED else f"{names}, …"}
    return _sentence(kind, number) % values


def _sentence(kind: FindingKind, number: int) -> str:
    sentences = {
        FindingKind.NO_PRICE: ngettext(
            "%(number)s position has no price: %(names)s",
            "%(number)s positions have no price: %(names)s",
            number,
        ),
        FindingKind.OWN_PRICE: ngettext(
            "%(number)s position is valued at your own last trade: %(names)s",
            "%(number)s positions are valued at your own last trades: %(names)s",
            number,
        ),
        FindingKind.OLD_PRICE: ngettext(
            "%(number)s price is older than a week: %(names)s",
            "%(number)s prices are older than a week: %(names)s",
            number,
        ),
        FindingKind.NO_RATE: ngettext(
            "%(number)s currency has no exchange rate: %(names)s",
            "%(number)s currencies have no exchange rate: %(names)s",
            number,
        ),
        FindingKind.MISSING_ACQUISITION: ngettext(
            "%(number)s sale is of more than was bought: %(names)s",
            "%(number)s sales are of more than was bought: %(names)s",
            number,
        ),
        FindingKind.LOTS_NOT_HELD: ngettext(
            "%(number)s sale names lots that are not there: %(names)s",
            "%(number)s sales name lots that are not there: %(names)s",
            number,
        ),
        FindingKind.UNKNOWN_COST: ngettext(
            "%(number)s transfer came in at unknown cost: %(names)s",
            "%(number)s transfers came in at unknown cost: %(names)s",
            number,
        ),
        FindingKind.INVALID_QUANTITY: ngettext(
            "%(number)s transaction has an impossible quantity: %(names)s",
            "%(number)s transactions have an impossible quantity: %(names)s",
            number,
        ),
    }
    return sentences[kind]

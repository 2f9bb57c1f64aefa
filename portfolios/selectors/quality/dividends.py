"""The check for dividends that nobody entered: what was held, whatever it has become since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from market.domain.actions import ActionKind, Dividend
from market.selectors.actions import dividends
from portfolios.domain.entries import EntryKind
from portfolios.domain.shortfall import units_before
from portfolios.models import CarriedLots, Portfolio, Transaction
from portfolios.selectors.figures import once
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.quality.base import Found, Mend, Severity, SharedScope, midnight
from portfolios.selectors.quality.registry import check

# from how long before the ex-date to how long after it a dividend's entry is looked for
PAID_BEFORE, PAID_WITHIN, WAITED = timedelta(days=5), timedelta(days=75), timedelta(days=45)
Paid: TypeAlias = dict[int, list[date]]


@check(
    "missing-dividend",
    Severity.LOW,
    Mend.NEW_ENTRY,
    title=_("Dividend of %(symbol)s not entered"),
    sentence=_(
        "%(symbol)s paid %(amount)s %(currency)s a unit (ex-date %(day)s) while you held %(units)s of it, "
        "and no dividend is entered for it."
    ),
)
def missing_dividend(scope: SharedScope) -> Iterator[Found]:
    """Find dividends of what was held before the ex-date that no entry of the weeks around it matches.

    Units that came or went by corporate actions and transfers count. The entry may stand by what the units
    were turned into, or in the portfolio that they were moved to, if that was before the payment.
    """
    ledger = scope.ledger
    due = [one for one in dividends(ledger.instruments) if one.ex_date + WAITED <= scope.day]
    if not due:
        return
    held = units_before(
        ledger.entries,
        ledger.splits,
        ledger.actions,
        {(one.instrument, one.ex_date) for one in due},
        allow_short=ledger.portfolio.allow_short,
    )
    owed = [one for one in due if held[one.instrument, one.ex_date] > 0]
    paid = _paid(ledger)
    for one in _unmatched(ledger, owed, paid):
        yield Found(
            facts=(scope.listing(one.instrument), one.ex_date),
            values={
                "symbol": scope.symbol(one.instrument), "amount": one.amount, "currency": one.currency,
                "day": one.ex_date, "units": held[one.instrument, one.ex_date],
            },
            instrument=one.instrument,
            time=midnight(one.ex_date),
        )  # fmt: skip


def _paid(ledger: Ledger) -> Paid:
    paid: Paid = defaultdict(list)
    for entry in ledger.entries:
        if entry.kind is EntryKind.DIVIDEND and entry.instrument is not None:
            paid[entry.instrument].append(entry.day)
    return paid


def _unmatched(ledger: Ledger, owed: Iterable[Dividend], paid: Paid) -> list[Dividend]:
    """List what no entry matches, here or, of units that were moved on, in the portfolio they went to."""
    open_here = [one for one in owed if not _is_paid(one, paid, _became(ledger, one))]
    away = _paid_elsewhere(ledger) if open_here else []
    return [one for one in open_here if not any(_followed(ledger, one, *there) for there in away)]


def _followed(ledger: Ledger, one: Dividend, instrument: int, moved: date, paid: Paid) -> bool:
    units = _became(ledger, one)
    in_time = one.ex_date <= moved <= one.ex_date + PAID_WITHIN
    return in_time and instrument in units and _is_paid(one, paid, units)


def _is_paid(one: Dividend, paid: Paid, instruments: Iterable[int]) -> bool:
    first, last = one.ex_date - PAID_BEFORE, one.ex_date + PAID_WITHIN
    return any(first <= day <= last for instrument in instruments for day in paid.get(instrument, ()))


def _became(ledger: Ledger, one: Dividend) -> set[int]:
    """Name what a dividend's units were by the time of its payment: itself, and what took it over."""
    found, last = {one.instrument}, one.ex_date + PAID_WITHIN
    for action in sorted(ledger.actions, key=lambda action: action.ex_date):
        taken_over = action.kind is ActionKind.MERGER and action.instrument in found
        if taken_over and action.target is not None and one.ex_date <= action.ex_date <= last:
            found.add(action.target)
    return found


def _moved(ledger: Ledger) -> list[tuple[int, date, UUID]]:
    """Tell what was moved to other portfolios of the owner: instrument, day, and where to."""
    if not any(entry.kind is EntryKind.TRANSFER_OUT for entry in ledger.entries):
        return []
    rows = CarriedLots.objects.filter(
        source__portfolio=ledger.portfolio, source__deleted_at=None, transaction__deleted_at=None
    )
    columns = rows.values_list("source__instrument", "source__day", "transaction__portfolio")
    return [(instrument, day, key) for instrument, day, key in columns if instrument is not None]


def changed_elsewhere(ledger: Ledger) -> tuple[tuple[UUID, int], ...]:
    """Tell the revisions of the portfolios in which a dividend of this one may be entered."""
    moved = once(ledger, "moved", lambda: _moved(ledger))
    if not moved:
        return ()
    rows = Portfolio.objects.filter(pk__in={key for *_rest, key in moved}).order_by("pk")
    return tuple(rows.values_list("pk", "revision"))


def _paid_elsewhere(ledger: Ledger) -> list[tuple[int, date, Paid]]:
    """Tell what was moved to other portfolios, and the dividends that are entered there."""
    moved = once(ledger, "moved", lambda: _moved(ledger))
    rows = Transaction.objects.filter(
        portfolio__in={key for *_rest, key in moved},
        kind=EntryKind.DIVIDEND,
        deleted_at=None,
        instrument__in=ledger.instruments,
    )
    paid: dict[UUID, Paid] = defaultdict(lambda: defaultdict(list))
    for key, instrument, day in rows.values_list("portfolio", "instrument", "day"):
        if instrument is not None:
            paid[key][instrument].append(day)
    return [(instrument, day, paid[key]) for instrument, day, key in moved]

"""Figures of any scope: portfolios together, and parts of them, in any currency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from market.models import Instrument
from market.selectors import rates
from portfolios.domain.allocation import Slice
from portfolios.domain.arrays import day_number
from portfolios.domain.corporate.border import bounded, stays
from portfolios.domain.corporate.moves import Move, action_of
from portfolios.domain.entries import CarriedLot, EntryId, in_order
from portfolios.domain.exact import ONE, ZERO, exact
from portfolios.domain.groups import summed_series, summed_statement
from portfolios.domain.prices import PriceUsed, SplitTable, Valuer
from portfolios.domain.rates import Rates
from portfolios.domain.scopes import WHOLE, Crossing, Scope, moves_within, restated, within
from portfolios.domain.statement import Statement
from portfolios.models import Transaction
from portfolios.selectors import figures, valuation
from portfolios.selectors.figures import Performance, Period, book, daily, once, reshaped
from portfolios.selectors.ledger import Ledger, currencies_of, today

T = TypeVar("T")
Chosen = Callable[[Instrument], bool]
# Parts of a portfolio that are kept: each holds daily values of its own.
_KEPT_PARTS = 8


@dataclass(frozen=True, slots=True)
class Report:
    """What figures are asked of: `parts` of the portfolios in `wholes`, in one currency, `base`.

    What moved between them is no flow. `instruments` names everything in them.
    """

    parts: tuple[Ledger, ...]
    wholes: tuple[Ledger, ...]
    base: str
    instruments: Mapping[int, Instrument]
    derived: dict[Any, Any] = field(default_factory=dict)


def scoped(ledger: Ledger, scope: Scope = WHOLE, currency: str = "") -> Ledger:
    """Answer the ledger of a part of a portfolio, or of all of it in another currency."""
    currency = currency or ledger.base
    if scope.is_whole and currency == ledger.base:
        return ledger
    parts: dict[tuple[Scope, str], Ledger] = once(ledger, "scopes", dict)
    key = scope, currency
    # The one used last is at the end.
    part = parts.pop(key, None) or _scoped(ledger, scope, currency)
    parts[key] = part
    for oldest in list(parts)[:-_KEPT_PARTS]:
        parts.pop(oldest, None)
    return part


def _scoped(ledger: Ledger, scope: Scope, currency: str) -> Ledger:
    chosen, actions = scope.instruments, [one for one in ledger.actions if stays(one, scope)]
    # what a spin-off gives passes through on its way out
    named = None if chosen is None else chosen | {one.target for one in actions}
    kept = {key: one for key, one in ledger.instruments.items() if named is None or key in named}
    table = ledger.rates
    entries: Iterable[Any] = ledger.entries
    if currency != ledger.base:
        table = once(ledger, ("rates", currency), lambda: _table(ledger, currency))
        entries = once(
            ledger,
            ("restated", currency),
            lambda: restated(ledger.entries, table, ledger.base, currency),
        )
    return Ledger(
        portfolio=ledger.portfolio,
        owner_id=ledger.owner_id,
        base=currency,
        tracks_cash=ledger.tracks_cash and scope.cash,
        entries=in_order(
            [
                *within(entries, scope, tracks_cash=ledger.tracks_cash),
                *bounded(reshaped(ledger), scope, _worth(ledger), lambda move: _given(ledger, move)),
            ],
        ),
        splits=[one for one in ledger.splits if one.instrument in kept],
        actions=actions,
        instruments=kept,
        rates=table,
        closes={key: one for key, one in ledger.closes.items() if key in kept},
        quotes={key: one for key, one in ledger.quotes.items() if key in kept},
        known=ledger.known,  # the same prices, read once
    )


def _worth(ledger: Ledger) -> Callable[[Move], PriceUsed | None]:
    """Answer what a unit that an action gives is worth that day, in its own currency."""
    ledger.know_pairs((one.target, one.ex_date) for one in ledger.actions if one.target is not None)
    valuer = Valuer(ledger, ledger.rates, SplitTable(ledger.splits))

    def worth(move: Move) -> PriceUsed | None:
        target = move.action.target
        if target is None:
            return None
        return valuer.price(target, ledger.currencies[target], move.ex_date, move.price)

    return worth


def _given(ledger: Ledger, move: Move) -> Sequence[CarriedLot]:
    """Answer the lots that a spin-off gave, with the dates and the cost that they have in the portfolio."""
    lots = book(ledger, max(move.ex_date, today(ledger.portfolio))).given.get(move.entry_id, ())
    # Charges that are in the cost already are not to be added to it again.
    return [one._replace(charges=ZERO) for one in lots] if ledger.portfolio.fees_in_basis else lots


def _table(ledger: Ledger, currency: str) -> Any:
    named = currencies_of(ledger.entries, ledger.instruments, ledger.actions) | {ledger.base}
    return rates.rate_table(ledger.owner_id, ledger.world_id, named, currency)


def has_rate(ledger: Ledger, currency: str) -> bool:
    """Tell whether a portfolio can be reported in a currency at all."""
    if currency == ledger.base:
        return True
    table: Rates = once(ledger, ("rates", currency), lambda: _table(ledger, currency))
    return table.rate(ledger.base, today(ledger.portfolio)) is not None


def chosen(ledger: Ledger, test: Chosen) -> frozenset[int]:
    """List the instruments of a ledger that pass a test."""
    return frozenset(key for key, one in ledger.instruments.items() if test(one))


def report(ledgers: Sequence[Ledger], scopes: Sequence[Scope], currency: str) -> Report:
    """Put ledgers together, each with what it contributes; all figures are in `currency`."""
    parts = tuple(scoped(one, scope, currency) for one, scope in zip(ledgers, scopes, strict=True))
    names = {key: one for part in parts for key, one in part.instruments.items()}
    return Report(parts, tuple(ledgers), currency, names)


def of_ledger(ledger: Ledger) -> Report:
    """Take one ledger, whole or a part, as a report in its own currency."""
    return Report((ledger,), (ledger,), ledger.base, ledger.instruments)


def last_day(found: Report) -> date:
    """Tell the latest today of the portfolios' time zones."""
    return max(today(part.portfolio) for part in found.parts)


def allocation(
    found: Report, day: date, by: str, tags: valuation.Tags = valuation.NO_TAGS
) -> tuple[Decimal, list[Slice[str]]]:
    """Answer what a report is worth at the end of `day`, and how that is spread; the shares add up to 1."""
    valued = [(part, valuation.at(part, day), ONE) for part in found.parts]
    with exact():
        total = sum((one.total for _part, one, _rate in valued), ZERO)
    return total, valuation.spread(valued, by, tags)


def inception(found: Report, until: date) -> Period:
    """Tell the period from the day before the first entry of any part to `until`."""
    starts = [figures.inception(part, until).start for part in filled(found)]
    return Period(min(starts), until)


def filled(found: Report) -> list[Ledger]:
    """List the parts that have entries; the first one where none has."""
    return [part for part in found.parts if part.entries] or [found.parts[0]]


def performance(found: Report, period: Period) -> Performance:
    """Compute the returns of a period; one that begins before the first entry begins there."""
    parts = filled(found)
    if len(parts) == 1:
        return figures.performance(parts[0], period)
    return _once(found, ("performance", period), lambda: _performance(found, parts, period))


def _performance(found: Report, parts: list[Ledger], period: Period) -> Performance:
    whole = summed_series(
        [daily(part, period.end) for part in parts],
        day_number(inception(found, period.end).start),
        day_number(period.end),
        crossings(found, period.end),
    )
    return figures.performance_of(whole, period)


def statement(found: Report, period: Period) -> Statement:
    """Answer where the change in value over a period came from, exactly."""
    parts = filled(found)
    if len(parts) == 1:
        return figures.state(parts[0], period)
    return _once(
        found,
        ("statement", period),
        lambda: summed_statement(
            [figures.state(part, period) for part in parts],
            period.start,
            period.end,
            crossings(found, period.end),
        ),
    )


def crossings(found: Report, until: date) -> list[Crossing]:
    """List both ends of what moved between the parts until a day; each end is a flow of its part."""
    return _once(found, ("crossings", until), lambda: _crossings(found, until))


def _crossings(found: Report, until: date) -> list[Crossing]:
    typed = [[one for one in part.entries if action_of(one.id) is None] for part in found.parts]
    pairs = moves_within(typed, _linked(found))
    if not pairs:
        return []
    known: dict[EntryId, Crossing] = {}
    for part in found.parts:
        for flow in book(part, until).flows:
            if flow.amount:
                known.setdefault(flow.entry_id, Crossing(flow.entry_id, flow.day, flow.amount, flow.in_kind))
    # A portfolio without cash books no flow for money: then the other end has left the group.
    return [known[end] for pair in pairs if all(one in known for one in pair) for end in pair]


def _linked(found: Report) -> dict[EntryId, UUID]:
    """Read which entries were linked by hand as the legs of one event."""
    ids = {part.portfolio.pk for part in found.parts}
    rows = Transaction.objects.filter(
        portfolio__in=ids,
        deleted_at=None,
        group__isnull=False,
        kind__in=["deposit", "withdrawal", "transfer_in", "transfer_out"],
    )
    legs = rows.order_by().values_list("id", "group")
    return {entry: group for entry, group in legs if group is not None}


def _once(found: Report, key: Any, compute: Callable[[], T]) -> T:
    if key not in found.derived:
        found.derived[key] = compute()
    result: T = found.derived[key]
    return result

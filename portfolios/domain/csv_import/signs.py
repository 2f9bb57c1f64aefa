"""What a row does, and how the file as a whole uses plus and minus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portfolios.domain.csv_import import columns, kinds
from portfolios.domain.csv_import.cells import Cells
from portfolios.domain.csv_import.choices import Choices
from portfolios.domain.csv_import.columns import Field
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.kinds import Meaning, Special
from portfolios.domain.csv_import.text import Line
from portfolios.domain.entries import EntryKind

_KINDS_OF_UNITS = {EntryKind.DEPOSIT: EntryKind.TRANSFER_IN, EntryKind.WITHDRAWAL: EntryKind.TRANSFER_OUT}


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a file uses signs.

    `cash_signed`: money going out is negative. `negative_costs`: cost columns written so.
    """

    cash_signed: bool
    negative_costs: frozenset[Field]


def conventions(drafts: Sequence[Draft], lines: Sequence[Line], cells: Cells) -> Conventions:
    """Find out how a file uses signs, from all its rows; our own export uses none."""
    if cells.layout.own:
        return Conventions(cash_signed=False, negative_costs=frozenset())
    negative = frozenset(one for one in (Field.FEE, Field.TAX) if cells.only_negative(lines, one))
    out = _moved(drafts, cells, {EntryKind.BUY, EntryKind.WITHDRAWAL})
    costs = _moved(drafts, cells, {EntryKind.FEE, EntryKind.TAX})
    signed = min(out) if out else max(costs) if costs else 0
    return Conventions(cash_signed=signed < 0, negative_costs=negative)


def _moved(drafts: Sequence[Draft], cells: Cells, wanted: set[EntryKind]) -> list[int]:
    """List the signs (−1, 0, 1) of the money that rows of these kinds moved."""
    found = [cells.moved(draft) for draft in drafts if draft.kind in wanted]
    return [(value > 0) - (value < 0) for value in found if value is not None]


class KindReader:
    """Tells what each row does: by its word, else by its signs."""

    def __init__(self, cells: Cells, lines: Sequence[Line], choices: Choices) -> None:
        self._cells, self._choices = cells, choices
        self._signed_units = cells.has_negative(lines, Field.QUANTITY)
        self._signed_money = cells.has_negative(lines, Field.AMOUNT, Field.NET)
        self._known: dict[str, kinds.Reading | None] = {}

    def read(self, draft: Draft) -> None:
        """Set the row's kind, or say why it has none."""
        draft.word = self._cells.text(draft, Field.TYPE)
        if draft.word:
            self._by_word(draft)
        elif Field.TYPE in self._cells.layout.columns:
            draft.findings.append(self._cells.fault("no-kind", Field.TYPE))
        else:
            draft.kind = self._by_sign(draft, Special.TRADE)

    def _by_word(self, draft: Draft) -> None:
        if draft.word not in self._known:
            self._known[draft.word] = kinds.recognise(draft.word, self._choices.kinds)
        found = self._known[draft.word]
        if found is None:
            draft.findings.append(self._cells.fault("unknown-kind", Field.TYPE, draft.word))
            return
        if not found.sure:
            draft.findings.append(self._cells.doubt("guessed-kind", Field.TYPE, draft.word))
        self._take(draft, found.meaning)

    def _take(self, draft: Draft, meaning: Meaning) -> None:
        if meaning is Special.SKIP:
            draft.skipped = "left-out"
        elif meaning is Special.SPLIT:
            draft.findings.append(self._cells.fault("corporate-action", Field.TYPE, draft.word))
        elif isinstance(meaning, Special):
            draft.kind = self._by_sign(draft, meaning)
        elif meaning in _KINDS_OF_UNITS and self._names_units(draft):
            draft.kind = _KINDS_OF_UNITS[meaning]
            draft.findings.append(self._cells.doubt("units-not-money", Field.TYPE, draft.word))
        else:
            draft.kind = meaning

    def _by_sign(self, draft: Draft, meaning: Special) -> EntryKind | None:
        """Tell in from out by the sign of the quantity, else of the amount."""
        quantity = self._cells.number(draft, Field.QUANTITY)
        units = quantity.value if quantity is not None and self._names_units(draft) else None
        if units:
            if meaning is Special.TRADE:
                return EntryKind.BUY if self._buys(draft, units > 0) else EntryKind.SELL
            return EntryKind.TRANSFER_IN if units > 0 else EntryKind.TRANSFER_OUT
        moved = self._cells.moved(draft) or (quantity.value if quantity is not None else None)
        if not moved:
            draft.findings.append(self._cells.fault("no-amount", Field.AMOUNT))
            return None
        return EntryKind.DEPOSIT if moved > 0 else EntryKind.WITHDRAWAL

    def _buys(self, draft: Draft, incoming: bool) -> bool:
        """Tell a purchase from a sale: by signed quantities, else by the money that went out."""
        if self._signed_units or not self._signed_money:
            return incoming
        return (self._cells.moved(draft) or 0) < 0

    def _names_units(self, draft: Draft) -> bool:
        """Tell whether a row names something that is not money: shares, coins."""
        if self._cells.layout.own:
            return False
        name = (draft.symbol or draft.isin or draft.name).upper()
        return bool(name) and not columns.is_currency(name) and name != "CASH"

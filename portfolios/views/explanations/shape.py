"""The shape of an explanation: a sentence, a table of parts, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import ngettext

from core.money import minor_units, round_parts
from portfolios.domain.statement import Statement
from portfolios.selectors.figures import Performance, Period, performance, state
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.periods import Window


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table: `kind` is ``text``, ``day`` or a kind of number (see the figures' filters).

    `reason` says in words why a number is not known.
    """

    kind: str
    value: Any
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An explanation. `result` is what the last column comes to; `note` says what is not in it."""

    title: str
    sentence: str
    head: list[str]
    rows: list[list[Cell]]
    result: Cell
    note: str = ""
    result_label: str = ""


MOST_ROWS = 300
_SUMS = {"money", "signed_money", "flow_money"}


def shortened(answer: Answer) -> Answer:
    """Put the oldest rows of a long explanation into one, so that the last column still adds up."""
    rest = answer.rows[:-MOST_ROWS]
    if not rest or rest[0][-1].kind not in _SUMS:
        return answer
    known = [row[-1].value for row in rest if row[-1].value is not None]
    label = ngettext("%(number)s earlier", "%(number)s earlier", len(rest)) % {"number": len(rest)}
    blank = [text("") for _ in answer.head[2:]]
    summed = [text(label), *blank, Cell(rest[0][-1].kind, sum(known, Decimal(0)), rest[0][-1].unit)]
    return replace(answer, rows=[summed, *answer.rows[-MOST_ROWS:]])


@dataclass(frozen=True, slots=True)
class Question:
    """A figure of a ledger: of a period, or as it stands at the period's end since the first entry."""

    ledger: Ledger
    window: Window
    of_period: bool

    @property
    def day(self) -> date:
        """The day as of which it is asked."""
        return self.window.period.end

    @property
    def base(self) -> str:
        """The portfolio's currency."""
        return self.ledger.base

    @property
    def performance(self) -> Performance:
        """The returns of the period."""
        return performance(self.ledger, self.window.period)

    @property
    def period(self) -> Period:
        """The period, from the first entry on."""
        return self.performance.period

    @property
    def statement(self) -> Statement:
        """Where the change in value of the period came from."""
        return state(self.ledger, self.period)

    def symbol(self, instrument: int | None) -> Cell:
        """Name an instrument; a dash where none is meant."""
        return text("–" if instrument is None else self.ledger.instruments[instrument].symbol)

    def quoted(self, instrument: int) -> str:
        """Tell the currency in which an instrument is quoted."""
        return str(self.ledger.instruments[instrument].currency)

    def parts(self, amounts: Sequence[Decimal | None], *, signed: bool = False) -> list[Cell]:
        """Round amounts of the portfolio's currency together, so that they add up as shown."""
        known = iter(round_parts([one for one in amounts if one is not None], minor_units(self.base)))
        shown = [None if one is None else next(known) for one in amounts]
        return [Cell("signed_money" if signed else "money", one) for one in shown]

    def whole(self, amounts: Sequence[Decimal | None], *, signed: bool = False) -> Cell:
        """Sum what is known."""
        total = sum((one for one in amounts if one is not None), Decimal(0))
        return Cell("signed_money" if signed else "money", total, self.base)


def text(value: str) -> Cell:
    """Show words."""
    return Cell("text", value)


def day(value: date | None) -> Cell:
    """Show a date."""
    return Cell("day", value)

"""The shape of an explanation: a sentence, a table of parts, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import ngettext

from core.money import minor_units, round_parts
from portfolios.domain.statement import Statement
from portfolios.selectors.benchmarks import Benchmark
from portfolios.selectors.figures import Performance, Period
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.periods import Window
from portfolios.selectors.reports import Report, performance, statement
from portfolios.selectors.risk import RiskView, Terms
from portfolios.selectors.risk import of as risk_of


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table: `kind` is ``text``, ``day`` or a kind of number (see the figures' filters).

    `unit` is a number's currency, and what stands under a text.
    `reason` says in words why a number is not known.
    """

    kind: str
    value: Any
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An explanation. `result` is what the last column comes to; `note` says what is not in it.

    `steps` lead from the rows to the result where that is more than a sum: what is done, what it gives.
    """

    title: str
    sentence: str
    head: list[str]
    rows: list[list[Cell]]
    result: Cell
    note: str = ""
    result_label: str = ""
    steps: list[tuple[str, Cell]] = field(default_factory=list)


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
    """A figure of a report: of a period, or as it stands at the period's end since the first entry.

    `terms` and `benchmark` are what risk is measured by.
    """

    found: Report
    window: Window
    of_period: bool
    terms: Terms = field(default_factory=Terms)
    benchmark: Benchmark | None = None

    @property
    def ledger(self) -> Ledger:
        """The ledger of the one portfolio, or part of one, that is asked about; the first of several."""
        return self.found.parts[0]

    @property
    def day(self) -> date:
        """The day as of which it is asked."""
        return self.window.period.end

    @property
    def base(self) -> str:
        """The currency of the report."""
        return self.found.base

    @property
    def performance(self) -> Performance:
        """The returns of the period."""
        return performance(self.found, self.window.period)

    @property
    def period(self) -> Period:
        """The period, from the first entry on."""
        return self.performance.period

    @property
    def statement(self) -> Statement:
        """Where the change in value of the period came from."""
        return statement(self.found, self.period)

    @property
    def risk(self) -> RiskView:
        """The risk figures of the period."""
        return risk_of(self.ledger, self.performance, self.terms, self.benchmark)

    def symbol(self, instrument: int | None) -> Cell:
        """Name an instrument; a dash where none is meant."""
        return text("–" if instrument is None else self.found.instruments[instrument].symbol)

    def quoted(self, instrument: int) -> str:
        """Tell the currency in which an instrument is quoted."""
        return str(self.found.instruments[instrument].currency)

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

"""Rows as an import may leave them: written past the rules, on a stopped clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db.models import F

from portfolios.models import Portfolio, Transaction
from portfolios.selectors import quality

NOW = datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def january() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def row(portfolio: Portfolio) -> Callable[..., Transaction]:
    """Write a row named by its note: ``row("a", "buy", "2024-01-02", 10, 50, acme)``."""

    def write(note: str, kind: str, day: str, quantity: object, *price_of: Any, **more: Any) -> Transaction:
        price, of = (*price_of, None, None)[:2] if price_of else (1, None)
        currency = more.pop("currency", of.currency if of else "EUR")
        costs = {"fee_currency": currency, "tax_currency": currency, **more}
        made = Transaction.objects.create(
            portfolio=portfolio,
            kind=kind,
            time=datetime.fromisoformat(f"{day}T{costs.pop('at', '12:00')}:00+00:00"),
            day=day,
            instrument=of,
            quantity=Decimal(str(quantity)),
            price=None if price is None else Decimal(str(price)),
            currency=currency,
            note=note,
            **costs,
        )
        Portfolio.objects.filter(pk=portfolio.pk).update(revision=F("revision") + 1)
        return made

    return write


@pytest.fixture
def found(investor: Any, portfolio: Portfolio) -> Callable[[], list[tuple[str, str]]]:
    """List what the checks find: the code, and the note of the row, the symbol or the currency."""

    def names() -> list[tuple[str, str]]:
        notes = dict(Transaction.objects.values_list("id", "note"))
        _portfolio, result = quality.of_portfolio(investor, portfolio.pk)
        return sorted(
            (
                one.check.code,
                notes.get(one.found.entry) or getattr(one.instrument, "symbol", one.found.currency),
            )
            for one in result.open
        )

    return names


@pytest.fixture
def explained(investor: Any, portfolio: Portfolio) -> Callable[[str], str]:
    """Tell the words of the one finding of a check."""

    def text(code: str) -> str:
        (issue,) = [
            one for one in quality.of_portfolio(investor, portfolio.pk)[1].open if one.check.code == code
        ]
        return issue.text

    return text

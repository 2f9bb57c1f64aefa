"""The whole answer about a portfolio: what it asks the database for, and that no change is missed."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actor import Actor
from portfolios.domain.entries import EntryKind
from portfolios.models import Transaction
from portfolios.selectors import figures, portfolios, realised, risk, valuation
from portfolios.selectors.ledger import load, memory
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import (
    add_transactions,
    change_transaction,
    delete_transaction,
    restore_transaction,
)

END = date(2024, 3, 28)
# portfolio, owner, entries, chosen lots, instruments, actions, their units, closes, rates with their
# counters, exact closes of the last two days
COLD, WARM, GROWN = 11, 3, 7
pytestmark = pytest.mark.django_db


class Answer:
    """Everything that pages show of a portfolio, by the selectors that they use."""

    def __init__(self, investor, portfolio):
        with CaptureQueriesContext(connection) as asked:
            self.ledger = ledger = load(portfolios.get(investor, portfolio.pk))
            self.valued = valuation.at(ledger, END)
            self.performance = figures.performance(ledger, figures.inception(ledger, END))
            self.realised = realised.report(ledger, END)
            self.risk = risk.of(ledger, self.performance, risk.Terms(), None)
        self.queries = len(asked)

    def told(self):
        """Tell it all in what can be compared."""
        found = self.performance
        return (
            self.ledger.entries, self.valued, self.realised, found.series.value.tolist(),
            found.series.inflow.tolist(), found.time_weighted, found.money_weighted, self.risk.figures,
        )  # fmt: skip


def row(kind, day, quantity, price=1, instrument=None, **more):
    time = datetime(2024, *day, 12, tzinfo=UTC)
    return TransactionInput(
        kind=EntryKind(kind), time=time, instrument=instrument, quantity=Decimal(quantity),
        price=Decimal(price), currency="EUR", **more,
    )  # fmt: skip


@pytest.fixture
def acme(listed):
    return listed("ACME", "EUR", {"2024-01-02": "10", "2024-02-01": "12", "2024-03-01": "9"})


@pytest.fixture
def write(investor, portfolio, acme):
    def add(*rows):
        return add_transactions(actor=Actor.user(investor), portfolio_id=portfolio.pk, inputs=rows)

    add(
        row("deposit", (1, 1), 1000),
        row("buy", (1, 3), 10, 10, acme, fee=Decimal(1)),
        row("buy", (1, 9), 10, 11, acme),
        row("sell", (2, 2), 5, 12, acme),
        row("dividend", (2, 20), 15, "0.5", acme),
    )
    return add


def anew(investor, portfolio):
    memory.clear()
    return Answer(investor, portfolio)


def test_whole_answer_asks_as_often_for_five_rows_as_for_fifty(investor, portfolio, acme, write):
    first = anew(investor, portfolio)
    assert (first.queries, Answer(investor, portfolio).queries) == (COLD, WARM)
    write(*(row("buy", (3, 2), 1, 9, acme) for _ in range(45)))
    assert Answer(investor, portfolio).queries == GROWN
    assert anew(investor, portfolio).queries == COLD


def test_no_change_to_a_row_is_missed_by_a_ledger_in_memory(investor, portfolio, acme, write):
    own = {"actor": Actor.user(investor), "portfolio_id": portfolio.pk}
    steps = [
        lambda: write(row("buy", (3, 5), 3, 8, acme)),
        lambda: write(row("sell", (1, 20), 12, 13, acme)),
        lambda: change_transaction(
            transaction_id=Transaction.objects.get(quantity=3).pk, changes={"price": Decimal(7)}, **own
        ),
        lambda: delete_transaction(transaction_id=Transaction.objects.get(quantity=3).pk, **own),
        lambda: restore_transaction(transaction_id=Transaction.objects.get(quantity=3).pk, **own),
    ]
    told = [Answer(investor, portfolio).told()]
    for step in steps:
        step()
        grown = Answer(investor, portfolio)
        assert grown.queries <= GROWN
        told.append(grown.told())
        assert told[-1] == anew(investor, portfolio).told()
    assert told[-1] == told[-3]
    assert told[-2] not in (told[-1], told[-4])

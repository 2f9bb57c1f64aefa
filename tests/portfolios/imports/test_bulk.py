"""Rows stored by COPY are as those stored one by one."""

from __future__ import annotations

import gc
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from portfolios.models import Transaction, TransactionRevision
from portfolios.services.bulk import COPY_FROM, store, uncollected


def rows(portfolio, count: int, **values) -> list[Transaction]:
    given = {
        "portfolio": portfolio, "kind": "deposit", "time": datetime(2024, 1, 2, tzinfo=UTC),
        "day": date(2024, 1, 2), "quantity": Decimal("0.000000000000000001"), "price": Decimal(1),
        "currency": "EUR", "fee_currency": "EUR", "tax_currency": "EUR", "note": 'tab\t, "quote" \\ ü',
    } | values  # fmt: skip
    return [Transaction(sequence=number, **given) for number in range(count)]


def test_collector_rests_and_runs_again_even_after_an_error():
    def fail() -> None:
        with uncollected(), uncollected():
            seen.append(gc.isenabled())
            raise ValueError

    seen: list[bool] = []
    with pytest.raises(ValueError):
        fail()
    assert (seen, gc.isenabled()) == ([False], True)


@pytest.mark.parametrize("count", [1, COPY_FROM - 1, COPY_FROM])
def test_rows_are_stored_exactly(portfolio, count):
    made = rows(portfolio, count)
    store(made)
    found = Transaction.objects.get(pk=made[-1].pk)
    assert (found.quantity, found.note, found.deleted_at) == (
        Decimal("0.000000000000000001"), 'tab\t, "quote" \\ ü', None,
    )  # fmt: skip
    assert found.created_at is not None
    made[0].note = "changed"
    made[0].save()
    assert Transaction.objects.count() == count


def test_nothing_is_stored_for_nothing(portfolio):
    store([])
    assert Transaction.objects.count() == 0


def test_json_is_stored_as_json(portfolio):
    made = rows(portfolio, COPY_FROM)
    store(made)
    store([TransactionRevision(transaction=row, version=1, state={"a": ["ü", None]}) for row in made])
    assert TransactionRevision.objects.first().state == {"a": ["ü", None]}


def test_broken_constraint_stores_none_and_is_djangos_error(portfolio):
    with pytest.raises(IntegrityError), transaction.atomic():
        store(rows(portfolio, COPY_FROM, fingerprint="f" * 64))
    assert Transaction.objects.count() == 0

"""What may enter a ledger, and that nothing which was in it is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core.actor import Actor
from core.errors import Forbidden, NotFound, ValidationFailed
from core.models import AuditEvent, Role
from market.models import Instrument
from portfolios.domain.entries import EntryKind
from portfolios.errors import ManagedPortfolio, Oversold, StaleVersion
from portfolios.models import Portfolio, PortfolioMember, Transaction
from portfolios.selectors import valuation
from portfolios.selectors.findings import Finding, FindingKind, findings
from portfolios.selectors.ledger import load
from portfolios.selectors.portfolios import transactions
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import (
    change_portfolio,
    create_portfolio,
    default_portfolio,
    delete_portfolio,
)
from portfolios.services.transactions import (
    add_transactions,
    change_transaction,
    delete_transaction,
    restore_transaction,
)

NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)
Listed = Callable[..., Instrument]


def entry(kind: str, quantity: str, price: str | None = None, **fields: Any) -> TransactionInput:
    values = {"time": NOON, "currency": "EUR", **fields}
    return TransactionInput(
        kind=EntryKind(kind),
        quantity=Decimal(quantity),
        price=None if price is None else Decimal(price),
        **values,
    )


def add(portfolio: Portfolio, user: Any, *inputs: TransactionInput, **options: Any) -> list[Transaction]:
    return add_transactions(actor=Actor.user(user), portfolio_id=portfolio.pk, inputs=inputs, **options)


def refused(portfolio: Portfolio, user: Any, *inputs: TransactionInput) -> list[tuple[str, str]]:
    before = Transaction.objects.count()
    with pytest.raises(ValidationFailed) as caught:
        add(portfolio, user, *inputs)
    assert Transaction.objects.count() == before
    return [(one.field, one.code) for one in caught.value.errors]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (entry("buy", "1", "10"), [("instrument", "required")]),
        (entry("deposit", "0"), [("quantity", "positive")]),
        (entry("deposit", "-5"), [("quantity", "positive")]),
        (entry("interest", "0"), [("quantity", "zero")]),
        (entry("fee", "5", "2"), [("price", "invalid")]),
        (entry("deposit", "5", fee=Decimal(-1)), [("fee", "negative")]),
        (entry("deposit", "5", tax=Decimal(-1)), [("tax", "negative")]),
        (entry("deposit", "5", currency="USD", fx_rate=Decimal(0)), [("fx_rate", "positive")]),
        (entry("deposit", "1e20"), [("quantity", "digits")]),
    ],
)
def test_wrong_input_names_the_field(
    portfolio: Portfolio, investor: Any, item: TransactionInput, expected: list[tuple[str, str]]
) -> None:
    assert refused(portfolio, investor, item) == expected


def test_a_purchase_needs_a_price_above_zero(portfolio: Portfolio, investor: Any, listed: Listed) -> None:
    acme = listed("ACME")
    assert refused(portfolio, investor, entry("buy", "1", None, instrument=acme)) == [("price", "required")]
    assert refused(portfolio, investor, entry("buy", "1", "0", instrument=acme)) == [("price", "positive")]


def test_the_future_is_refused(portfolio: Portfolio, investor: Any) -> None:
    later = datetime.now(UTC) + timedelta(minutes=5)
    assert refused(portfolio, investor, entry("deposit", "1", time=later)) == [("time", "future")]


def test_one_wrong_row_refuses_all_and_is_named(portfolio: Portfolio, investor: Any) -> None:
    assert refused(portfolio, investor, entry("deposit", "1"), entry("deposit", "0")) == [
        ("[1].quantity", "positive")
    ]


def test_pence_become_pounds(portfolio: Portfolio, investor: Any, listed: Listed) -> None:
    acme = listed("ACME", "GBP", quote_unit=Decimal("0.01"))
    row = add(
        portfolio, investor, entry("buy", "2", "250", instrument=acme, currency="GBX", fee=Decimal(900))
    )[0]
    assert (row.price, row.currency, row.fee, row.fee_currency) == (Decimal("2.50"), "GBP", Decimal(9), "GBP")


def test_the_day_is_the_portfolios_not_utc(portfolio: Portfolio, investor: Any) -> None:
    late = datetime(2024, 1, 2, 23, 30, tzinfo=UTC)
    row = add(portfolio, investor, entry("deposit", "1", time=late))[0]
    assert row.day == date(2024, 1, 3)
    change_portfolio(
        actor=Actor.user(investor), portfolio_id=portfolio.pk, changes={"time_zone": "America/New_York"}
    )
    row.refresh_from_db()
    assert row.day == date(2024, 1, 2)


def test_selling_more_than_is_held_is_refused(portfolio: Portfolio, investor: Any, listed: Listed) -> None:
    acme = listed("ACME")
    add(portfolio, investor, entry("buy", "10", "1", instrument=acme))
    with pytest.raises(Oversold, match=r"0\.5 ACME more would go out"):
        add(portfolio, investor, entry("sell", "10.5", "1", instrument=acme))
    add(portfolio, investor, entry("sell", "10", "1", instrument=acme))


def test_a_sale_before_its_purchase_is_refused(portfolio: Portfolio, investor: Any, listed: Listed) -> None:
    acme = listed("ACME")
    add(portfolio, investor, entry("buy", "10", "1", instrument=acme))
    with pytest.raises(Oversold):
        add(portfolio, investor, entry("sell", "1", "1", instrument=acme, time=NOON - timedelta(days=1)))


def test_history_without_its_purchase_may_come_in_when_asked(
    portfolio: Portfolio, investor: Any, listed: Listed
) -> None:
    acme = listed("ACME")
    sale = add(portfolio, investor, entry("sell", "3", "1", instrument=acme), allow_shortfall=True)[0]
    # it is missing already: other entries of the same instrument are not refused for it
    later = NOON + timedelta(days=1)
    bought = add(portfolio, investor, entry("buy", "1", "1", instrument=acme, time=later))[0]
    assert list(transactions(portfolio).order_by("time")) == [sale, bought]
    ledger = load(portfolio)
    valued = valuation.at(ledger, later.date())
    assert [(one.instrument, one.quantity) for one in valued.positions] == [(acme.pk, Decimal(1))]
    assert Finding(
        FindingKind.MISSING_ACQUISITION, acme, day=NOON.date(), quantity=Decimal(3), transaction=sale.pk
    ) in findings(ledger, valued)


def test_an_edit_keeps_what_was(portfolio: Portfolio, investor: Any) -> None:
    row = add(portfolio, investor, entry("deposit", "100", note="first"))[0]
    changed = change_transaction(
        actor=Actor.user(investor),
        portfolio_id=portfolio.pk,
        transaction_id=row.pk,
        changes={"quantity": Decimal(120), "note": "second"},
    )
    assert (changed.quantity, changed.note, changed.version) == (Decimal(120), "second", 2)
    kept = changed.revisions.get()
    assert (kept.version, kept.state["quantity"], kept.state["note"]) == (1, "100", "first")
    assert kept.changed_by == investor.pk
    audited = AuditEvent.objects.get(verb="transaction.changed")
    assert (audited.before["quantity"], audited.after["quantity"]) == ("100", "120")


def test_an_edit_of_an_old_version_is_refused(portfolio: Portfolio, investor: Any) -> None:
    row = add(portfolio, investor, entry("deposit", "100"))[0]
    target = {"actor": Actor.user(investor), "portfolio_id": portfolio.pk, "transaction_id": row.pk}
    change_transaction(**target, changes={"quantity": Decimal(1)}, version=1)
    with pytest.raises(StaleVersion):
        change_transaction(**target, changes={"quantity": Decimal(2)}, version=1)
    row.refresh_from_db()
    assert row.quantity == 1


def test_deleting_a_purchase_that_was_sold_is_refused(
    portfolio: Portfolio, investor: Any, listed: Listed
) -> None:
    acme = listed("ACME")
    bought = add(portfolio, investor, entry("buy", "10", "1", instrument=acme))[0]
    add(portfolio, investor, entry("sell", "4", "1", instrument=acme, time=NOON + timedelta(days=1)))
    with pytest.raises(Oversold):
        delete_transaction(actor=Actor.user(investor), portfolio_id=portfolio.pk, transaction_id=bought.pk)
    bought.refresh_from_db()
    assert bought.deleted_at is None


def test_a_deleted_transaction_comes_back_by_restore(portfolio: Portfolio, investor: Any) -> None:
    row = add(portfolio, investor, entry("deposit", "100"))[0]
    target = {"actor": Actor.user(investor), "portfolio_id": portfolio.pk, "transaction_id": row.pk}
    delete_transaction(**target)
    with pytest.raises(NotFound):
        delete_transaction(**target)
    restored = restore_transaction(**target)
    assert (restored.deleted_at, restored.version) == (None, 3)
    assert [one.state["deleted"] for one in restored.revisions.order_by("version")] == [False, True]


def test_every_write_raises_the_revision(portfolio: Portfolio, investor: Any) -> None:
    row = add(portfolio, investor, entry("deposit", "100"))[0]
    delete_transaction(actor=Actor.user(investor), portfolio_id=portfolio.pk, transaction_id=row.pk)
    portfolio.refresh_from_db()
    assert portfolio.revision == 2


def test_a_viewer_may_not_write_and_a_stranger_sees_nothing(
    portfolio: Portfolio, investor: Any, stranger: Any
) -> None:
    with pytest.raises(NotFound):
        add(portfolio, stranger, entry("deposit", "1"))
    PortfolioMember.objects.create(portfolio=portfolio, user=stranger, role=Role.VIEWER)
    with pytest.raises(Forbidden):
        add(portfolio, stranger, entry("deposit", "1"))
    PortfolioMember.objects.filter(user=stranger).update(role=Role.EDITOR)
    add(portfolio, stranger, entry("deposit", "1"))
    with pytest.raises(Forbidden):
        delete_portfolio(actor=Actor.user(stranger), portfolio_id=portfolio.pk)


def test_only_the_manager_writes_a_managed_portfolio(portfolio: Portfolio, investor: Any) -> None:
    manager = portfolio.pk
    Portfolio.objects.filter(pk=portfolio.pk).update(kind="simulated", managed_by=manager)
    with pytest.raises(ManagedPortfolio):
        add(portfolio, investor, entry("deposit", "1"))
    assert len(add(portfolio, investor, entry("deposit", "1"), manager=manager)) == 1


def test_a_setting_that_is_not_changeable_is_named(portfolio: Portfolio, investor: Any) -> None:
    with pytest.raises(ValidationFailed) as caught:
        change_portfolio(actor=Actor.user(investor), portfolio_id=portfolio.pk, changes={"kind": "simulated"})
    assert caught.value.errors[0].field == "kind"


def test_the_default_portfolio_is_made_once_and_tracks_no_cash(investor: Any) -> None:
    first = default_portfolio(actor=Actor.user(investor), user=investor)
    second = default_portfolio(actor=Actor.user(investor), user=investor)
    assert (first.pk, first.tracks_cash, first.currency) == (second.pk, False, "EUR")
    assert PortfolioMember.objects.filter(user=investor).count() == 1


def test_the_database_refuses_a_purchase_without_instrument(portfolio: Portfolio) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Transaction.objects.create(
            portfolio=portfolio, kind="buy", time=NOON, day=NOON.date(), quantity=1, price=1, currency="EUR"
        )


@pytest.mark.django_db(transaction=True)
def test_two_sales_of_the_same_lot_at_once_let_one_through(django_user_model: Any, listed: Listed) -> None:
    user = django_user_model.objects.create_user("two@example.org")
    portfolio = create_portfolio(actor=Actor.user(user), owner_id=user.pk, name="Race", currency="EUR")
    acme = listed("ACME")
    add(portfolio, user, entry("buy", "10", "1", instrument=acme))
    barrier, outcomes = threading.Barrier(2), []

    def sell() -> None:
        try:
            barrier.wait()
            add(portfolio, user, entry("sell", "10", "2", instrument=acme, time=NOON + timedelta(days=1)))
            outcomes.append("sold")
        except Oversold:
            outcomes.append("oversold")
        finally:
            connection.close()

    threads = [threading.Thread(target=sell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["oversold", "sold"]
    assert Transaction.objects.filter(portfolio=portfolio, kind="sell").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_first_calls_at_once_make_one_default_portfolio(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("two@example.org")
    barrier, found = threading.Barrier(2), []

    def ask() -> None:
        try:
            barrier.wait()
            found.append(default_portfolio(actor=Actor.user(user), user=user).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert PortfolioMember.objects.filter(user=user, role=Role.OWNER).count() == 1

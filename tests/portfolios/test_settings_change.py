"""What a change of a portfolio's settings, or of one entry's currency, does to what is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from accounts.services import erase_user
from core.actor import Actor
from core.errors import ValidationFailed
from core.models import AuditEvent
from market.models import CorporateAction, Instrument
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import ledger
from portfolios.selectors.holdings import coin_quantity
from portfolios.selectors.portfolios import real_of
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import change_portfolio, create_portfolio
from portfolios.services.transactions import add_transactions, change_transaction

Listed = Callable[..., Instrument]


def deposit(**fields: Any) -> TransactionInput:
    values: dict[str, Any] = {"time": datetime(2024, 1, 2, 12, tzinfo=UTC), "currency": "EUR", **fields}
    return TransactionInput(kind=EntryKind.DEPOSIT, quantity=Decimal(100), price=None, **values)


def add(portfolio: Portfolio, user: Any, item: TransactionInput) -> Transaction:
    return add_transactions(actor=Actor.user(user), portfolio_id=portfolio.pk, inputs=[item])[0]


def change(portfolio: Portfolio, user: Any, **changes: Any) -> None:
    change_portfolio(actor=Actor.user(user), portfolio_id=portfolio.pk, changes=changes)


def test_a_currency_is_not_changed_under_own_rates(portfolio: Portfolio, investor: Any) -> None:
    add(portfolio, investor, deposit(currency="GBP", fx_rate=Decimal("1.25")))
    with pytest.raises(ValidationFailed) as caught:
        change(portfolio, investor, currency="JPY")
    assert [(one.field, one.code) for one in caught.value.errors] == [("currency", "own-rates")]
    portfolio.refresh_from_db()
    assert portfolio.currency == "EUR"


def test_an_entry_in_another_currency_loses_its_own_rate(portfolio: Portfolio, investor: Any) -> None:
    row = add(portfolio, investor, deposit(currency="GBP", fx_rate=Decimal("1.25"), fee=Decimal(1)))
    changed = change_transaction(
        actor=Actor.user(investor),
        portfolio_id=portfolio.pk,
        transaction_id=row.pk,
        changes={"currency": "JPY"},
    )
    assert (changed.currency, changed.fx_rate, changed.fee_currency) == ("JPY", None, "JPY")


@pytest.mark.parametrize("zone", ["CET", "America/New_York", "Pacific/Auckland"])
def test_a_new_zone_dates_entries_as_adding_them_would(
    portfolio: Portfolio, investor: Any, zone: str
) -> None:
    instant = datetime(2024, 7, 1, 22, 30, tzinfo=UTC)
    old = add(portfolio, investor, deposit(time=instant))
    change(portfolio, investor, time_zone=zone)
    new = add(portfolio, investor, deposit(time=instant))
    old.refresh_from_db()
    assert old.day == new.day


def test_a_date_without_time_stays_when_the_zone_moves(portfolio: Portfolio, investor: Any) -> None:
    midnight_in_berlin = datetime(2024, 1, 1, 23, tzinfo=UTC)
    row = add(portfolio, investor, deposit(time=midnight_in_berlin))
    change(portfolio, investor, time_zone="America/New_York")
    row.refresh_from_db()
    assert (row.day, row.time) == (date(2024, 1, 2), datetime(2024, 1, 2, 5, tzinfo=UTC))


def test_a_zone_that_is_none_is_refused_by_the_service(investor: Any) -> None:
    with pytest.raises(ValidationFailed) as caught:
        create_portfolio(
            actor=Actor.user(investor),
            owner_id=investor.pk,
            name="X",
            currency="EUR",
            time_zone="Nowhere/City",
        )
    assert caught.value.errors[0].field == "time_zone"


def test_another_persons_instrument_is_refused_by_the_service(
    portfolio: Portfolio, investor: Any, stranger: Any, listed: Listed
) -> None:
    theirs = listed("SECRET", owner=stranger)
    item = TransactionInput(
        kind=EntryKind.BUY,
        time=datetime(2024, 1, 2, tzinfo=UTC),
        instrument=theirs,
        quantity=Decimal(1),
        price=Decimal(1),
        currency="EUR",
    )
    with pytest.raises(ValidationFailed) as caught:
        add(portfolio, investor, item)
    assert [(one.field, one.code) for one in caught.value.errors] == [("instrument", "unknown")]
    assert Transaction.objects.count() == 0


def test_net_worth_leaves_out_what_one_may_only_look_at(
    portfolio: Portfolio, investor: Any, stranger: Any
) -> None:
    portfolio.members.create(user=stranger, role="viewer")
    assert list(real_of(investor)) == [portfolio]
    assert list(real_of(stranger)) == []


def test_coins_are_counted_after_a_redenomination(
    portfolio: Portfolio, investor: Any, listed: Listed
) -> None:
    coin = listed("SHIB", "USD", kind="crypto")
    item = TransactionInput(
        kind=EntryKind.TRANSFER_IN,
        time=datetime(2024, 1, 2, tzinfo=UTC),
        instrument=coin,
        quantity=Decimal(10),
        price=None,
        currency="USD",
    )
    add(portfolio, investor, item)
    CorporateAction.objects.create(
        instrument=coin, kind="split", ex_date="2024-02-01", numerator=1000, denominator=1, source="test"
    )
    assert coin_quantity(portfolio, coin) == 10_000


def test_a_ledger_read_before_a_rollback_is_not_kept(portfolio: Portfolio, investor: Any) -> None:
    with transaction.atomic():
        add(portfolio, investor, deposit())
        portfolio.refresh_from_db()
        assert len(ledger.load(portfolio).entries) == 1
        transaction.set_rollback(True)
    portfolio.refresh_from_db()
    assert ledger.memory.get(portfolio.pk) is None
    assert ledger.load(portfolio).entries == []


def test_an_erased_persons_instrument_stays_with_who_holds_it(
    portfolio: Portfolio, investor: Any, stranger: Any, listed: Listed
) -> None:
    theirs = listed("SHED", owner=stranger)
    portfolio.members.create(user=stranger, role="editor")
    item = TransactionInput(
        kind=EntryKind.BUY,
        time=datetime(2024, 1, 2, tzinfo=UTC),
        instrument=theirs,
        quantity=Decimal(1),
        price=Decimal(1),
        currency="EUR",
    )
    add(portfolio, stranger, item)
    erase_user(actor=Actor.user(stranger), user_id=stranger.pk, password="correct-horse-battery")
    theirs.refresh_from_db()
    assert theirs.owner_id == investor.pk


def test_the_audit_log_keeps_no_words_of_an_erased_person(portfolio: Portfolio, investor: Any) -> None:
    change(portfolio, investor, name="Anna Mueller, Hauptstr. 5", note="IBAN DE89")
    row = add(portfolio, investor, deposit(note="paid by Anna's mother", external_id="Anna-1"))
    change_transaction(
        actor=Actor.user(investor),
        portfolio_id=portfolio.pk,
        transaction_id=row.pk,
        changes={"note": "Anna again"},
    )
    erase_user(actor=Actor.user(investor), user_id=investor.pk, password="correct-horse-battery")
    assert Portfolio.objects.count() == 0
    kept = json.dumps(list(AuditEvent.objects.values("before", "after", "reason")), default=str)
    assert "portfolio.created" in AuditEvent.objects.values_list("verb", flat=True)
    for words in ("Anna", "DE89", "ida@example.org"):
        assert words not in kept

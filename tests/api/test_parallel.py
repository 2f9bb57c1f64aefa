"""Two requests at once, over real HTTP and real connections: one wins, nothing doubles."""

from __future__ import annotations

import pytest

from market.models import DailyBar, FxRate, Instrument
from portfolios.models import Portfolio, Transaction
from tests.api.conftest import Caller, refused
from tests.support.parallel import at_once


@pytest.fixture
def apple(listed) -> Instrument:
    return listed("AAPL", {"2024-01-02": "155"})


@pytest.fixture
def savings(ada) -> str:
    return ada.post("/api/v1/portfolios", {"name": "Savings", "currency": "EUR"}).json()["id"]


def order(instrument: Instrument) -> list[dict[str, object]]:
    return [{"tick_id": str(instrument.uuid), "purchase_price": 150, "purchase_qty": 100}]


def test_double_place_order_with_one_key_records_once(ada, apple):
    def place():
        return ada.post("/api/v1/place-order", order(apple), **{"Idempotency-Key": "k"})

    answers = at_once(place, place, place)
    assert [one.status_code for one in answers] == [201, 201, 201]
    assert len({one.content for one in answers}) == 1
    assert Transaction.objects.count() == 1


def test_first_orders_of_a_user_make_one_default_portfolio(ada, apple):
    def place():
        return ada.post("/api/v1/place-order", order(apple))

    answers = at_once(place, place, place)
    assert [one.status_code for one in answers] == [201, 201, 201]
    assert Portfolio.objects.count() == 1
    assert Transaction.objects.count() == 3


def entry(instrument: Instrument, kind: str, day: str) -> dict[str, str]:
    return {"kind": kind, "date": day, "instrument": str(instrument.uuid), "quantity": "10", "price": "5"}


def test_two_sells_of_the_same_lot_sell_it_once(ada, apple, savings):
    url = f"/api/v1/portfolios/{savings}/transactions"
    assert ada.post(url, entry(apple, "buy", "2024-01-02")).status_code == 201

    def sell():
        return ada.post(url, entry(apple, "sell", "2024-01-03"))

    answers = sorted(at_once(sell, sell), key=lambda one: one.status_code)
    assert answers[0].status_code == 201
    assert refused(answers[1]) == (400, "oversold", ["quantity"])
    assert sorted(Transaction.objects.values_list("kind", flat=True)) == ["buy", "sell"]


def test_two_deletions_of_one_transaction_delete_it_once(ada, apple, savings):
    url = f"/api/v1/portfolios/{savings}/transactions"
    made = ada.post(url, entry(apple, "buy", "2024-01-02")).json()

    def delete():
        return ada.send("DELETE", f"{url}/{made['id']}").status_code

    assert sorted(at_once(delete, delete)) == [204, 404]
    assert Transaction.objects.get().version == 2


def test_two_changes_of_one_version_are_won_by_one(ada, apple, savings):
    url = f"/api/v1/portfolios/{savings}/transactions"
    made = ada.post(url, entry(apple, "buy", "2024-01-02")).json()

    def change(note: str):
        return lambda: ada.send("PATCH", f"{url}/{made['id']}", {"note": note, "version": 1})

    answers = sorted(at_once(change("a"), change("b")), key=lambda one: one.status_code)
    assert answers[0].status_code == 200
    assert refused(answers[1]) == (409, "stale-version", [])
    assert Transaction.objects.get().note == answers[0].json()["note"]


def test_same_bars_posted_in_parallel_are_stored_once(ada):
    made = ada.post("/api/v1/instruments", {"symbol": "MINE", "name": "Mine", "currency": "EUR"}).json()
    bars = [{"date": f"2024-01-{day:02}", "close": str(day)} for day in range(1, 32)]

    def store():
        return ada.post(f"/api/v1/instruments/{made['id']}/bars", bars)

    answers = at_once(store, store, store)
    assert [one.status_code for one in answers] == [201, 201, 201]
    assert sum(one.json()["stored"] for one in answers) == 31
    assert sum(one.json()["unchanged"] for one in answers) == 62
    assert DailyBar.objects.count() == 31
    assert Instrument.objects.get().price_revision == 1


def test_same_rates_posted_in_parallel_are_stored_once(ada):
    rates = [
        {"base": "EUR", "quote": "USD", "date": f"2024-01-{day:02}", "rate": "1.25"} for day in range(1, 32)
    ]

    def store():
        return ada.post("/api/v1/rates", rates)

    answers = at_once(store, store)
    assert [one.status_code for one in answers] == [201, 201]
    assert sum(one.json()["stored"] for one in answers) == 31
    assert FxRate.objects.count() == 31


def test_same_split_recorded_twice_is_a_conflict(ada):
    made = ada.post("/api/v1/instruments", {"symbol": "MINE", "name": "Mine", "currency": "EUR"}).json()
    split = {"kind": "split", "ex_date": "2024-02-01", "numerator": "2", "denominator": "1"}

    def record():
        return ada.post(f"/api/v1/instruments/{made['id']}/corporate-actions", split)

    answers = sorted(at_once(record, record), key=lambda one: one.status_code)
    assert answers[0].status_code == 201
    assert refused(answers[1])[:2] == (409, "action-exists")


def test_same_symbol_created_twice_is_a_conflict(ada):
    def create():
        return ada.post("/api/v1/instruments", {"symbol": "MINE", "name": "Mine", "currency": "EUR"})

    answers = sorted(at_once(create, create), key=lambda one: one.status_code)
    assert answers[0].status_code == 201
    assert refused(answers[1])[:2] == (409, "instrument-exists")
    assert Instrument.objects.count() == 1


def test_one_address_signed_up_twice_makes_one_account(anonymous: Caller):
    body = {"email": "ada@example.org", "password": "correct horse battery"}

    def sign_up():
        return anonymous.post("/api/v1/users/signup", body)

    answers = sorted(at_once(sign_up, sign_up), key=lambda one: one.status_code)
    assert answers[0].status_code == 201
    assert refused(answers[1]) == (409, "email-taken", [])


def test_same_coin_added_and_removed_at_once_never_goes_below_zero(ada, coin):
    coin("bitcoin", "BTC", {"2024-01-02": "50000"})
    ada.post("/api/portfolio/add", {"coin_id": "bitcoin", "amount": 2})

    def remove():
        return ada.post("/api/portfolio/remove", {"coin_id": "bitcoin"}).status_code

    assert sorted(at_once(remove, remove)) == [200, 404]
    assert Transaction.objects.filter(kind="transfer_out").get().quantity == 2


def test_instrument_deleted_while_it_is_bought_is_one_or_the_other(ada, savings):
    made = ada.post("/api/v1/instruments", {"symbol": "MINE", "name": "Mine", "currency": "EUR"}).json()
    url = f"/api/v1/portfolios/{savings}/transactions"
    body = {"kind": "buy", "date": "2024-01-02", "instrument": made["id"], "quantity": "1", "price": "1"}
    bought, deleted = at_once(
        lambda: ada.post(url, body).status_code,
        lambda: ada.send("DELETE", f"/api/v1/instruments/{made['id']}").status_code,
    )
    assert (bought, deleted) in {(201, 409), (400, 204), (409, 204)}
    assert Transaction.objects.count() == Instrument.objects.count() == (1 if bought == 201 else 0)

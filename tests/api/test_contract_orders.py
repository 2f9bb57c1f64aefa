"""Orders and positions of the published contract, over real HTTP."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from portfolios.models import Transaction
from tests.api.conftest import digits, refused

PLACE, ORDERS, POSITION = "/api/v1/place-order", "/api/v1/orders/purchased", "/api/v1/portfolio-position"
ORDER_KEYS = {"id", "user_id", "tick_id", "purchase_price", "purchase_qty", "timestamp"}
POSITION_KEYS = {"symbol", "quantity", "average_price", "current_price", "pnl", "timestamp"}
LONG = "12345678901234567890.123456789012345678"


def row(instrument, price="150.0", quantity="100") -> bytes:
    return (
        f'{{"tick_id": "{instrument.uuid}", "purchase_price": {price}, "purchase_qty": {quantity}}}'.encode()
    )


def rows(*many: bytes) -> bytes:
    return b"[" + b",".join(many) + b"]"


@pytest.fixture
def apple(listed):
    return listed("AAPL", {"2024-01-02": "155"})


def test_place_order_answers_201_with_the_purchases_in_their_order(ada, apple, listed):
    ibm = listed("IBM")
    answer = ada.post(PLACE, rows(row(apple), row(ibm, "0.10", "2.5"), row(apple, "151", "1")))
    body = digits(answer)
    assert answer.status_code == 201
    assert [one.keys() for one in body] == [ORDER_KEYS] * 3
    assert [one["tick_id"] for one in body] == [str(apple.uuid), str(ibm.uuid), str(apple.uuid)]
    assert [(one["purchase_price"], one["purchase_qty"]) for one in body] == [
        (150, 100),
        ("0.1", "2.5"),
        (151, 1),
    ]
    assert {one["user_id"] for one in body} == {ada.get("/api/user/me").json()["id"]}
    assert all(
        UUID(one["id"]) and datetime.fromisoformat(one["timestamp"]).utcoffset() is not None for one in body
    )


@pytest.mark.parametrize("number", ["0.1", "0.000000000000000001", "99999999999999999999", LONG])
def test_place_order_keeps_every_digit(ada, apple, number):
    placed = ada.post(PLACE, rows(row(apple, number, number)))
    assert placed.status_code == 201, placed.text
    assert f'"purchase_price":{number},"purchase_qty":{number},'.encode() in placed.content
    assert f'"purchase_price":{number},"purchase_qty":{number},'.encode() in ada.get(ORDERS).content


def test_place_order_takes_numbers_as_text_too(ada, apple):
    answer = digits(ada.post(PLACE, rows(row(apple, '"150.25"', '"3"'))))
    assert (answer[0]["purchase_price"], answer[0]["purchase_qty"]) == ("150.25", 3)


def test_place_order_in_pence_answers_pence(ada, listed):
    london = listed("VOD", {"2024-01-02": "70"}, currency="GBP", quote_unit="0.01")
    placed = digits(ada.post(PLACE, rows(row(london, "68.5", "10"))))
    assert placed[0]["purchase_price"] == "68.5"
    assert str(Transaction.objects.get().price.normalize()) == "0.685"
    (position,) = digits(ada.get(POSITION))["positions"]
    assert (position["average_price"], position["current_price"], position["pnl"]) == ("68.5", 70, "0.15")


@pytest.mark.parametrize(
    ("price", "quantity", "field"),
    [
        ("0", "1", "purchase_price"),
        ("-1", "1", "purchase_price"),
        ("1", "0", "purchase_qty"),
        ("1", "-0.1", "purchase_qty"),
        ("null", "1", "purchase_price"),
        ("true", "1", "purchase_price"),
        ('"NaN"', "1", "purchase_price"),
        ("1e20", "1", "purchase_price"),
        ("1", "0.0000000000000000001", "purchase_qty"),
    ],
)
def test_place_order_is_all_or_nothing_and_names_the_row(ada, apple, price, quantity, field):
    answer = ada.post(PLACE, rows(row(apple), row(apple, price, quantity)))
    assert refused(answer) == (400, "validation-failed", [f"[1].{field}"])
    assert ada.get(ORDERS).json()["total"] == 0


def test_place_order_of_an_unknown_instrument_names_the_row_and_stores_nothing(ada, apple):
    unknown = f'{{"tick_id": "{uuid4()}", "purchase_price": 1, "purchase_qty": 1}}'.encode()
    assert refused(ada.post(PLACE, rows(row(apple), unknown))) == (400, "validation-failed", ["[1].tick_id"])
    assert ada.get(ORDERS).json()["total"] == 0


def test_place_order_of_another_users_instrument_looks_unknown(ada, join, listed):
    from accounts.models import User

    join("bob@example.org")
    private = listed("BOBS", owner=User.objects.get(email="bob@example.org"))
    unknown = f'{{"tick_id": "{uuid4()}", "purchase_price": 1, "purchase_qty": 1}}'.encode()
    theirs = ada.post(PLACE, rows(row(private, "1", "1"))).json()
    nobodys = ada.post(PLACE, rows(unknown)).json()
    assert theirs.pop("request_id") != nobodys.pop("request_id")
    assert theirs == nobodys


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"null", b'"x"', b"[1]", b"[[]]", b'[{"tick_id": "x"}]', b"[{}", b"[NaN]", b""]
)
def test_place_order_of_another_shape_is_a_400(ada, body):
    status, kind, _fields = refused(ada.post(PLACE, body))
    assert status == 400
    assert kind in {"validation-failed", "malformed"}


def test_orders_are_paged(ada, apple):
    ada.post(PLACE, rows(*[row(apple, str(price), "1") for price in range(1, 6)]))
    page = digits(ada.get(ORDERS, skip=1, limit=2))
    assert page.keys() == {"orders", "total", "skip", "limit"}
    assert (page["total"], page["skip"], page["limit"]) == (5, 1, 2)
    assert [one["purchase_price"] for one in page["orders"]] == [2, 3]
    assert [one.keys() for one in page["orders"]] == [ORDER_KEYS] * 2
    assert digits(ada.get(ORDERS, limit=5000))["limit"] == 1000
    assert digits(ada.get(ORDERS))["limit"] == 100
    assert digits(ada.get(ORDERS, skip=9))["orders"] == []


@pytest.mark.parametrize("name", ["skip", "limit"])
@pytest.mark.parametrize("value", ["-1", "x", "1.5"])
def test_orders_refuse_a_wrong_page_and_name_it(ada, name, value):
    assert refused(ada.get(ORDERS, **{name: value})) == (400, "validation-failed", [name])


def test_orders_of_another_user_are_not_seen(ada, join, apple):
    ada.post(PLACE, rows(row(apple)))
    assert join("bob@example.org").get(ORDERS).json()["total"] == 0


def test_position_answers_quantity_prices_and_gain_as_numbers(ada, apple):
    ada.post(PLACE, rows(row(apple)))
    for answer in (ada.get(POSITION), ada.post(POSITION, {})):
        body = digits(answer)
        (position,) = body["positions"]
        assert answer.status_code == 200
        assert {"user_id", "positions", "total_pnl"} <= body.keys()
        assert position.keys() >= POSITION_KEYS
        assert {
            key: position[key] for key in ("symbol", "quantity", "average_price", "current_price", "pnl")
        } == {
            "symbol": "AAPL",
            "quantity": 100,
            "average_price": 150,
            "current_price": 155,
            "pnl": 500,
        }
        assert body["total_pnl"] == 500
        assert datetime.fromisoformat(position["timestamp"]).utcoffset() is not None


def test_position_without_a_price_is_null_and_named(ada, listed):
    ada.post(PLACE, rows(row(listed("NEWCO"))))
    body = digits(ada.get(POSITION))
    assert [(one["symbol"], one["current_price"], one["pnl"]) for one in body["positions"]] == [
        ("NEWCO", None, None)
    ]
    assert (body["total_pnl"], body["unpriced"]) == (0, ["NEWCO"])


def test_position_in_two_currencies_adds_up_in_the_base_currency(ada, apple, listed, rate):
    rate("USD", "2024-01-02", "1.25")
    dollars = listed("IBM", {"2024-01-02": "110"}, currency="USD")
    ada.post(PLACE, rows(row(apple), row(dollars, "100", "10")))
    body = digits(ada.get(POSITION))
    assert [(one["symbol"], one["pnl"]) for one in body["positions"]] == [("AAPL", 500), ("IBM", 100)]
    assert (body["currency"], body["total_pnl"]) == ("EUR", 580)


def test_position_of_a_new_user_is_empty(ada):
    body = ada.get(POSITION).json()
    assert (body["positions"], body["total_pnl"]) == ([], 0)


def test_place_order_twice_with_one_key_records_once(ada, apple):
    body = rows(row(apple))
    first = ada.post(PLACE, body, **{"Idempotency-Key": "k"})
    again = ada.post(PLACE, body, **{"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    other = ada.post(PLACE, rows(row(apple, "1")), **{"Idempotency-Key": "k"})
    assert refused(other) == (409, "key-reused", [])
    assert ada.get(ORDERS).json()["total"] == 1


@pytest.mark.parametrize(
    ("method", "path"), [("POST", PLACE), ("GET", ORDERS), ("GET", POSITION), ("POST", POSITION)]
)
def test_orders_and_positions_need_a_token(anonymous, method, path):
    assert refused(anonymous.send(method, path, []))[:2] == (401, "not-authenticated")


@pytest.mark.parametrize(("text", "status"), [("2024-01-02", 200), ("02-01-2024", 200)])
def test_dates_are_read_in_both_forms(ada, text, status):
    made = ada.post("/api/v1/portfolios", {"name": "P", "currency": "EUR"}).json()
    assert ada.get(f"/api/v1/portfolios/{made['id']}/transactions", start=text).status_code == status


@pytest.mark.parametrize(
    "text", ["2024/01/02", "01-02-24", "2024-13-01", "31-02-2024", "yesterday", "2024-1-2"]
)
def test_date_in_another_form_is_refused_by_name(ada, text):
    made = ada.post("/api/v1/portfolios", {"name": "P", "currency": "EUR"}).json()
    answer = ada.get(f"/api/v1/portfolios/{made['id']}/transactions", end=text)
    assert refused(answer) == (400, "validation-failed", ["end"])

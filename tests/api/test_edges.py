"""Input at the edge of what can be computed: refused by name or answered, never a server error."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from core import clock
from tests.api.routes import Call
from tests.api.test_permissions import Person

pytestmark = pytest.mark.django_db
ZONES = ["UTC", "America/New_York", "Pacific/Kiritimati"]


@pytest.fixture
def ada() -> Person:
    return Person("ada@example.org")


def portfolio(ada: Person, zone: str = "UTC") -> str:
    body = {"name": "Savings", "currency": "EUR", "time_zone": zone}
    return ada.send(Call("post"), reverse("api-portfolios"), body).json()["id"]


def deposit(ada: Person, where: str, **fields: object):
    body = {"kind": "deposit", "amount": "10", "currency": "EUR", **fields}
    return ada.send(Call("post"), reverse("api-transactions", args=[where]), body)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", ["0001-01-01", "1699-12-31"])
def test_day_long_ago_is_refused_by_name(ada, zone, day):
    answer = deposit(ada, portfolio(ada, zone), date=day)
    assert answer.status_code == 400
    assert {one["field"] for one in answer.json()["errors"]} <= {"date", "time"}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_instant_out_of_range_is_refused_by_name(ada, zone, instant):
    answer = deposit(ada, portfolio(ada, zone), time=instant)
    assert answer.status_code == 400
    assert {one["field"] for one in answer.json()["errors"]} == {"time"}


@pytest.mark.parametrize("zone", ZONES)
def test_day_of_a_transaction_is_that_of_the_portfolio(ada, zone):
    answer = deposit(ada, portfolio(ada, zone), date="2024-03-31").json()
    assert answer["date"] == "2024-03-31"


def test_period_that_ends_in_the_future_ends_today(ada):
    where = portfolio(ada)
    today = clock.today("UTC")
    deposit(ada, where, date=str(today - timedelta(days=2)))
    for name in ("api-series", "api-performance", "api-statement"):
        answer = ada.send(Call("get", query={"end": "9999-12-31"}), reverse(name, args=[where]), None)
        assert answer.json()["end"] == str(today), name
    series = ada.send(Call("get", query={"end": "9999-12-31"}), reverse("api-series", args=[where]), None)
    assert [one["value"] for one in series.json()["items"]] == ["0", "10", "10", "10"]


def test_valuation_of_a_day_to_come_is_that_of_today(ada):
    where = portfolio(ada)
    answer = ada.send(Call("get", query={"date": "9999-12-31"}), reverse("api-valuation", args=[where]), None)
    assert answer.json()["date"] == str(clock.today("UTC"))


@pytest.mark.parametrize("query", [{"start": "2024-02-01", "end": "2024-01-01"}, {"start": "9999-12-31"}])
def test_period_that_ends_before_it_starts_is_refused_by_name(ada, query):
    answer = ada.send(Call("get", query=query), reverse("api-series", args=[portfolio(ada)]), None)
    assert [one["field"] for one in answer.json()["errors"]] == ["start"]


def test_period_before_everything_is_empty_and_not_an_error(ada):
    where = portfolio(ada)
    deposit(ada, where, date="2024-01-02")
    query = {"start": "0001-01-01", "end": "0001-01-02"}
    for name in ("api-series", "api-performance", "api-statement", "api-disposals"):
        answer = ada.send(Call("get", query=query), reverse(name, args=[where]), None)
        assert answer.status_code == 200, name


def test_ledger_since_1700_is_answered(ada):
    where = portfolio(ada)
    deposit(ada, where, date="1700-01-02")
    answer = ada.send(Call("get"), reverse("api-performance", args=[where]), None)
    assert answer.status_code == 200
    assert answer.json()["days"] == (clock.today("UTC") - date(1700, 1, 1)).days


def test_gain_of_a_thousandfold_in_a_day_is_a_number_or_has_a_reason(ada):
    where = portfolio(ada)
    mine = ada.send(
        Call("post"), reverse("api-instruments"), {"symbol": "MOON", "name": "Moon", "currency": "EUR"}
    ).json()["id"]
    day = clock.today("UTC") - timedelta(days=1)
    bars = [{"date": str(day), "close": "1"}, {"date": str(day + timedelta(days=1)), "close": "100000"}]
    ada.send(Call("post"), reverse("api-bars", args=[mine]), bars)
    buy = {"kind": "buy", "instrument": mine, "quantity": "1", "price": "1", "date": str(day)}
    deposit(ada, where, date=str(day))
    ada.send(Call("post"), reverse("api-transactions", args=[where]), buy)
    answer = ada.send(Call("get"), reverse("api-performance", args=[where]), None)
    assert answer.status_code == 200
    assert "nfinity" not in answer.content.decode()
    assert "nan" not in answer.content.decode().lower().replace("financ", "")


@pytest.mark.parametrize("quantity", ["99999999999999999999", "99999999999999999999.999999999999999999"])
def test_largest_numbers_are_kept_and_valued(ada, quantity):
    where = portfolio(ada)
    mine = ada.send(
        Call("post"), reverse("api-instruments"), {"symbol": "HUGE", "name": "Huge", "currency": "EUR"}
    ).json()["id"]
    ada.send(Call("post"), reverse("api-bars", args=[mine]), [{"date": "2024-01-02", "close": quantity}])
    buy = {"kind": "buy", "instrument": mine, "quantity": quantity, "price": quantity, "date": "2024-01-02"}
    made = ada.send(Call("post"), reverse("api-transactions", args=[where]), buy)
    assert made.status_code == 201, made.content
    assert made.json()["quantity"] == quantity
    for name in (
        "api-valuation",
        "api-positions",
        "api-lots",
        "api-series",
        "api-performance",
        "api-allocation",
    ):
        assert ada.send(Call("get"), reverse(name, args=[where]), None).status_code == 200, name


@pytest.mark.parametrize("text", ["\u0000", "\ud800", "a\u0000b"])
@pytest.mark.parametrize("field", ["name", "note"])
def test_text_that_cannot_be_stored_is_refused(ada, field, text):
    body = {"name": "A", "currency": "EUR", field: text}
    assert ada.send(Call("post"), reverse("api-portfolios"), body).status_code == 400


@pytest.mark.parametrize(
    "mapping", [{"a": "\u0000"}, {"\u0000": 1}, {"symbols": {"A\u0000": {"create": True}}}, []]
)
def test_mapping_that_cannot_be_stored_is_refused(ada, mapping):
    where = reverse("api-imports", args=[portfolio(ada)])
    body = {"content": "date,type,symbol,quantity,price\n2024-01-02,BUY,A,1,1\n", "mapping": mapping}
    assert ada.send(Call("post"), where, body).status_code == 400


@pytest.mark.parametrize(
    "content", ["", "\u0000", "a", "a,b\n\u0000,1", "\n\n\n", '"', "date,type\n0001-01-01,BUY\n"]
)
def test_file_that_makes_no_sense_is_never_a_server_error(ada, content):
    where = reverse("api-imports", args=[portfolio(ada, "America/New_York")])
    answer = ada.send(Call("post"), where, {"content": content})
    assert answer.status_code in {201, 400}


def test_import_keeps_every_digit(ada):
    where = reverse("api-imports", args=[portfolio(ada)])
    number = "12345678901234567890.123456789012345678"
    content = (
        f"date,type,amount,currency\n2024-01-02,DEPOSIT,{number},EUR\n2024-01-03,WITHDRAWAL,-{number},EUR\n"
    )
    batch = ada.send(Call("post"), where, {"content": content}).json()
    assert ada.send(Call("post"), f"{where}/{batch['id']}/apply", {}).status_code == 200
    exported = ada.send(Call("get"), where.replace("/imports", "/transactions.csv"), None).content.decode()
    assert exported.count(number) == 2


def test_import_of_days_long_ago_marks_the_row(ada):
    where = reverse("api-imports", args=[portfolio(ada, "America/New_York")])
    content = "date,type,amount,currency\n0001-01-01,DEPOSIT,1,EUR\n2024-01-02,DEPOSIT,1,EUR\n"
    answer = ada.send(Call("post"), where, {"content": content})
    assert answer.status_code == 201, answer.content
    assert [row["verdict"] for row in answer.json()["rows"]] == ["error", "new"]

"""The REST API of the market: translation, pages, and that others' things answer 404."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from market.models import Coin, CorporateAction, DailyBar, Exchange, FxRate, Instrument
from tests.market.builders import bar, fx

pytestmark = pytest.mark.django_db
LIST = "/api/v1/instruments"
BODY = {"symbol": "own", "name": "Own plc", "currency": "gbp", "quote_unit": "0.01"}


def test_a_program_sets_up_a_market_of_its_own(api):
    made = api.post(LIST, BODY, format="json")
    assert made.status_code == 201
    one = f"{LIST}/{made.data['id']}"
    rows = [
        {"date": "2024-01-02", "open": "240", "high": "255.5", "low": "239", "close": "250", "volume": 1200},
        {"date": "2024-01-03", "close": "252.25"},
    ]
    stored = api.put(f"{one}/bars", rows, format="json")
    assert (stored.status_code, stored.json()) == (200, {"stored": 2, "unchanged": 0})
    split = {"kind": "split", "ex_date": "2024-01-03", "numerator": "3", "denominator": "2"}
    assert api.post(f"{one}/corporate-actions", split, format="json").status_code == 201
    rate = [{"base": "gbp", "quote": "eur", "date": "2024-01-02", "rate": "1.15"}]
    assert api.post("/api/v1/rates", rate, format="json").json() == {"stored": 1, "unchanged": 0}
    shown = api.get(one).json()
    assert shown == {
        "id": made.data["id"],
        "symbol": "OWN",
        "name": "Own plc",
        "kind": "stock",
        "currency": "GBP",
        "quote_unit": "0.01",
        "isin": "",
        "exchange": None,
        "sector": "",
        "country": "",
        "coin_id": "",
        "is_public": False,
        "is_fictional": False,
        "last_price": {
            "price": "2.5225",
            "currency": "GBP",
            "as_of": "2024-01-03",
            "source": "manual",
            "quality": "stale",
            "at": None,
        },
    }
    assert api.get(f"{one}/bars?start=03-01-2024").json() == {
        "items": [
            {
                "date": "2024-01-03",
                "open": None,
                "high": None,
                "low": None,
                "close": "252.25",
                "volume": None,
                "source": "manual",
                "adjusted": "none",
                "adjusted_as_of": None,
                "given_close": None,
            }
        ],
        "total": 1,
        "skip": 0,
        "limit": 100,
    }
    action = api.get(f"{one}/corporate-actions").json()["items"][0]
    assert (action["kind"], action["numerator"], action["denominator"]) == ("split", "3", "2")
    assert api.get("/api/v1/rates?base=gbp").json()["items"][0]["is_own"] is True


def test_an_instrument_is_changed_and_deleted(api):
    one = f"{LIST}/{api.post(LIST, BODY, format='json').data['id']}"
    changed = api.patch(
        one, {"sector": "Energy", "symbol": "NEW", "symbol_since": "2024-01-02"}, format="json"
    )
    assert (changed.status_code, changed.data["sector"], changed.data["symbol"]) == (200, "Energy", "NEW")
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404


def test_a_repeated_post_with_one_key_does_its_work_once(api):
    first, second = (api.post(LIST, BODY, format="json", headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.json() == second.json()
    assert Instrument.objects.count() == 1


def test_bad_rows_are_named_and_nothing_is_stored(api):
    one = f"{LIST}/{api.post(LIST, BODY, format='json').data['id']}"
    answer = api.put(
        f"{one}/bars",
        [{"date": "2024-01-02", "close": "1"}, {"date": "2024-01-03", "close": "-1"}],
        format="json",
    )
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("[1].close", "not-positive")
    ]
    assert DailyBar.objects.count() == 0
    answer = api.put(f"{one}/bars", [{"date": "someday", "close": "x"}], format="json")
    assert {error["field"] for error in answer.json()["errors"]} == {"[0].date", "[0].close"}


def test_public_instruments_can_be_read_but_not_written(api, instrument):
    one = f"{LIST}/{instrument('PUB').uuid}"
    assert api.get(one).json()["is_public"] is True
    assert api.patch(one, {"name": "x"}, format="json").status_code == 403
    assert api.put(f"{one}/bars", [{"date": "2024-01-02", "close": "1"}], format="json").status_code == 403
    assert api.delete(one).status_code == 403


def test_what_is_somebody_elses_answers_404_everywhere(stranger_api, instrument, ida):
    own = instrument("OWN", owner=ida)
    bar(own, "2024-01-02", "1")
    action = CorporateAction.objects.create(
        instrument=own, kind="split", ex_date="2024-01-02", numerator=2, denominator=1, source="manual"
    )
    split = {"kind": "split", "ex_date": "2024-01-03", "numerator": "3", "denominator": "2"}
    for uuid in (own.uuid, uuid4()):
        one = f"{LIST}/{uuid}"
        answers = [
            stranger_api.get(one),
            stranger_api.patch(one, {"name": "x"}, format="json"),
            stranger_api.delete(one),
            stranger_api.get(f"{one}/bars"),
            stranger_api.put(f"{one}/bars", [{"date": "2024-01-02", "close": "1"}], format="json"),
            stranger_api.post(f"{one}/bars", [{"date": "2024-01-02", "close": "1"}], format="json"),
            stranger_api.delete(f"{one}/bars"),
            stranger_api.get(f"{one}/corporate-actions"),
            stranger_api.post(f"{one}/corporate-actions", split, format="json"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 9
    for uuid in (action.uuid, uuid4()):
        assert stranger_api.get(f"/api/v1/corporate-actions/{uuid}").status_code == 404
        assert stranger_api.delete(f"/api/v1/corporate-actions/{uuid}").status_code == 404
    assert (DailyBar.objects.count(), CorporateAction.objects.count()) == (1, 1)
    assert stranger_api.get(LIST).json()["total"] == 0


def test_rates_of_others_are_neither_seen_nor_deleted(stranger_api, ida):
    fx("EUR", "USD", "2024-01-02", "1.1")
    fx("EUR", "USD", "2024-01-03", "1.2", owner=ida, source="manual")
    assert [row["rate"] for row in stranger_api.get("/api/v1/rates").json()["items"]] == ["1.1"]
    assert stranger_api.delete("/api/v1/rates?base=EUR&quote=USD").json() == {"deleted": 0}
    assert FxRate.objects.count() == 2


def test_instruments_are_listed_in_few_queries(api, ida, instrument, django_assert_num_queries):
    for n in range(30):
        bar(instrument(f"S{n}"), "2024-01-02", "1")
    with django_assert_num_queries(3):  # count, page, last prices
        page = api.get(f"{LIST}?limit=20").json()
    assert (page["total"], len(page["items"])) == (30, 20)
    assert page["items"][0]["last_price"]["price"] == "1"


def test_instruments_are_filtered(api, ida, instrument):
    instrument("AAA", kind="etf")
    instrument("BBB", owner=ida)
    answers = {
        query: [row["symbol"] for row in api.get(f"{LIST}?{query}").json()["items"]]
        for query in ("kind=etf", "own=true", "own=false", "search=bb", "symbol=aaa")
    }
    assert answers == {
        "kind=etf": ["AAA"],
        "own=true": ["BBB"],
        "own=false": ["AAA"],
        "search=bb": ["BBB"],
        "symbol=aaa": ["AAA"],
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [("skip=-1", "skip"), ("limit=x", "limit"), ("kind=house", "kind"), ("own=maybe", "own")],
)
def test_a_bad_parameter_is_named(api, query, field):
    answer = api.get(f"{LIST}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("day", ["2024-02-30", "2024/01/01", "soon"])
def test_a_bad_date_is_named(api, instrument, day):
    answer = api.get(f"{LIST}/{instrument('AAA').uuid}/bars", {"start": day})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "start")


def test_reference_data_is_listed(api):
    Coin.objects.create(coin_id="bitcoin", symbol="BTC", name="Bitcoin")
    Coin.objects.create(coin_id="tether", symbol="USDT", name="Tether")
    Exchange.objects.create(mic="XETR", name="Xetra", time_zone="Europe/Berlin", country="DE")
    assert api.get("/api/v1/coins?search=bit").json()["items"] == [
        {"coin_id": "bitcoin", "symbol": "BTC", "name": "Bitcoin"}
    ]
    assert api.get("/api/v1/exchanges").json()["items"] == [
        {"mic": "XETR", "name": "Xetra", "time_zone": "Europe/Berlin", "country": "DE"}
    ]


def test_nobody_reads_without_signing_in():
    for path in (LIST, "/api/v1/rates", "/api/v1/coins", "/api/v1/exchanges"):
        assert APIClient().get(path).status_code == 401


def test_decimals_are_never_floats(api):
    one = f"{LIST}/{api.post(LIST, BODY, format='json').data['id']}"
    api.put(f"{one}/bars", [{"date": "2024-01-02", "close": "0.100000000000000001"}], format="json")
    assert DailyBar.objects.get().close == Decimal("0.100000000000000001")
    assert api.get(f"{one}/bars").json()["items"][0]["close"] == "0.100000000000000001"


def test_adjusted_bars_are_answered_as_traded_and_as_given(api, ida, instrument):
    one = f"{LIST}/{instrument('OWN', owner=ida).uuid}"
    split = {"kind": "split", "ex_date": "2024-01-03", "numerator": "2", "denominator": "1"}
    api.post(f"{one}/corporate-actions", split, format="json")
    rows = [{"date": "2024-01-02", "close": "50", "volume": "10"}, {"date": "2024-01-03", "close": "51"}]
    stored = api.post(f"{one}/bars?adjusted=split&as_of=2024-02-01", rows, format="json")
    assert (stored.status_code, stored.json()) == (201, {"stored": 2, "unchanged": 0})
    names = ("close", "volume", "adjusted", "adjusted_as_of", "given_close")
    items = api.get(f"{one}/bars").json()["items"]
    assert [[item[name] for name in names] for item in items] == [
        ["100", "5", "split", "2024-02-01", "50"],
        ["51", None, "split", "2024-02-01", "51"],
    ]
    wrong = {
        "adjusted=split": ("as_of", "invalid"),
        "as_of=2024-02-01": ("as_of", "invalid"),
        "adjusted=dividend&as_of=2024-02-01": ("adjusted", "choice"),
        "adjusted=split&as_of=2999-01-01": ("as_of", "future-date"),
        "adjusted=none": ("[1].close", "against-split"),
    }
    for query, expected in wrong.items():
        answer = api.put(f"{one}/bars?{query}", rows, format="json")
        assert answer.status_code == 400
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [expected]


def test_same_key_with_another_basis_is_a_conflict(api, ida, instrument):
    url, rows = f"{LIST}/{instrument('OWN', owner=ida).uuid}/bars", [{"date": "2024-01-02", "close": "50"}]
    first = api.post(url, rows, format="json", headers={"Idempotency-Key": "a"})
    other = api.post(
        f"{url}?adjusted=split&as_of=2024-02-01", rows, format="json", headers={"Idempotency-Key": "a"}
    )
    assert (first.status_code, other.status_code) == (201, 409)

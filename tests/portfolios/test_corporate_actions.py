"""Corporate actions as a program sees them: recorded over the API, then read in every figure."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from market.models import CorporateAction
from portfolios.models import Portfolio, Transaction

ALL = "/api/v1/instruments"


def made(api: APIClient, symbol: str, closes: dict[str, str], currency: str = "EUR") -> str:
    """Make an instrument of one's own with closes; tell its id."""
    body = {"symbol": symbol, "name": symbol.title(), "currency": currency}
    uuid = api.post(ALL, body, format="json").json()["id"]
    rows = [{"date": day, "close": close} for day, close in closes.items()]
    if rows:
        assert api.put(f"{ALL}/{uuid}/bars", rows, format="json").status_code == 200
    return str(uuid)


def add(api: APIClient, portfolio: Portfolio, **body: str) -> Any:
    return api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", body, format="json")


def happens(api: APIClient, uuid: str, kind: str, **more: Any) -> str:
    body = {"kind": kind, "ex_date": "2024-03-01", **more}
    answer = api.post(f"{ALL}/{uuid}/corporate-actions", body, format="json")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def read(api: APIClient, portfolio: Portfolio, what: str, **params: str) -> Any:
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/{what}", {"date": "2024-03-29", **params})
    assert answer.status_code == 200, answer.content
    return answer.json()


def held(api: APIClient, portfolio: Portfolio, *names: str) -> list[tuple[str, ...]]:
    rows = read(api, portfolio, "positions")["items"]
    return sorted(tuple(row[name] for name in ("symbol", *names)) for row in rows)


@pytest.fixture
def acme(api: APIClient, portfolio: Portfolio) -> str:
    """Hold 10 ACME at 100 and 30 at 120, which are worth 80 each on the eve of 2024-03-01."""
    uuid = made(api, "ACME", {"2024-02-29": "80"})
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="10000")
    for day, quantity, price in (("2024-01-02", "10", "100"), ("2024-02-01", "30", "120")):
        add(api, portfolio, kind="buy", date=day, instrument=uuid, quantity=quantity, price=price)
    return uuid


def test_a_spin_off_is_followed_when_it_is_recorded_changed_and_deleted(api, investor, portfolio, acme):
    other = made(api, "SPIN", {"2024-03-28": "50"})
    before = list(Transaction.objects.values())
    ratio = {"target": other, "numerator": "1", "denominator": "4"}
    spun = happens(api, acme, "spin_off", cost_share="0.2", cash_in_lieu="40", **ratio)
    assert held(api, portfolio, "quantity", "cost_basis", "market_value") == [
        ("ACME", "40", "3680", "3200"),
        ("SPIN", "10", "920", "500"),
    ]
    lots = read(api, portfolio, "lots")["items"]
    assert [(row["symbol"], row["acquired"], row["quantity"], row["cost_base"]) for row in lots] == [
        ("ACME", "2024-01-02", "10", "800"),
        ("ACME", "2024-02-01", "30", "2880"),
        ("SPIN", "2024-01-02", "2.5", "200"),
        ("SPIN", "2024-02-01", "7.5", "720"),
    ]
    assert [row["bought_as"] for row in lots] == [None, None, "ACME", "ACME"]
    client = Client()
    client.force_login(investor)
    page = client.get(f"/portfolios/{portfolio.pk}/explain/cost/")
    assert "SPIN, bought as ACME" in page.content.decode()
    one = f"/api/v1/corporate-actions/{spun}"
    assert api.patch(one, {"cost_share": "0.5"}, format="json").json()["cost_share"] == "0.5"
    assert held(api, portfolio, "cost_basis") == [("ACME", "2300"), ("SPIN", "2300")]
    # what came by the action can be sold, and no more of it
    sale = {"kind": "sell", "date": "2024-03-04", "instrument": other, "price": "50"}
    assert add(api, portfolio, quantity="10.5", **sale).status_code == 400
    assert add(api, portfolio, quantity="4", **sale).status_code == 201
    assert api.delete(one).status_code == 204
    problems = read(api, portfolio, "valuation")["problems"]
    assert [(row["kind"], row["quantity"]) for row in problems] == [("missing-acquisition", "4")]
    assert [row for row in Transaction.objects.values() if row["kind"] != "sell"] == before


def test_a_spin_off_leaves_the_parents_scope_in_kind_and_reaches_the_childs(api, portfolio, acme):
    other = made(api, "SPIN", {"2024-03-28": "50"})
    happens(api, acme, "spin_off", cost_share="0.2", target=other, numerator="1", denominator="4")
    names = ("opening_value", "net_flows", "unrealised", "realised", "income", "closing_value")

    def scope(what: str, instrument: str, **params: str) -> Any:
        period = {"start": "2024-02-29", "end": "2024-03-29", "instrument": instrument, **params}
        answer = api.get(f"/api/v1/{what}", {"portfolios": str(portfolio.pk), **period})
        assert answer.status_code == 200, answer.content
        return answer.json()

    # 10 SPIN are worth a fifth of 40 × 80; they take a fifth of the cost of 4600 along
    for instrument, lines, cost, flows in (
        (acme, ("3200", "-640", "640", "0", "0", "3200"), "3680", ("0", "640")),
        (other, ("0", "640", "-140", "0", "0", "500"), "920", ("640", "0")),
    ):
        found = scope("statement", instrument)
        assert tuple(found[name] for name in names) == lines
        assert scope("explain", instrument, figure="cost")["value"] == cost
        day = next(one for one in scope("series", instrument)["items"] if one["date"] == "2024-03-01")
        assert (day["inflow"], day["outflow"]) == flows
    assert read(api, portfolio, "statement", start="2024-02-29", end="2024-03-29")["net_flows"] == "0"


def test_a_short_position_that_a_merger_closes_names_the_action(api, portfolio, acme):
    api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"allow_short": True}, format="json")
    other = made(api, "BIG", {"2024-02-29": "180"})
    sale = {"kind": "sell", "date": "2024-02-05", "instrument": other, "quantity": "5", "price": "190"}
    sold = add(api, portfolio, **sale).json()["id"]
    merged = happens(api, acme, "merger", target=other, numerator="1", denominator="2")
    (row,) = read(api, portfolio, "realised-gains")["items"]
    names = ("sale", "purchase", "corporate_action", "quantity", "proceeds", "cost", "gain", "short_sale")
    assert [row[name] for name in names] == [sold, None, merged, "5", "950", "1000", "-50", True]
    assert held(api, portfolio, "quantity", "cost_basis") == [("BIG", "15", "3600")]


def test_a_merger_for_shares_and_cash_realises_the_part_that_cash_is(api, portfolio, acme):
    other = made(api, "BIG", {"2024-02-29": "180", "2024-03-28": "200"})
    merged = happens(api, acme, "merger", target=other, numerator="1", denominator="2", amount="60")
    # half a BIG is worth 90, with 60 in cash 150: 60 / 150 of the cost of 4600 is sold for 40 × 60
    assert api.get(f"/api/v1/corporate-actions/{merged}").json()["cost_share"] == "0.6"
    assert held(api, portfolio, "quantity", "cost_basis") == [("BIG", "20", "2760")]
    sold = read(api, portfolio, "disposals")["items"]
    rows = [(row["symbol"], row["transaction"], row["corporate_action"], row["price_gain"]) for row in sold]
    assert sorted(rows) == [("ACME", None, merged, "200"), ("ACME", None, merged, "360")]
    assert read(api, portfolio, "valuation")["cash_value"] == str(10000 - 4600 + 2400)
    period = {"start": "2024-02-29", "end": "2024-03-01"}
    found = read(api, portfolio, "statement", **period)
    # 40 × 80 become 20 × 180 and 2400 in cash: a gain of the day, and no flow
    assert (found["net_flows"], found["closing_value"]) == ("0", str(5400 + 2400 + 20 * 180))
    series = read(api, portfolio, "series", **period)["items"]
    assert [row["value"] for row in series] == ["8600", "11400"]
    assert series[-1]["inflow"] == series[-1]["outflow"] == "0"


def test_a_delisting_keeps_the_units_until_it_pays_out(api, portfolio, acme):
    gone = happens(api, acme, "delisting", amount="0")
    (row,) = read(api, portfolio, "positions")["items"]
    assert (row["quantity"], row["market_value"], row["unrealised"]) == ("40", "0", "-4600")
    assert (row["delisted_on"], row["price_source"]) == ("2024-03-01", "delisting")
    one = f"/api/v1/corporate-actions/{gone}"
    assert api.patch(one, {"amount": "5", "pays_out": True}, format="json").status_code == 200
    assert held(api, portfolio, "quantity") == []
    assert read(api, portfolio, "valuation")["realised"] == str(40 * 5 - 4600)


def test_a_stock_dividend_and_a_reverse_split_spread_the_cost(api, portfolio, acme):
    happens(api, acme, "stock_dividend", numerator="1", denominator="20")
    happens(api, acme, "split", numerator="1", denominator="4", ex_date="2024-03-04", cash_in_lieu="330")
    # 40 × 21/20 = 42, a quarter of which is 10.5: half a unit is sold for 165 out of the first lot
    assert held(api, portfolio, "quantity") == [("ACME", "10")]
    (sold,) = read(api, portfolio, "disposals")["items"]
    assert (sold["quantity"], sold["proceeds"], sold["acquired"]) == ("0.5", "165", "2024-01-02")


def test_a_symbol_change_renames_from_its_day_and_back(api, portfolio, acme):
    changed = happens(api, acme, "symbol_change", new_symbol="newco")
    assert held(api, portfolio, "quantity", "cost_basis") == [("NEWCO", "40", "4600")]
    listed = api.get(f"{ALL}/{acme}/corporate-actions").json()["items"]
    assert [(row["old_symbol"], row["new_symbol"]) for row in listed] == [("ACME", "NEWCO")]
    assert api.delete(f"/api/v1/corporate-actions/{changed}").status_code == 204
    assert held(api, portfolio, "quantity") == [("ACME", "40")]


def test_nobody_touches_what_is_not_theirs(api, stranger_api, portfolio, listed, acme):
    public, theirs = listed("PUBLIC"), made(stranger_api, "THEIRS", {})
    ratio = {"numerator": "1", "denominator": "1"}
    body = {"kind": "merger", "ex_date": "2024-03-01", **ratio}
    mine = f"{ALL}/{acme}/corporate-actions"
    hidden = api.post(mine, {**body, "target": theirs}, format="json")
    assert (hidden.status_code, hidden.json()["errors"][0]["field"]) == (400, "target")
    assert stranger_api.post(mine, {**body, "target": theirs}, format="json").status_code == 404
    of_public = f"{ALL}/{public.uuid}/corporate-actions"
    assert api.post(of_public, {**body, "target": acme}, format="json").status_code == 403
    found = happens(api, acme, "merger", target=str(public.uuid), **ratio)
    one = f"/api/v1/corporate-actions/{found}"
    assert stranger_api.patch(one, {"numerator": "2"}, format="json").status_code == 404
    assert api.patch(one, {"kind": "split"}, format="json").json()["errors"][0]["field"] == "kind"
    assert stranger_api.get(of_public).json()["items"] == []
    assert CorporateAction.objects.get().numerator == 1

"""Odd but legitimate ledgers, as an outside checker sends them; every number is worked out here by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reference.api.program import lines, numbers

D = Decimal


def test_sale_typed_before_its_purchase_of_the_same_day_finds_its_lot(program):
    portfolio, held = program.portfolio(), program.instrument("ACME", closes={"2024-03-01": 11})
    portfolio.batch(
        [
            {"date": "2024-03-01", "kind": "sell", "instrument": held, "quantity": 4, "price": 12},
            {"date": "2024-03-01", "kind": "buy", "instrument": held, "quantity": 10, "price": 10},
        ]
    )
    view = portfolio.position(date="2024-03-01")
    # 10 for 100, 4 of them sold for 48: gain 8; 6 left cost 60 and are worth 66. The day earned 8 + 6.
    assert numbers(view, ["quantity", "cost_basis", "realised", "market_value", "day_change"]) == {
        "quantity": 6,
        "cost_basis": 60,
        "realised": 8,
        "market_value": 66,
        "day_change": 14,
    }


@pytest.mark.parametrize(("first", "second"), [("buy", "sell"), ("sell", "buy")])
def test_order_within_a_day_is_that_of_the_hours(program, first, second):
    portfolio, held = program.portfolio(), program.instrument("ACME")
    row = {"instrument": held, "quantity": 1, "price": 10}
    answer = program.call(
        "POST",
        f"{portfolio.path}/transactions/batch",
        [
            {"time": "2024-03-01T09:00Z", "kind": first, **row},
            {"time": "2024-03-01T10:00Z", "kind": second, **row},
        ],
    )
    if first == "buy":
        assert answer.status == 201
    else:
        assert answer.problem() == (400, "oversold", ["quantity"])


def test_deposit_of_the_first_and_of_the_last_day_is_no_return(program):
    portfolio = program.portfolio()
    portfolio.money("2024-01-01", "deposit", 1000)
    portfolio.money("2024-01-10", "interest", 100)
    portfolio.money("2024-01-31", "deposit", 5000)
    found = portfolio.read("performance", end="2024-01-31")
    assert (found["start"], found["days"]) == ("2023-12-31", 31)
    assert D(found["time_weighted"]) == D("0.1")
    inside = portfolio.read("performance", start="2024-01-01", end="2024-01-31")
    assert (D(inside["time_weighted"]), D(inside["opening_value"])) == (D("0.1"), 1000)
    assert (D(inside["inflows"]), D(inside["closing_value"])) == (5000, 6100)


def test_period_before_the_first_transaction_is_empty_and_says_why(program):
    portfolio = program.portfolio()
    portfolio.money("2024-06-03", "deposit", 1000)
    found = portfolio.read("performance", start="2024-01-01", end="2024-02-01")
    assert [found[name] for name in ("time_weighted", "money_weighted", "simple")] == [None] * 3
    assert found["reasons"]["time_weighted"] == "nothing-held"
    assert found["reasons"]["money_weighted"] == "no-flows"
    empty = lines(portfolio, "2024-01-01", "2024-02-01")
    assert empty == dict.fromkeys(empty, 0) | {"left_out": []}
    assert portfolio.read("valuation", date="2024-02-01")["total"] == "0"


def test_period_that_begins_before_the_first_transaction_earns_what_the_whole_does(program):
    portfolio = program.portfolio()
    portfolio.money("2024-06-03", "deposit", 1000)
    portfolio.money("2024-06-10", "interest", 50)
    early = portfolio.read("performance", start="2020-01-01", end="2024-06-30")
    whole = portfolio.read("performance", end="2024-06-30")
    for name in ("time_weighted", "money_weighted", "simple", "closing_value", "inflows"):
        assert early[name] == whole[name]
    assert D(early["time_weighted"]) == D("0.05")


def test_split_of_the_day_of_a_trade_counts_before_it(program):
    held = program.instrument("ACME", closes={"2024-05-02": 100, "2024-05-10": 52})
    program.split(held, "2024-05-10", 2, 1)
    portfolio = program.portfolio()
    portfolio.trade("2024-05-02", "buy", held, 10, 100)
    portfolio.trade("2024-05-10", "buy", held, 5, 51)
    portfolio.trade("2024-05-10", "sell", held, 4, 53)
    view = portfolio.position(date="2024-05-10")
    # 10 become 20 at 50 each; 5 more for 255; 4 of the old go for 212, having cost 200.
    assert numbers(view, ["quantity", "cost_basis", "realised", "market_value"]) == {
        "quantity": 21,
        "cost_basis": 1055,
        "realised": 12,
        "market_value": 1092,
    }
    # Yesterday 20 × 50; today 21 × 52, 255 paid, 212 got.
    assert D(view["day_change"]) == 1092 - 1000 - 255 + 212
    eve = portfolio.position(date="2024-05-09")
    assert numbers(eve, ["quantity", "market_value"]) == {"quantity": 10, "market_value": 1000}
    rows = {
        row["date"]: D(row["value"]) - D(row["cash"]) for row in portfolio.rows("series", end="2024-05-10")
    }
    assert (rows["2024-05-09"], rows["2024-05-10"]) == (1000, 1092)


def test_split_price_of_before_is_carried_until_the_next(program):
    held = program.instrument("ACME", closes={"2024-05-02": 100})
    program.split(held, "2024-05-10", 3, 2)
    portfolio = program.portfolio(tracks_cash=False)
    portfolio.trade("2024-05-02", "buy", held, 10, 100)
    view = portfolio.position(date="2024-05-10")
    assert numbers(view, ["quantity", "cost_basis"]) == {"quantity": 15, "cost_basis": 1000}
    assert D(view["price"]) == D("66.666666666666666667")
    assert float(view["market_value"]) == pytest.approx(1000, abs=1e-13)
    found = portfolio.read("performance", end="2024-05-10")
    assert float(found["time_weighted"]) == pytest.approx(0, abs=1e-12)


def test_split_without_any_price_carries_the_own_trade_over_it(program):
    held = program.instrument("ACME")
    program.split(held, "2024-05-10", 4, 1)
    portfolio = program.portfolio(tracks_cash=False)
    portfolio.trade("2024-05-02", "buy", held, 10, 100)
    view = portfolio.position(date="2024-05-10")
    assert numbers(view, ["quantity", "price", "market_value", "day_change"]) == {
        "quantity": 40,
        "price": 25,
        "market_value": 1000,
        "day_change": 0,
    }


def test_reverse_split_with_a_remainder_leaves_nothing_behind_when_all_is_sold(program):
    held = program.instrument("ACME", closes={"2024-05-02": 30, "2024-05-10": 90})
    program.split(held, "2024-05-10", 1, 3)
    portfolio = program.portfolio()
    portfolio.trade("2024-05-02", "buy", held, 10, 30)
    view = portfolio.position(date="2024-05-10")
    assert D(view["quantity"]) == D("3.333333333333333333")
    assert (D(view["cost_basis"]), D(view["market_value"])) == (300, D("299.99999999999999997"))
    portfolio.trade("2024-05-13", "sell", held, "3.333333333333333333", 90)
    assert portfolio.rows("positions") == portfolio.rows("lots") == []
    closed = portfolio.position(closed="true")
    assert (D(closed["cost_basis"]), closed["incomplete"]) == (0, False)
    assert D(closed["realised"]) == D("-0.00000000000000003")


def test_dividend_after_the_last_share_was_sold_is_income_of_nothing_held(program):
    held, portfolio = program.instrument("ACME"), program.portfolio()
    portfolio.trade("2024-01-02", "buy", held, 10, 10)
    portfolio.trade("2024-01-10", "sell", held, 10, 12)
    portfolio.trade("2024-02-01", "dividend", held, 10, "0.5", tax="1.25")
    assert portfolio.rows("positions") == []
    view = portfolio.position(closed="true")
    assert numbers(view, ["quantity", "realised", "income", "taxes", "unrealised", "market_value"]) == {
        "quantity": 0,
        "realised": 20,
        "income": 5,
        "taxes": D("1.25"),
        "unrealised": 0,
        "market_value": 0,
    }
    assert (view["average_cost"], view["reasons"]["average_cost"]) == (None, "nothing-held")
    assert lines(portfolio, "2024-01-01", "2024-03-01")["closing_value"] == D("23.75")


def test_dividend_after_the_last_share_where_cash_is_not_tracked_counts_in_the_money_weighted_return(program):
    held, portfolio = program.instrument("ACME"), program.portfolio(tracks_cash=False)
    portfolio.trade("2023-01-02", "buy", held, 10, 10)
    portfolio.trade("2023-06-01", "sell", held, 10, 10)
    portfolio.trade("2024-01-02", "dividend", held, 10, 1)
    found = portfolio.read("performance", end="2024-01-02")
    assert D(found["time_weighted"]) == 0
    # -100 on day 0, +100 on day 150, +10 on day 365: the present value at the rate is nothing.
    rate = float(found["money_weighted"])
    assert -100 + 100 / (1 + rate) ** (150 / 365) + 10 / (1 + rate) == pytest.approx(0, abs=1e-7)


def test_missing_price_is_null_with_its_reason(program):
    portfolio = program.portfolio()
    portfolio.trade("2024-01-02", "transfer_in", program.instrument("ACME"), 10, None)
    view = portfolio.position(date="2024-01-31")
    assert (view["price"], view["market_value"], view["unrealised"]) == (None, None, None)
    assert (view["reasons"]["price"], view["reasons"]["market_value"]) == ("no-price", "no-price")
    found = portfolio.read("valuation", date="2024-01-31")
    assert (found["incomplete"], found["total"]) == (True, "0")


def test_transfer_in_at_unknown_cost_has_a_value_and_no_gain(program):
    held = program.instrument("ACME", closes={"2024-01-02": 50, "2024-01-31": 60})
    portfolio = program.portfolio()
    portfolio.trade("2024-01-02", "transfer_in", held, 10, None)
    view = portfolio.position(date="2024-01-31")
    assert D(view["market_value"]) == 600
    for name in ("cost_basis", "unrealised", "average_cost"):
        assert (view[name], view["reasons"][name]) == (None, "unknown-cost")
    # A period counts it from its market value on the day it came: 500 in, 100 earned.
    found = lines(portfolio, "2024-01-01", "2024-01-31")
    assert (found["net_flows"], found["unrealised"], found["closing_value"]) == (500, 100, 600)
    earned = portfolio.read("performance", end="2024-01-31")
    assert float(earned["time_weighted"]) == pytest.approx(0.2, abs=1e-12)


def test_prices_of_a_private_instrument_are_nobody_elses(join):
    ada, bob = join("ada@example.org"), join("bob@example.org")
    mine = ada.instrument("ACME", closes={"2024-01-02": 10})
    theirs = bob.instrument("ACME", closes={"2024-01-02": 99})
    assert ada.call("GET", f"/api/v1/instruments/{theirs}").problem()[:2] == (404, "not-found")
    portfolio = bob.portfolio()
    answer = portfolio.try_add("2024-01-02", "buy", instrument=mine, quantity="1", price="1")
    assert answer.fields() == ["instrument"]
    portfolio.trade("2024-01-02", "buy", theirs, 1, 1)
    assert portfolio.position(date="2024-01-02")["market_value"] == "99"


def test_deletion_and_restoring_take_a_transaction_out_and_back(program):
    held, portfolio = program.instrument("ACME", closes={"2024-01-02": 10}), program.portfolio()
    portfolio.money("2024-01-01", "deposit", 100)
    bought = portfolio.trade("2024-01-02", "buy", held, 5, 10)
    extra = portfolio.trade("2024-01-03", "buy", held, 2, 10)
    portfolio.trade("2024-01-04", "sell", held, 5, 12)
    one = f"{portfolio.path}/transactions/{{}}".format
    refused = program.call("DELETE", one(bought["id"]))
    assert refused.problem()[:2] == (400, "oversold")
    assert program.call("DELETE", one(extra["id"])).status == 204
    assert program.call("GET", one(extra["id"])).status == 404
    assert portfolio.rows("positions") == []
    assert program.call("DELETE", one(extra["id"])).problem()[:2] == (404, "not-found")
    restored = program.done("POST", one(extra["id"]) + "/restore")
    assert {**restored, "version": 1, "updated_at": ""} == {**extra, "updated_at": ""}
    assert portfolio.position()["quantity"] == "2"
    assert program.call("POST", one(extra["id"]) + "/restore").problem()[:2] == (404, "not-found")
    history = program.get(one(extra["id"]) + "/revisions")
    assert [row["state"]["deleted"] for row in history["items"]] == [True, False]


def test_edit_of_a_version_that_is_old_is_refused_and_changes_nothing(program):
    portfolio = program.portfolio()
    row = portfolio.money("2024-01-02", "deposit", 100)
    path = f"{portfolio.path}/transactions/{row['id']}"
    changed = program.done("PATCH", path, {"amount": "150", "version": row["version"]})
    assert (changed["quantity"], changed["version"]) == ("150", row["version"] + 1)
    stale = program.call("PATCH", path, {"amount": "175", "version": row["version"]})
    assert stale.problem() == (409, "stale-version", [])
    assert portfolio.read("valuation")["total"] == "150"
    (before,) = program.get(path + "/revisions")["items"]
    assert before["state"]["quantity"] == "100"


def test_edit_that_sends_back_what_was_read_changes_only_what_is_different(program):
    held, portfolio = program.instrument("ACME"), program.portfolio(time_zone="America/Los_Angeles")
    row = portfolio.trade("2024-01-02T18:30:00-08:00", "buy", held, 5, 10, fee="1", note="first")
    path = f"{portfolio.path}/transactions/{row['id']}"
    changed = program.done("PATCH", path, {**row, "note": "second"})
    same = {name: changed[name] for name in row if name not in {"note", "version", "updated_at"}}
    assert same == {name: row[name] for name in same}
    answer = program.call("PATCH", path, {**changed, "date": "2024-01-09"})
    assert answer.fields() == ["date"]
    moved = program.done("PATCH", path, {"date": "2024-01-09"})
    assert (moved["date"], moved["time"]) == ("2024-01-09", "2024-01-09T08:00:00Z")


def test_two_instruments_of_one_symbol_are_kept_apart(program):
    first = program.instrument("ACME", "EUR", {"2024-01-02": 10})
    body = {"symbol": "ACME", "name": "Acme Corp", "currency": "USD"}
    assert program.call("POST", "/api/v1/instruments", body).problem()[:2] == (409, "instrument-exists")
    second = program.instrument("ACME.N", "USD", {"2024-01-02": 20})
    program.done("PATCH", f"/api/v1/instruments/{second}", {"symbol": "ACMEN"})
    portfolio = program.portfolio(tracks_cash=False)
    portfolio.trade("2024-01-02", "buy", first, 1, 10)
    portfolio.trade("2024-01-02", "buy", second, 1, 20, fx_rate="0.9")
    found = {row["instrument"]: row for row in portfolio.rows("positions", date="2024-01-02")}
    assert (found[first]["market_value"], found[second]["market_value_quote"]) == ("10", "20")
    assert found[second]["symbol"] == "ACMEN"


def test_instrument_in_use_cannot_be_deleted_and_its_deleted_bars_leave_the_trade_price(program):
    held, portfolio = program.instrument("ACME", closes={"2024-01-02": 12}), program.portfolio()
    portfolio.trade("2024-01-02", "buy", held, 1, 10)
    assert portfolio.position(date="2024-01-03")["market_value"] == "12"
    assert program.call("DELETE", f"/api/v1/instruments/{held}").problem()[0] == 409
    gone = program.done("DELETE", f"/api/v1/instruments/{held}/bars", start="02-01-2024", end="02-01-2024")
    assert gone == {"deleted": 1}
    view = portfolio.position(date="2024-01-03")
    assert (view["market_value"], view["price_source"], view["price_as_of"]) == ("10", "trade", "2024-01-02")


def test_correction_of_a_price_a_rate_or_a_split_is_seen_at_the_next_read(program):
    held = program.instrument("ACME", "USD", {"2024-01-02": 10})
    program.rates("USD", "EUR", {"2024-01-02": "0.5"})
    portfolio = program.portfolio()
    portfolio.trade("2024-01-02", "transfer_in", held, 10, 10)

    def total():
        return portfolio.read("valuation", date="2024-01-10")["total"]

    assert total() == "50"
    program.closes(held, {"2024-01-02": 12})
    assert total() == "60"
    program.rates("USD", "EUR", {"2024-01-02": "0.6"})
    assert total() == "72"
    program.split(held, "2024-01-05", 2, 1)
    assert total() == "72"
    (split,) = program.get(f"/api/v1/instruments/{held}/corporate-actions")["items"]
    program.closes(held, {"2024-01-08": 12})
    assert total() == "144"
    program.done("DELETE", f"/api/v1/corporate-actions/{split['id']}")
    assert total() == "72"
    program.done("PATCH", f"/api/v1/instruments/{held}", {"quote_unit": "0.01"})
    assert total() == "0.72"


def test_worthless_sale_and_free_units_are_entries_like_others(program):
    held, portfolio = program.instrument("ACME"), program.portfolio()
    portfolio.trade("2024-01-02", "buy", held, 10, 10)
    portfolio.trade("2024-01-03", "transfer_in", held, 5, 0)
    assert portfolio.position()["cost_basis"] == "100"
    portfolio.trade("2024-02-01", "sell", held, 15, 0)
    assert [D(row["price_gain"]) for row in portfolio.rows("disposals")] == [-100, 0]
    assert portfolio.read("valuation")["realised"] == "-100"


def test_shares_sold_without_their_money_leave_at_market_value(program):
    held = program.instrument("ACME", closes={"2024-01-02": 10, "2024-02-01": 15})
    portfolio = program.portfolio()
    portfolio.money("2024-01-01", "deposit", 100)
    portfolio.trade("2024-01-02", "buy", held, 10, 10)
    portfolio.trade("2024-02-01", "transfer_out", held, 4, None)
    view = portfolio.position(date="2024-02-01")
    assert numbers(view, ["quantity", "cost_basis", "realised"]) == {
        "quantity": 6,
        "cost_basis": 60,
        "realised": 0,
    }
    # The period realises what left: 4 × 5; it went out as 60.
    found = lines(portfolio, "2024-01-31", "2024-02-01")
    assert (found["realised"], found["unrealised"], found["net_flows"]) == (20, 30, -60)
    earned = portfolio.read("performance", start="2024-01-31", end="2024-02-01")
    assert float(earned["time_weighted"]) == pytest.approx(0.5, abs=1e-12)

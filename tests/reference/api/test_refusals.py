"""Input that is wrong is refused as a problem document that names the field, and nothing is stored."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reference.api.program import Program

D = Decimal
DAY = "2024-01-02"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("1.5", "1.5"),
        (1.5, "1.5"),
        (b"0.1", "0.1"),
        (b"1e-12", "0.000000000001"),
        ("1e-12", "0.000000000001"),
        ("0.123456789012345678", "0.123456789012345678"),
        (b"0.123456789012345678", "0.123456789012345678"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        (b"99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        (12345678901234567890, "12345678901234567890"),
        (" 5 ", "5"),
        ("1.500000000000000000000", "1.5"),
        ("1E+3", "1000"),
    ],
)
def test_number_is_kept_digit_by_digit_as_text_or_as_json(program, sent, kept):
    portfolio = program.portfolio()
    head = b'{"kind": "deposit", "date": "2024-01-02", "amount": '
    body = head + sent + b"}" if isinstance(sent, bytes) else {"kind": "deposit", "date": DAY, "amount": sent}
    row = program.done("POST", f"{portfolio.path}/transactions", body)
    assert row["quantity"] == kept
    assert program.get(f"{portfolio.path}/transactions/{row['id']}")["quantity"] == kept
    assert portfolio.read("valuation", date=DAY)["total"] == kept


def test_product_of_a_tiny_price_and_a_huge_quantity_is_exact(program):
    held = program.instrument("SHIB", closes={DAY: "0.000000000001"})
    portfolio = program.portfolio()
    row = portfolio.trade(DAY, "buy", held, "123456789012345678.5", "0.000000000000000003")
    assert (row["quantity"], row["price"]) == ("123456789012345678.5", "0.000000000000000003")
    view = portfolio.position(date=DAY)
    assert view["market_value"] == "123456.7890123456785"
    assert view["average_cost"] == "0.000000000000000003"
    # 0.3703703670370370355, to the 18 decimals that an answer has
    assert D(view["cost_basis"]) == round(D("123456789012345678.5") * 3 / D(10) ** 18, 18)


@pytest.mark.parametrize(
    "amount",
    [
        "NaN",
        "Infinity",
        "1,5",
        "1_000",
        "0x10",
        "٣",
        "",
        "abc",
        None,
        True,
        [],
        {},
        "1e20",
        "1e-19",
        "1e999999",
    ],
)
def test_number_that_is_none_or_does_not_fit_is_refused_by_name(program, amount):
    portfolio = program.portfolio()
    assert portfolio.try_add(DAY, "deposit", amount=amount).fields() == ["amount"]
    assert portfolio.rows("transactions") == []


def test_value_that_is_given_twice_is_refused_and_neither_is_taken(program):
    portfolio = program.portfolio()
    body = b'{"kind": "deposit", "date": "2024-01-02", "amount": 1, "amount": 2}'
    answer = program.call("POST", f"{portfolio.path}/transactions", body)
    assert answer.problem()[:2] == (400, "malformed")
    assert '"amount" stands twice' in answer.json["detail"]
    assert portfolio.rows("transactions") == []


@pytest.mark.parametrize("raw", [b"NaN", b"Infinity", b"1e999999", b"01", b"1e", b"-"])
def test_number_that_is_not_json_is_refused(program, raw):
    portfolio = program.portfolio()
    body = b'{"kind": "deposit", "date": "2024-01-02", "amount": ' + raw + b"}"
    status, kind, _fields = program.call("POST", f"{portfolio.path}/transactions", body).problem()
    assert (status, kind) == (400, "malformed")


TRADE = {"quantity": "1", "price": "10"}


@pytest.mark.parametrize(
    ("kind", "fields", "named"),
    [
        ("buy", {"qty": "1", "price": "10"}, {"qty"}),
        ("buy", {**TRADE, "Price": "10"}, {"Price"}),
        ("buy", {**TRADE, "fees": "1"}, {"fees"}),
        ("buy", {"amount": "100"}, {"amount"}),
        ("sell", {"amount": "100", "quantity": "1"}, {"amount"}),
        ("buy", {"quantity": "0", "price": "10"}, {"quantity"}),
        ("buy", {"quantity": "-1", "price": "10"}, {"quantity"}),
        ("buy", {"quantity": "1", "price": "0"}, {"price"}),
        ("buy", {"quantity": "1", "price": "-10"}, {"price"}),
        ("buy", {"quantity": "1"}, {"price"}),
        ("buy", {"price": "1"}, {"quantity"}),
        ("buy", {**TRADE, "fee": "-1"}, {"fee"}),
        ("buy", {**TRADE, "tax": "-1", "fx_rate": "0", "currency": "USD"}, {"tax", "fx_rate"}),
        ("buy", {**TRADE, "currency": "Euro!"}, {"currency"}),
        ("buy", {**TRADE, "fee_currency": "€"}, {"fee_currency"}),
        ("buy", {**TRADE, "instrument": None}, {"instrument"}),
        ("buy", {**TRADE, "instrument": "ACME"}, {"instrument"}),
        ("buy", {**TRADE, "instrument": "00000000-0000-7000-8000-000000000000"}, {"instrument"}),
        ("bought", TRADE, {"kind"}),
        ("deposit", {"amount": "10"}, {"instrument"}),
        ("fee", {"amount": "0"}, {"amount"}),
        ("fee", {"quantity": "0"}, {"quantity"}),
        ("dividend", {"amount": "-1"}, {"amount"}),
        ("interest", {"quantity": "5", "price": "2"}, {"price"}),
        ("buy", {**TRADE, "group": "x", "note": "n" * 401}, {"group", "note"}),
    ],
)
def test_transaction_that_is_wrong_is_refused_by_name(program, kind, fields, named):
    portfolio, held = program.portfolio(), program.instrument("ACME")
    answer = portfolio.try_add(DAY, kind, **{"instrument": held, **fields})
    assert set(answer.fields()) == named
    assert portfolio.rows("transactions") == []


@pytest.mark.parametrize(
    ("when", "named"),
    [
        ({}, ["time"]),
        ({"date": "02-01-2024"}, ["date"]),
        ({"date": "2024-02-30"}, ["date"]),
        ({"date": "2999-01-01"}, ["date"]),
        ({"time": "2999-01-01T00:00:00Z"}, ["time"]),
        ({"date": "1699-12-31"}, ["date"]),
        ({"time": "yesterday"}, ["time"]),
        ({"date": "2024-01-02", "time": "2024-01-03T12:00:00Z"}, ["date"]),
    ],
)
def test_transaction_without_one_clear_day_is_refused_by_name(program, when, named):
    portfolio = program.portfolio()
    body = {"kind": "deposit", "amount": "1", **when}
    assert program.call("POST", f"{portfolio.path}/transactions", body).fields() == named


def test_typo_is_told_with_the_name_that_was_meant(program):
    portfolio = program.portfolio()
    answer = portfolio.try_add(DAY, "deposit", amonut="1")
    (found,) = answer.json["errors"]
    assert (found["field"], found["code"]) == ("amonut", "unknown-field")
    assert "amount" in found["message"]


def test_wrong_choice_is_told_the_right_ones(program):
    answer = program.portfolio().try_add(DAY, "BUY", quantity="1", price="1")
    (found,) = answer.json["errors"]
    assert (found["field"], found["code"]) == ("kind", "invalid_choice")
    kinds = "buy, sell, deposit, withdrawal, dividend, interest, fee, tax, transfer_in, transfer_out"
    assert found["message"] == f"“BUY” is none of: {kinds}."


def test_batch_names_the_row_and_stores_nothing(program):
    portfolio = program.portfolio()
    rows = [{"date": DAY, "kind": "deposit", "amount": "1"} for _ in range(4)]
    rows[2]["amount"] = "-1"
    rows[3]["memo"] = "x"
    path = f"{portfolio.path}/transactions/batch"
    assert program.call("POST", path, rows).fields() == ["[3].memo"]
    del rows[3]["memo"]
    assert program.call("POST", path, rows).fields() == ["[2].amount"]
    assert program.call("POST", path, []).fields() == [""]
    assert program.call("POST", path, {"kind": "deposit"}).fields() == [""]
    assert portfolio.rows("transactions") == []


BODIES = {
    "portfolios": {"name": "Case", "currency": "EUR"},
    "instruments": {"symbol": "A", "name": "A", "currency": "EUR"},
    "rates": {"base": "EUR", "quote": "USD", "date": DAY, "rate": "1.1"},
}


@pytest.mark.parametrize(
    ("path", "changes", "named"),
    [
        ("portfolios", {"base_currency": "EUR"}, {"base_currency"}),
        ("portfolios", {"time_zone": "Mars/Base"}, {"time_zone"}),
        ("portfolios", {"tracks_cash": "perhaps"}, {"tracks_cash"}),
        ("portfolios", {"cost_method": "best"}, {"cost_method"}),
        ("portfolios", {"name": " ", "currency": "E"}, {"name", "currency"}),
        ("instruments", {"ticker": "A"}, {"ticker"}),
        ("instruments", {"isin": "X"}, {"isin"}),
        ("instruments", {"quote_unit": 0}, {"quote_unit"}),
        ("instruments", {"currency": "GBX", "quote_unit": 2}, {"quote_unit"}),
        ("instruments", {"exchange": "NOPE"}, {"exchange"}),
        ("rates", {"quote": "EUR"}, {"[0].quote"}),
        ("rates", {"rate": 0}, {"[0].rate"}),
        ("rates", {"from": "EUR"}, {"[0].from"}),
        ("rates", {"date": "2999-01-01"}, {"[0].date"}),
    ],
)
def test_body_that_is_wrong_is_refused_by_name(program, path, changes, named):
    body = {**BODIES[path], **changes}
    answer = program.call("POST", f"/api/v1/{path}", [body] if path == "rates" else body)
    assert set(answer.fields()) == named


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([{"date": DAY, "price": "1"}], {"[0].close", "[0].price"}),
        ([{"date": DAY, "close": "0"}], {"[0].close"}),
        ([{"date": DAY, "close": "5", "high": "4"}], {"[0].close"}),
        ([{"date": DAY, "close": "5", "high": "4", "low": "6"}], {"[0].high"}),
        ([{"date": DAY, "close": "5"}, {"date": DAY, "close": "6"}], {"[1].date"}),
        ([{"date": "2999-01-01", "close": "5"}], {"[0].date"}),
        ([{"date": DAY, "close": "5", "volume": "-1"}], {"[0].volume"}),
    ],
)
def test_bar_that_is_wrong_is_refused_by_name_and_none_is_stored(program, rows, named):
    path = f"/api/v1/instruments/{program.instrument('ACME')}/bars"
    rows = [{"date": "2023-12-29", "close": "1"}, *rows]
    shifted = {name.replace("[1]", "[2]").replace("[0]", "[1]") for name in named}
    assert set(program.call("PUT", path, rows).fields()) == shifted
    assert program.get(path)["total"] == 0


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"numerator": "2"}, {"denominator"}),
        ({"numerator": "0", "denominator": "1"}, {"numerator"}),
        ({"numerator": "1", "denominator": "1"}, {"numerator"}),
        ({"ratio": "2:1"}, {"ratio"}),
        ({"numerator": "2", "denominator": "1", "ex_date": "soon"}, {"ex_date"}),
    ],
)
def test_split_that_is_wrong_is_refused_by_name(program, body, named):
    path = f"/api/v1/instruments/{program.instrument('ACME')}/corporate-actions"
    body = {"kind": "split", "ex_date": DAY, **body}
    assert set(program.call("POST", path, body).fields()) == named


@pytest.mark.parametrize(
    ("what", "query", "named"),
    [
        ("performance", {"start": "2024-02-01", "end": "2024-01-01"}, "start"),
        ("positions", {"closed": "maybe"}, "closed"),
        ("positions", {"limit": "-1"}, "limit"),
        ("lots", {"skip": "many"}, "skip"),
        ("allocation", {"by": "colour"}, "by"),
        ("transactions", {"kind": "bought"}, "kind"),
        ("transactions", {"instrument": "ACME"}, "instrument"),
        ("transactions", {"start": "now"}, "start"),
    ],
)
def test_query_that_is_wrong_is_refused_by_name(program, what, query, named):
    path = f"{program.portfolio().path}/{what}"
    assert program.call("GET", path, **query).fields() == [named]


def test_deletion_of_rates_needs_both_currencies_and_takes_own_ones_only(program):
    program.rates("USD", "EUR", {"2024-01-02": 1, "2024-01-03": 2, "2024-01-04": 3})
    for missing in ("base", "quote"):
        query = {"base": "USD", "quote": "EUR"}
        del query[missing]
        assert program.call("DELETE", "/api/v1/rates", **query).fields() == [missing]
    gone = program.done("DELETE", "/api/v1/rates", base="usd", quote="eur", start="03-01-2024")
    assert gone == {"deleted": 2}
    assert [row["date"] for row in program.get("/api/v1/rates", base="USD")["items"]] == ["2024-01-02"]


def test_refusals_without_a_field_are_problem_documents_too(program):
    path = program.portfolio().path
    assert program.call("GET", "/api/v1/portfolios/00000000-0000-7000-8000-000000000000").problem()[0] == 404
    assert program.call("GET", "/api/v1/nowhere").problem()[0] == 404
    refused = program.call("PUT", path, {})
    assert refused.problem()[:2] == (405, "method-not-allowed")
    assert "{" not in refused.json["title"] + refused.json["detail"]
    assert program.call("POST", f"{path}/transactions", b"{").problem()[:2] == (400, "malformed")
    assert program.call("POST", f"{path}/transactions", b'"text"').problem()[:2] == (400, "validation-failed")
    for token in ("", "nonsense"):
        assert Program(program.send, token).call("GET", path).problem()[:2] == (401, "not-authenticated")


def test_published_contract_stays_lenient_with_what_older_clients_add(program):
    held = program.instrument("ACME", closes={DAY: 12})
    order = {"tick_id": held, "purchase_price": 10.5, "purchase_qty": 2, "comment": "from the old app"}
    (made,) = program.done("POST", "/api/v1/place-order", [order])
    assert (made["tick_id"], made["purchase_price"], made["purchase_qty"]) == (held, D("10.5"), 2)
    found = program.get("/api/v1/portfolio-position")
    (position,) = found["positions"]
    shown = (position["symbol"], position["quantity"], position["average_price"], position["current_price"])
    assert shown == ("ACME", 2, D("10.5"), 12)
    assert (position["pnl"], found["total_pnl"]) == (3, 3)
    answer = program.call("POST", "/api/v1/place-order", [order, {**order, "purchase_price": 0}])
    assert answer.fields() == ["[1].purchase_price"]
    assert program.get("/api/v1/orders/purchased")["total"] == 1


BY_DAY = ("valuation", "positions", "lots", "allocation", "cost-methods")
BY_PERIOD = ("performance", "statement", "series", "disposals", "income", "income/payments", "risk",
             "rolling-risk", "benchmark-comparison")  # fmt: skip


def test_days_before_and_after_all_time_are_answered_like_the_first_and_the_last(program):
    portfolio = program.portfolio()
    portfolio.money(DAY, "deposit", 5)
    for what in (*(f"{portfolio.path}/{one}" for one in BY_DAY), "/api/v1/allocation"):
        found = [program.call("GET", what, date=day) for day in ("0001-01-01", "1700-01-01", "9999-12-31")]
        assert [one.status for one in found] == [200] * 3, what
        assert found[0].json == found[1].json, what
    reports = [f"/api/v1/{one}" for one in ("performance", "statement", "series", "explain")]
    for what in (*(f"{portfolio.path}/{one}" for one in BY_PERIOD), *reports):
        for query in ({"start": "0001-01-01"}, {"end": "0001-01-01"}, {"end": "9999-12-31"}):
            assert program.call("GET", what, **query).status == 200, (what, query)
    assert portfolio.read("valuation", date="0001-01-01")["total"] == "0"
    assert portfolio.read("performance", start="0001-01-01")["start"] == "2024-01-01"

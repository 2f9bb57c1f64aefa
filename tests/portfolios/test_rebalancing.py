"""Targets, lot sizes and the plan over the REST API, against numbers worked out by hand."""

from __future__ import annotations

import pytest
import time_machine

from core.actor import Actor
from core.errors import ValidationFailed
from core.models import AuditEvent
from portfolios.models import AllocationTarget, PortfolioMember
from portfolios.services import targets as services
from portfolios.services.erasure import erase_portfolios_of
from tests.portfolios.test_analysis_api import add, get

MIX = [("stock", "0.5"), ("etf", "0.4"), ("(cash)", "0.1")]


@pytest.fixture(autouse=True)
def january():
    with time_machine.travel("2024-01-31T12:00:00+00:00", tick=False):
        yield


@pytest.fixture
def mixed(api, portfolio, listed, rated):
    """60 ACME at 100 EUR (bought at 70 and at 90), 50 FUND at 75 USD of 0.80 EUR each, cash 1,000 EUR."""
    rated("USD", {"2024-01-02": "0.80"})
    acme = listed("ACME", "EUR", {"2024-01-02": "70", "2024-01-31": "100"}, kind="stock", country="DE")
    fund = listed("FUND", "USD", {"2024-01-02": "75"}, kind="etf", country="US")
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="8900")
    for day, price in (("2024-01-02", "70"), ("2024-01-03", "90")):
        add(api, portfolio, kind="buy", date=day, instrument=str(acme.uuid), quantity="30", price=price)
    add(api, portfolio, kind="buy", date="2024-01-02", instrument=str(fund.uuid), quantity="50", price="75",
        fx_rate="0.80")  # fmt: skip
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="3750", currency="USD")
    add(api, portfolio, kind="withdrawal", date="2024-01-03", amount="3100")
    return {"acme": acme, "fund": fund}


def put(api, portfolio, what, body, status=200):
    answer = api.put(f"/api/v1/portfolios/{portfolio.pk}/{what}", body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def aim(api, portfolio, rows, by="class", status=200):
    body = {"by": by, "targets": [{"key": key, "weight": weight} for key, weight in rows]}
    return put(api, portfolio, "targets", body, status)


def orders(found):
    return [
        (one["side"], one["symbol"], one["quantity"], one["amount"], one["gain"]) for one in found["orders"]
    ]


def test_without_targets_there_is_no_plan(api, portfolio, mixed):
    found = get(api, portfolio, "rebalancing")
    shown = [(one["key"], one["value"], one["weight"], one["target"]) for one in found["groups"]]
    assert shown == [
        ("stock", "6000", "0.6", None),
        ("etf", "3000", "0.3", None),
        ("(cash)", "1000", "0.1", None),
    ]
    assert (found["orders"], found["cash_after"]) == ([], None)
    assert found["reasons"] == {"gain": "nothing-sold", "tax": "nothing-sold"}


def test_sales_pay_for_purchases_and_tell_their_gain_and_tax(api, portfolio, mixed):
    aim(api, portfolio, MIX)
    found = get(api, portfolio, "rebalancing", tax_rate="0.25")
    # 10,000 in all: 1,000 too much of stocks, 1,000 too little of ETFs at 60 EUR each: 16 are 960
    assert orders(found) == [("sell", "ACME", "10", "1000", "300"), ("buy", "FUND", "16", "960", None)]
    assert (found["proceeds"], found["spent"], found["cash_after"]) == ("1000", "960", "1040")
    assert (found["gain"], found["tax"]) == ("300", "75")  # FIFO: bought at 70
    assert [one["weight_after"] for one in found["groups"]] == ["0.5", "0.396", "0.104"]
    assert sum(float(one["drift"]) for one in found["groups"]) == 0


def test_gain_is_by_the_portfolios_lot_method(api, portfolio, mixed):
    aim(api, portfolio, MIX)
    for method, gain in (("lifo", "100"), ("average", "200")):
        api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"cost_method": method}, format="json")
        assert get(api, portfolio, "rebalancing")["gain"] == gain
    assert get(api, portfolio, "rebalancing")["reasons"] == {"tax": "no-tax-rate"}


def test_new_money_only_buys_and_leaves_the_cash(api, portfolio, mixed):
    aim(api, portfolio, MIX)
    found = get(api, portfolio, "rebalancing", funding="new-money", new_money="900")
    # 10,900: ETFs lack 1,360, cash 90; all 900 go to ETFs
    assert orders(found) == [("buy", "FUND", "15", "900", None)]
    assert (found["cash"], found["cash_after"], found["gain"]) == ("1000", "1000", None)


def test_lot_size_of_its_own(api, portfolio, mixed):
    aim(api, portfolio, MIX)
    fund = str(mixed["fund"].uuid)
    put(api, portfolio, "lot-sizes", {"instrument": fund, "size": "10"})
    assert get(api, portfolio, "lot-sizes")["items"] == [{"instrument": fund, "size": "10"}]
    assert orders(get(api, portfolio, "rebalancing"))[1] == ("buy", "FUND", "10", "600", None)
    put(api, portfolio, "lot-sizes", {"instrument": fund, "size": None})
    assert get(api, portfolio, "lot-sizes")["items"] == []


def test_group_that_is_not_held_needs_something_to_buy(api, portfolio, mixed, listed, rated):
    rated("CHF", {"2024-01-02": "1.10"})
    new = listed("NEWS", "CHF", {"2024-01-30": "10"}, country="CH")
    rows = [{"key": "DE", "weight": "0.5"}, {"key": "US", "weight": "0.3"}, {"key": "CH", "weight": "0.2"}]
    put(api, portfolio, "targets", {"by": "country", "targets": rows})
    found = get(api, portfolio, "rebalancing", by="country")
    assert (found["unplaced"], found["spent"]) == (["CH"], "0")
    rows[2]["instrument"] = str(new.uuid)
    put(api, portfolio, "targets", {"by": "country", "targets": rows})
    found = get(api, portfolio, "rebalancing", by="country")
    # 2,000 EUR at 11 each, of 1,000 that the sale brings and 1,000 of cash
    assert orders(found)[1] == ("buy", "NEWS", "181", "1991", None)
    assert (found["unplaced"], found["cash_after"]) == ([], "9")


def test_what_has_no_price_is_left_out_and_named(api, portfolio, mixed, listed):
    none = listed("NONE", "JPY", kind="stock")
    add(
        api,
        portfolio,
        kind="transfer_in",
        date="2024-01-10",
        instrument=str(none.uuid),
        quantity="5",
        price="1",
    )
    aim(api, portfolio, MIX)
    found = get(api, portfolio, "rebalancing")
    assert found["unpriced"] == [str(none.uuid)]
    assert found["groups"][0]["value"] == "6000"


def test_targets_are_replaced_taken_away_and_audited(api, portfolio, mixed):
    aim(api, portfolio, MIX)
    aim(api, portfolio, [("stock", "1")])
    aim(api, portfolio, [("DE", "0.3"), ("(none)", "0.7")], by="country")
    found = get(api, portfolio, "targets")["items"]
    assert [(one["by"], [row["key"] for row in one["targets"]]) for one in found] == [
        ("class", ["stock"]), ("country", ["(none)", "DE"]),
    ]  # fmt: skip
    aim(api, portfolio, [])
    assert set(AllocationTarget.objects.values_list("grouping", flat=True)) == {"country"}
    taken = AuditEvent.objects.get(verb="portfolio.targets_set", after={"class": {}})
    assert taken.before == {"class": {"stock": "1"}}


@pytest.mark.parametrize(
    ("by", "rows", "code"),
    [
        ("class", [("stock", "0.5"), ("etf", "0.49")], "sum"),
        ("class", [("stock", "0.5"), ("stock", "0.5")], "twice"),
        ("class", [("stock", "1.5")], "range"),
        ("class", [("shares", "1")], "key"),
        ("currency", [("(none)", "1")], "key"),
        ("country", [("Germany", "1")], "key"),
        ("instrument", [("8d6b5c3a-5a0e-4a57-9a5e-0d3a8f1f0c11", "1")], "unknown"),
    ],
)
def test_wrong_targets_are_refused(api, portfolio, by, rows, code):
    assert [one["code"] for one in aim(api, portfolio, rows, by, 400)["errors"]] == [code]
    assert not AllocationTarget.objects.exists()


def test_instrument_of_another_group_or_person_is_refused(portfolio, investor, stranger, listed):
    other, theirs = listed("FUND", kind="etf"), listed("MINE", owner=stranger)
    for one, code in ((other, "group"), (theirs, "unknown")):
        row = services.TargetInput(key="stock", weight=1, instrument=one)
        with pytest.raises(ValidationFailed) as refused:
            services.set_targets(
                actor=Actor.user(investor), portfolio_id=portfolio.pk, grouping="class", targets=[row]
            )
        assert refused.value.errors[0].code == code


@pytest.mark.parametrize(
    "wrong", [{"by": "colour"}, {"funding": "debt"}, {"new_money": "-1"}, {"tax_rate": "x"}]
)
def test_wrong_question_names_the_parameter(api, portfolio, wrong):
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/rebalancing", wrong)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, list(wrong))


def tag(api, instrument, *names):
    answer = api.put(f"/api/v1/instruments/{instrument.uuid}/tags", {"tags": list(names)}, format="json")
    assert answer.status_code == 200


def test_allocation_by_tag_counts_each_unit_once(api, portfolio, mixed, stranger_api):
    tag(api, mixed["acme"], "Growth", "core")
    alone = get(api, portfolio, "allocation", by="tag")["items"]
    assert [(one["key"], one["value"], one["share"]) for one in alone] == [
        ("core, Growth", "6000", "0.6"), ("No tag", "3000", "0.3"), ("Cash", "1000", "0.1"),
    ]  # fmt: skip
    tag(api, mixed["fund"], "Core")
    both = get(api, portfolio, "allocation", by="tag")["items"]
    assert [(one["key"], one["share"]) for one in both] == [
        ("core, Growth", "0.6"), ("core", "0.3"), ("Cash", "0.1"),
    ]  # fmt: skip
    assert api.get("/api/v1/allocation", {"by": "tag", "date": "2024-01-31"}).json()["items"] == both


def test_targets_by_tag_plan_like_any_other(api, portfolio, mixed):
    tag(api, mixed["acme"], "Growth", "core")
    tag(api, mixed["fund"], "core")
    aim(api, portfolio, [("growth,CORE", "0.5"), ("core", "0.4"), ("(cash)", "0.1")], by="tag")
    found = get(api, portfolio, "rebalancing", by="tag")
    assert [(one["key"], one["weight"], one["target"]) for one in found["groups"]] == [
        ("core, Growth", "0.6", "0.5"), ("core", "0.3", "0.4"), ("(cash)", "0.1", "0.1"),
    ]  # fmt: skip
    assert orders(found) == [("sell", "ACME", "10", "1000", "300"), ("buy", "FUND", "16", "960", None)]
    refused = aim(api, portfolio, [("core", "0.5"), ("nobody", "0.5")], by="tag", status=400)
    assert refused["errors"][0]["code"] == "key"


def test_targets_by_tag_are_nobody_elses(api, portfolio, mixed, stranger, stranger_api):
    PortfolioMember.objects.create(portfolio=portfolio, user=stranger, role="editor")
    tag(api, mixed["acme"], "secret")
    tag(stranger_api, mixed["fund"], "mine")
    aim(api, portfolio, [("secret", "1")], by="tag")
    aim(stranger_api, portfolio, [("mine", "0.5"), ("(none)", "0.5")], by="tag")
    for who, keys in ((api, ["secret"]), (stranger_api, ["(none)", "mine"])):
        (item,) = get(who, portfolio, "targets")["items"]
        assert [row["key"] for row in item["targets"]] == keys
    theirs = get(stranger_api, portfolio, "rebalancing", by="tag")
    assert {one["key"] for one in theirs["groups"]} == {"mine", "(none)", "(cash)"}
    told = AuditEvent.objects.filter(verb="portfolio.targets_set").values_list("after__tag", flat=True)
    assert sorted(told) == [1, 2]
    erase_portfolios_of(user_id=stranger.pk)
    assert list(AllocationTarget.objects.values_list("key", flat=True)) == ["secret"]

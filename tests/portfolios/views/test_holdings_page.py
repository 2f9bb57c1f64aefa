"""Holdings with their lots, as a page and over the API."""

from __future__ import annotations

from decimal import Decimal

from tests.portfolios.views.conftest import words


def test_page_teaches_while_nothing_is_held(member, portfolio, january):
    answer = member.get(f"/portfolios/{portfolio.pk}/holdings/")
    assert "Add your first purchase." in words(answer)


def test_page_shows_each_lot_with_its_age_and_the_lots_add_up_to_the_position(member, portfolio, acme, enter):
    enter(portfolio, "buy", "2023-01-05", 3, 40, instrument=acme, fx_rate=Decimal("0.333333"))
    answer = member.get(f"/portfolios/{portfolio.pk}/holdings/")
    ((row, lots),) = answer.context["rows"]
    # 13 × 60 × 0.95 = 741, of which 3 × 57 = 171; the old lot cost 120 × 0.333333 = 39.99996.
    assert [(str(one.view.lot.acquired), one.view.days, one.view.term) for one in lots] == [
        ("2023-01-05", 391, "long"),
        ("2024-01-02", 29, "short"),
    ]
    assert [(str(one.cost), str(one.value), str(one.gain)) for one in lots] == [
        ("40.00", "171.00", "131.00"),
        ("450.00", "570.00", "120.00"),
    ]
    assert (sum(one.cost for one in lots), sum(one.value for one in lots)) == (row.cost, row.value)
    assert "Long is more than a year." in words(answer)


def test_lots_over_the_api_tell_value_gain_and_holding_period(api, portfolio, acme):
    path = f"/api/v1/portfolios/{portfolio.pk}"
    (lot,) = api.get(f"{path}/lots").json()["items"]
    assert (lot["market_value"], lot["unrealised"], lot["days_held"], lot["term"]) == (
        "570",
        "120",
        29,
        "short",
    )
    api.patch(path, {"cost_method": "average"}, format="json")
    (pooled,) = api.get(f"{path}/lots").json()["items"]
    assert (pooled["unrealised"], pooled["days_held"], pooled["term"]) == ("120", None, None)

"""The page of rebalancing: what it shows without and with targets, and what its forms save."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from portfolios.models import AllocationTarget, LotSize
from tests.portfolios.views.conftest import words


@pytest.fixture
def page(portfolio):
    return reverse("portfolio-rebalancing", args=[portfolio.pk])


def save(client, portfolio, **values):
    return client.post(reverse("rebalancing-targets", args=[portfolio.pk]), {"by": "class", **values})


def test_empty_portfolio_teaches(member, page):
    text = words(member.get(page))
    assert "Once something is held, say here what share each group is to have" in text
    assert "Plan" not in text.split("Rebalancing")[-1]


def test_without_targets_the_form_starts_from_today(member, page, acme):
    answer = member.get(page)
    # shares 570, cash 1,379.05 of 1,949.05
    assert "Cash 1,379.05 EUR 70.75%" in words(answer)
    form = answer.context["targets_form"]
    assert [(row.label, field.value()) for row, field, _ in form.rows()] == [
        ("Cash", "70.75"), ("Stock", "29.25"),
    ]  # fmt: skip
    assert answer.context["targets_open"]


def test_targets_are_saved_and_planned_for(member, page, portfolio, acme):
    done = save(member, portfolio, **{"weight-0": "20", "weight-1": "80,0"})
    assert done["Location"] == f"{page}?by=class"
    assert dict(AllocationTarget.objects.values_list("key", "weight")) == {
        "(cash)": Decimal("0.2"), "stock": Decimal("0.8"),
    }  # fmt: skip
    text = words(member.get(page, {"funding": "cash"}))
    # 0.8 × 1,949.05 − 570 = 989.24 are 17.36 shares at 57 EUR
    assert "ACME Stock Buy 17 60.00 USD 969.00 EUR" in text
    assert "Stock 570.00 EUR 29.25% 80.00% −50.75% 78.96%" in text
    assert "Nothing is sold." in text


def test_wrong_targets_stay_in_the_form(member, page, portfolio, acme):
    answer = save(member, portfolio, **{"weight-0": "20", "weight-1": "70", "new-weight-0": "5"})
    assert answer.status_code == 400
    assert "Choose what to buy." in words(answer)
    answer = save(member, portfolio, **{"weight-0": "20", "weight-1": "70"})
    assert "The targets must add up to 100 %; they add up to 90 %." in words(answer)
    assert answer.context["targets_form"]["weight-1"].value() == "70"
    assert not AllocationTarget.objects.exists()


def test_group_that_is_not_held_is_added_by_what_to_buy(member, page, portfolio, acme, listed):
    listed("BNDS", "EUR", {"2024-01-30": "50"}, kind="fund")
    save(member, portfolio, **{"weight-0": "", "weight-1": "50", "new-0": "BNDS", "new-weight-0": "50"})
    text = words(member.get(page))
    assert "BNDS Fund Buy 19.49 50.00 EUR 974.50 EUR" in text  # 974.525, in steps of 0.001: 19.49


def test_lot_sizes_are_saved_and_taken_back(member, portfolio, acme):
    save(member, portfolio, **{"weight-0": "20", "weight-1": "80"})
    lots = reverse("rebalancing-lots", args=[portfolio.pk])
    member.post(lots, {"by": "class", f"lot-{acme.pk}": "5"})
    assert LotSize.objects.get().size == 5
    member.post(lots, {"by": "class", f"lot-{acme.pk}": ""})
    assert not LotSize.objects.exists()
    assert "Must be greater than 0." in words(member.post(lots, {"by": "class", f"lot-{acme.pk}": "0"}))


def test_viewer_sees_the_plan_and_no_form(viewer_client, page, portfolio, acme):
    answer = viewer_client.get(page)
    assert answer.status_code == 200
    assert 'id="set-targets"' not in answer.content.decode()
    assert viewer_client.post(reverse("rebalancing-targets", args=[portfolio.pk])).status_code == 403

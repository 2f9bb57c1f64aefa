"""Units moved between two portfolios of one owner: basis, dates and undo."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from portfolios.domain.book import ProblemKind
from portfolios.domain.entries import CarriedLot
from portfolios.domain.exact import exact
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod
from portfolios.models import Portfolio
from portfolios.selectors.reading import carried_lot
from portfolios.selectors.transfers import told
from tests.support.ledgers import entry, figures, money, rates


def lots_of(row: Any) -> tuple[CarriedLot, ...]:
    """Carry lots as they are kept: written and read again."""
    moved = [
        CarriedLot(lot.acquired, lot.quantity, lot.cost, lot.cost_base, lot.charges, "EUR")
        for lot in row.lots
    ]
    return tuple(carried_lot(one, "EUR") for one in told(moved))


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(figures("0.001", "9", 8), figures("0.01", "500", 6), figures("0.01", "3", 3)),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(list(CostMethod)),
    st.integers(1, 99),
)
def test_basis_is_conserved_to_the_last_digit_by_any_move(
    bought: list[tuple[Decimal, Decimal, Decimal]], method: CostMethod, percent: int
) -> None:
    table = rates("EUR", USD={"2024-01-01": "0.9123", "2024-01-04": "0.87"})
    rows = [
        entry(f"2024-01-{day:02}", "buy", quantity, price, instrument=1, currency="USD", fee=fee)
        for day, (quantity, price, fee) in enumerate(bought, start=1)
    ]
    with exact():
        part = sum(quantity for quantity, _, _ in bought) * percent / 100
    out = entry("2024-02-01", "transfer_out", part, None, instrument=1, currency="USD")
    whole = fold(rows, [], table, base="EUR", method=method)
    first = fold([*rows, out], [], table, base="EUR", method=method)
    carried = lots_of(first.transfers[0])
    into = entry("2024-02-01", "transfer_in", part, None, instrument=1, currency="USD", carried=carried)
    second = fold([into], [], table, base="EUR", method=CostMethod.FIFO)
    with exact():
        for name in ("quantity", "cost", "cost_base", "charges"):
            before = sum(getattr(lot, name) for lot in whole.holdings[1].lots)
            after = [lot for book in (first, second) for lot in book.holdings[1].lots]
            assert sum(getattr(lot, name) for lot in after) == before
    assert {found.kind for found in second.problems} <= {ProblemKind.NO_PRICE}
    if method is not CostMethod.AVERAGE:
        assert {lot.acquired for lot in second.holdings[1].lots} <= {row.day for row in rows}


def test_moved_lots_stand_by_their_day_of_purchase_and_in_another_currency_at_its_rate() -> None:
    table = rates("CHF", USD={"2023-01-01": "0.8", "2024-01-01": "0.9"}, EUR={"2023-01-01": "0.95"})
    lot = CarriedLot(entry("2023-05-01", "buy", 1).day, money(2), money(100), money(92), money(4), "EUR")
    rows = [
        entry("2024-01-02", "buy", 1, 70, instrument=1, currency="USD"),
        entry("2024-02-01", "transfer_in", 2, None, instrument=1, currency="USD", carried=(lot,)),
        entry("2024-03-01", "sell", 2, 80, instrument=1, currency="USD"),
    ]
    book = fold(rows, [], table, base="CHF")
    (sold,) = book.disposals
    assert (str(sold.acquired), sold.cost, sold.cost_base) == ("2023-05-01", 100, 80)
    assert sold.acquisition_charges == money("3.8")


class Two:
    """Two portfolios of one owner; in the first 10 ACME at 100 and 10 at 130."""

    def __init__(self, api: APIClient, portfolio: Portfolio, acme: Any) -> None:
        self.api, self.acme, self.one = api, acme, f"/api/v1/portfolios/{portfolio.pk}"
        made = api.post("/api/v1/portfolios", {"name": "Depot", "currency": "EUR"}, format="json").json()
        self.to, self.two = made["id"], f"/api/v1/portfolios/{made['id']}"
        self.trades = [
            self.add(self.one, "buy", "2023-01-10", "10", "100", fee="5"),
            self.add(self.one, "buy", "2024-02-10", "10", "130"),
        ]

    def add(self, path: str, kind: str, day: str, quantity: str, price: str, **more: Any) -> Any:
        body = {"kind": kind, "date": day, "quantity": quantity, "price": price, **more}
        body["instrument"] = str(self.acme.uuid)
        answer = self.api.post(f"{path}/transactions", body, format="json")
        assert answer.status_code == 201, answer.content
        return answer.json()

    def move(self, quantity: str = "15", **more: Any) -> Any:
        body = {"to": self.to, "instrument": str(self.acme.uuid), "quantity": quantity, "date": "2024-03-01"}
        return self.api.post(f"{self.one}/transfers", body | more, format="json")

    def lots(self, path: str) -> list[tuple[str, str, str, str]]:
        rows = self.api.get(f"{path}/lots").json()["items"]
        return [(row["acquired"], row["quantity"], row["cost"], row["charges"]) for row in rows]


@pytest.fixture
def two(api: APIClient, portfolio: Portfolio, listed: Any) -> Two:
    return Two(api, portfolio, listed("ACME", "EUR", {"2024-03-01": "150"}))


OLD, NEW = ("2023-01-10", "10", "1000", "5"), ("2024-02-10", "10", "1300", "0")
HALF = ("2024-02-10", "5", "650", "0")


def test_move_carries_lots_and_either_entry_takes_both_back(two: Two) -> None:
    both = two.move().json()
    assert two.lots(two.two) == [OLD, HALF]
    assert two.lots(two.one) == [HALF]
    assert both["out"]["group"] == both["into"]["group"]
    moved = two.api.get(f"{two.two}/statement", {"start": "2024-02-29", "end": "2024-03-01"}).json()
    assert (moved["net_flows"], moved["gain"]) == ("2250", "0")
    # Sold where they went, they were bought when they were bought: 10 of 2023 first.
    sale = two.add(two.two, "sell", "2024-04-10", "10", "160")
    (gain,) = two.api.get(f"{two.two}/realised-gains").json()["items"]
    assert (gain["acquired"], gain["term"], gain["gain"]) == ("2023-01-10", "long", "600")
    out = f"{two.one}/transactions/{both['out']['id']}"
    assert two.api.delete(out).status_code == 400  # the sale needs what came
    two.api.delete(f"{two.two}/transactions/{sale['id']}")
    assert two.api.delete(out).status_code == 204
    assert (two.lots(two.one), two.lots(two.two)) == ([OLD, NEW], [])
    assert two.api.post(f"{two.two}/transactions/{both['into']['id']}/restore").status_code == 200
    assert (two.lots(two.one), two.lots(two.two)) == ([HALF], [OLD, HALF])


def test_nothing_changes_what_has_moved_behind_its_back(two: Two) -> None:
    both = two.move().json()
    first = f"{two.one}/transactions/{two.trades[0]['id']}"
    for answer in (
        two.api.patch(first, {"price": "99"}, format="json"),
        two.api.patch(two.one, {"cost_method": "lifo"}, format="json"),
        two.api.patch(f"{two.one}/transactions/{both['out']['id']}", {"quantity": "1"}, format="json"),
    ):
        assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (409, "moved-on")
    assert two.api.patch(first, {"note": "kept"}, format="json").status_code == 200
    assert two.lots(two.two) == [OLD, HALF]


def test_move_is_refused_where_it_cannot_be(two: Two, stranger: Any) -> None:
    theirs = APIClient()
    theirs.force_authenticate(stranger)
    other = theirs.post("/api/v1/portfolios", {"name": "Theirs", "currency": "EUR"}, format="json").json()
    for body, field in (
        ({"quantity": "21"}, "quantity"),
        ({"to": two.one.rsplit("/", 1)[-1]}, "to"),
        ({"to": other["id"]}, "to"),
        ({"date": "2999-01-01"}, "date"),
    ):
        answer = two.move(**body)
        assert answer.status_code == 400, answer.content
        assert {one["field"] for one in answer.json()["errors"]} == {field}
    assert (two.lots(two.one), two.lots(two.two)) == ([OLD, NEW], [])


def test_page_moves_units_and_says_how_to_take_it_back(
    client: Client, investor: Any, two: Two, portfolio: Portfolio
) -> None:
    client.force_login(investor)
    page = f"/portfolios/{portfolio.pk}/transfer/"
    form = client.get(page).context["form"]
    assert form.fields["to"].choices == [(two.to, "Depot")]
    fields = {"to": two.to, "instrument": "ACME", "quantity": "15", "day": "2024-03-01"}
    wrong = client.post(page, fields | {"quantity": "21"})
    assert wrong.status_code == 400
    assert client.post(page, fields).url == f"/portfolios/{portfolio.pk}/holdings/"
    assert two.lots(two.two) == [OLD, HALF]

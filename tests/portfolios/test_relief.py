"""Lots chosen for a sale over the API, and everything that would make a choice untrue."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from market.models import Instrument
from portfolios.models import Portfolio, ReliefLink


class Shares:
    """A portfolio with three purchases of 10 ACME at 100, 130 and 110, behind the API."""

    def __init__(self, api: APIClient, portfolio: Portfolio, acme: Instrument) -> None:
        self.api, self.acme = api, acme
        self.path = f"/api/v1/portfolios/{portfolio.pk}"
        days = ("2024-01-10", "2024-02-10", "2024-03-10")
        prices = ("100", "130", "110")
        self.a, self.b, self.c = (
            self.add(day, "buy", "10", price)["id"] for day, price in zip(days, prices, strict=True)
        )

    def post(self, day: str, kind: str, quantity: str, price: str, **more: Any) -> Any:
        body = {
            "kind": kind,
            "date": day,
            "instrument": str(self.acme.uuid),
            "quantity": quantity,
            "price": price,
            **more,
        }
        return self.api.post(f"{self.path}/transactions", body, format="json")

    def add(self, *args: str, **more: Any) -> Any:
        answer = self.post(*args, **more)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def sell(self, *lots: tuple[str, str], quantity: str = "15", day: str = "2024-04-10") -> Any:
        return self.add(day, "sell", quantity, "140", lots=named(*lots))

    def taken(self) -> list[tuple[str, str, str]]:
        rows = self.api.get(f"{self.path}/disposals").json()["items"]
        return [(row["acquired_by"], row["quantity"], row["cost"]) for row in rows]


def named(*lots: tuple[str, str]) -> list[dict[str, str]]:
    return [{"transaction": key, "quantity": quantity} for key, quantity in lots]


def refusal(answer: Any) -> tuple[str, list[tuple[str, str]]]:
    body = answer.json()
    assert answer.status_code == 400, body
    return body["type"], [(one["field"], one["code"]) for one in body["errors"]]


@pytest.fixture
def shares(api: APIClient, portfolio: Portfolio, listed: Any) -> Shares:
    return Shares(api, portfolio, listed("ACME", "EUR"))


def test_sale_takes_the_lots_that_were_chosen_and_shows_them(shares: Shares) -> None:
    sale = shares.sell((shares.c, "10"), (shares.a, "5"))
    assert sale["lots"] == named((shares.c, "10"), (shares.a, "5"))
    assert shares.taken() == [(shares.c, "10", "1100"), (shares.a, "5", "500")]
    listed = shares.api.get(f"{shares.path}/transactions", {"kind": "sell"}).json()["items"]
    assert listed[0]["lots"] == sale["lots"]
    one = f"{shares.path}/transactions/{sale['id']}"
    changed = shares.api.patch(one, {"lots": named((shares.b, "10"), (shares.c, "5"))}, format="json")
    assert changed.json()["lots"] == named((shares.b, "10"), (shares.c, "5"))
    assert shares.taken() == [(shares.b, "10", "1300"), (shares.c, "5", "550")]
    former = shares.api.get(f"{one}/revisions").json()["items"][0]["state"]
    assert former["lots"] == named((shares.c, "10"), (shares.a, "5"))
    assert shares.api.patch(one, {"lots": []}, format="json").json()["lots"] == []
    assert shares.taken() == [(shares.a, "10", "1000"), (shares.b, "5", "650")]


@pytest.mark.parametrize(
    ("lots", "code"),
    [
        ([("a", "10"), ("b", "4")], "sum"),
        ([("a", "10"), ("a", "5")], "lots"),
        ([("a", "16"), ("b", "-1")], "lots"),
        ([("a", "11"), ("b", "4")], "lots-not-held"),
        ([("sale", "10"), ("b", "5")], "unknown"),
    ],
)
def test_choice_that_the_lots_do_not_cover_is_refused_and_nothing_is_written(
    shares: Shares, lots: list[tuple[str, str]], code: str
) -> None:
    ids = {"a": shares.a, "b": shares.b, "sale": "01a225f4-b695-776b-b45d-d3434edd114e"}
    answer = shares.post(
        "2024-04-10", "sell", "15", "140", lots=named(*((ids[key], units) for key, units in lots))
    )
    assert refusal(answer)[1] == [("lots", code)]
    assert shares.taken() == []
    assert not ReliefLink.objects.exists()


def test_lots_are_chosen_for_a_sale_only_and_not_at_average_cost(shares: Shares) -> None:
    answer = shares.post("2024-04-10", "buy", "5", "140", lots=named((shares.a, "5")))
    assert refusal(answer)[1] == [("lots", "kind")]
    shares.api.patch(shares.path, {"cost_method": "average"}, format="json")
    answer = shares.post("2024-04-10", "sell", "5", "140", lots=named((shares.a, "5")))
    assert refusal(answer)[1] == [("lots", "pooled")]


def test_no_later_write_takes_a_chosen_lot_away(shares: Shares) -> None:
    sale = shares.sell((shares.a, "10"), (shares.b, "5"))
    ledger = f"{shares.path}/transactions"
    # An earlier sale would take units of the first lot, by the method.
    assert refusal(shares.post("2024-03-20", "sell", "3", "140"))[0].endswith("lots-not-held")
    assert refusal(shares.api.delete(f"{ledger}/{shares.a}"))[1] == [("lots", "lots-not-held")]
    smaller = shares.api.patch(f"{ledger}/{shares.a}", {"quantity": "9"}, format="json")
    assert refusal(smaller)[1] == [("lots", "lots-not-held")]
    other = shares.api.patch(f"{ledger}/{sale['id']}", {"quantity": "14"}, format="json")
    assert refusal(other)[1] == [("lots", "sum")]
    # A later sale takes what is left, and a note is no matter of lots.
    shares.add("2024-05-10", "sell", "10", "140")
    noted = shares.api.patch(f"{ledger}/{sale['id']}", {"note": "chosen"}, format="json")
    assert noted.status_code == 200
    assert shares.taken()[2:] == [(shares.b, "5", "650"), (shares.c, "5", "550")]
    # Without the sale nothing holds the purchase any more; the sale comes back only with its lots.
    assert shares.api.delete(f"{ledger}/{sale['id']}").status_code == 204
    assert shares.api.delete(f"{ledger}/{shares.a}").status_code == 204
    restored = shares.api.post(f"{ledger}/{sale['id']}/restore", {}, format="json")
    assert restored.status_code == 400


def test_page_shows_the_lots_of_a_sale_and_takes_a_choice(
    client: Client, investor: Any, shares: Shares, portfolio: Portfolio
) -> None:
    client.force_login(investor)
    sale = shares.add("2024-04-10", "sell", "15", "140")
    page = f"/portfolios/{portfolio.pk}/transactions/{sale['id']}/lots/"
    rows = client.get(page).context["lot_rows"]
    assert [(str(lot.acquisition), lot.quantity, lot.taken) for lot, _field in rows] == [
        (shares.a, 10, 10),
        (shares.b, 10, 5),
        (shares.c, 10, 0),
    ]
    wrong = client.post(page, {"version": sale["version"], shares.c: "10", shares.a: "4,5"})
    assert wrong.status_code == 400
    assert "The lots add up to 14.5, the sale is of 15." in wrong.content.decode()
    right = client.post(page, {"version": sale["version"], shares.c: "10", shares.a: "5"})
    assert right.url == page
    assert shares.taken() == [(shares.a, "5", "500"), (shares.c, "10", "1100")]
    shown = client.get(page)
    assert "chosen" in shown.content.decode()
    assert client.post(page, {"version": sale["version"], "by-method": "1"}).status_code == 400
    version = shown.context["form"].initial["version"]
    client.post(page, {"version": version, "by-method": "1"})
    assert not ReliefLink.objects.exists()
    assert client.get(page.replace(sale["id"], shares.a)).status_code == 404


def test_form_of_a_sale_shows_its_lots_and_takes_those_that_are_chosen(
    client: Client, investor: Any, shares: Shares, portfolio: Portfolio
) -> None:
    client.force_login(investor)
    page = f"/portfolios/{portfolio.pk}/transactions/new/"
    sale = {"kind": "sell", "day": "2024-03-01", "instrument": "ACME", "quantity": "15", "price": "140"}
    shown = client.post(page, {**sale, "choose-lots": "1"})
    # what was bought later cannot be sold yet
    assert [(str(lot.acquisition), lot.taken) for lot, _field in shown.context["lot_rows"]] == [
        (shares.a, 10),
        (shares.b, 5),
    ]
    assert (shown.status_code, shares.taken()) == (200, [])
    names = {key: f"lot-{getattr(shares, key)}" for key in "abc"}
    wrong = client.post(page, {**sale, names["a"]: "4,5", names["b"]: "10"})
    assert wrong.status_code == 400
    assert "The lots add up to 14.5, the sale is of 15." in wrong.content.decode()
    unread = client.post(page, {**sale, names["a"]: "some"})
    assert unread.status_code == 400
    assert shares.taken() == []
    assert client.post(page, {**sale, names["a"]: "5", names["b"]: "10"}).status_code == 302
    assert shares.taken() == [(shares.a, "5", "500"), (shares.b, "10", "1300")]
    bought = client.post(page, {**sale, "kind": "buy", "choose-lots": "1"})
    assert "Lots are chosen for a sale only." in bought.content.decode()


def test_form_changes_a_sale_and_its_lots_at_once(
    client: Client, investor: Any, shares: Shares, portfolio: Portfolio
) -> None:
    client.force_login(investor)
    sale = shares.sell((shares.c, "10"), (shares.a, "5"))
    page = f"/portfolios/{portfolio.pk}/transactions/{sale['id']}/"
    form = client.get(page).context
    assert [lot.taken for lot, _field in form["lot_rows"]] == [5, 0, 10]
    typed = {"kind": "sell", "day": "2024-04-10", "instrument": "ACME", "price": "140", "quantity": "12"}
    version = {"version": str(sale["version"])}
    assert client.post(page, {**typed, **version}).status_code == 400  # those chosen add up to 15
    again = client.post(page, {**typed, **version, "choose-lots": "1"}).context["lot_rows"]
    assert [lot.taken for lot, _field in again] == [10, 2, 0]
    chosen = {f"lot-{shares.b}": "2", f"lot-{shares.c}": "10"}
    assert client.post(page, {**typed, **version, **chosen}).status_code == 302
    assert shares.taken() == [(shares.b, "2", "260"), (shares.c, "10", "1100")]
    version = {"version": str(sale["version"] + 1)}
    assert client.post(page, {**typed, **version, f"lot-{shares.b}": ""}).status_code == 302
    assert not ReliefLink.objects.exists()

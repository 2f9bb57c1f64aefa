"""One's own tags on instruments: service, API, page, and figures by tag."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from core.actor import Actor
from core.models import AuditEvent
from market.models import Instrument
from portfolios.models import InstrumentTag, Portfolio, PortfolioMember
from portfolios.services.tags import set_tags

PERIOD = {"start": "2024-01-01", "end": "2024-01-31"}


def url(instrument: Instrument) -> str:
    return f"/api/v1/instruments/{instrument.uuid}/tags"


@pytest.fixture
def acme(listed: Callable[..., Instrument]) -> Instrument:
    return listed("ACME", "EUR", {"2024-01-02": "10", "2024-01-31": "12"})


@pytest.fixture
def bolt(listed: Callable[..., Instrument]) -> Instrument:
    return listed("BOLT", "EUR", {"2024-01-02": "10", "2024-01-31": "9"})


@pytest.fixture
def held(api: APIClient, portfolio: Portfolio, acme: Instrument, bolt: Instrument) -> None:
    for one in (acme, bolt):
        body = {
            "kind": "buy",
            "date": "2024-01-02",
            "instrument": str(one.uuid),
            "quantity": "5",
            "price": "10",
        }
        answer = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", body, format="json")
        assert answer.status_code == 201, answer.content


def test_put_sets_all_tags_in_the_spelling_that_is_known(
    api: APIClient, acme: Instrument, bolt: Instrument
) -> None:
    assert api.put(url(acme), {"tags": ["Core", " income  first "]}, format="json").json() == {
        "tags": ["Core", "income first"]
    }
    assert api.put(url(bolt), {"tags": ["CORE", "core"]}, format="json").json() == {"tags": ["Core"]}
    assert api.put(url(acme), {"tags": ["core"]}, format="json").json() == {"tags": ["Core"]}
    assert api.get(url(acme)).json() == {"tags": ["Core"]}
    items = api.get("/api/v1/tags").json()["items"]
    assert [(one["name"], [row["symbol"] for row in one["instruments"]]) for one in items] == [
        ("Core", ["ACME", "BOLT"])
    ]
    event = AuditEvent.objects.filter(verb="instrument.tagged").order_by("-at").first()
    assert event is not None
    assert (event.before, event.after) == ({"tags": ["Core", "income first"]}, {"tags": ["Core"]})
    assert api.put(url(acme), {"tags": []}, format="json").json() == {"tags": []}


@pytest.mark.parametrize(
    "names", [[" "], ["x" * 41], ["a,b"], [f"t{number}" for number in range(21)], "core"]
)
def test_bad_tags_are_refused_and_nothing_changes(api: APIClient, acme: Instrument, names: Any) -> None:
    api.put(url(acme), {"tags": ["core"]}, format="json")
    answer = api.put(url(acme), {"tags": names}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith("tags")
    assert api.get(url(acme)).json() == {"tags": ["core"]}


def test_tags_are_nobody_elses(
    api: APIClient, stranger_api: APIClient, acme: Instrument, bolt: Instrument
) -> None:
    api.put(url(acme), {"tags": ["secret"]}, format="json")
    stranger_api.put(url(bolt), {"tags": ["Secret"]}, format="json")
    assert stranger_api.get(url(acme)).json() == {"tags": []}
    assert api.get("/api/v1/tags").json()["items"][0]["instruments"][0]["symbol"] == "ACME"
    assert stranger_api.get("/api/v1/tags").json()["items"][0]["instruments"][0]["symbol"] == "BOLT"


@pytest.mark.usefixtures("held")
def test_private_instrument_is_tagged_by_who_meets_it_in_a_portfolio(
    api: APIClient, stranger_api: APIClient, portfolio: Portfolio, investor: Any, stranger: Any
) -> None:
    mine = Instrument.objects.create(symbol="MINE", name="Mine", currency="EUR", owner=investor)
    body = {"kind": "buy", "date": "2024-01-02", "instrument": str(mine.uuid), "quantity": "1", "price": "1"}
    assert api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", body, format="json").status_code == 201
    assert stranger_api.put(url(mine), {"tags": ["x"]}, format="json").status_code == 404
    member = PortfolioMember.objects.create(portfolio=portfolio, user=stranger, role="viewer")
    assert stranger_api.put(url(mine), {"tags": ["x"]}, format="json").status_code == 200
    member.delete()
    assert stranger_api.get("/api/v1/tags").json()["items"] == []


@pytest.mark.usefixtures("held")
def test_figures_by_tag_follow_the_tags_of_who_asks(
    api: APIClient, stranger_api: APIClient, portfolio: Portfolio, stranger: Any
) -> None:
    acme, bolt = Instrument.objects.get(symbol="ACME"), Instrument.objects.get(symbol="BOLT")
    PortfolioMember.objects.create(portfolio=portfolio, user=stranger, role="viewer")
    api.put(url(acme), {"tags": ["Core"]}, format="json")
    stranger_api.put(url(bolt), {"tags": ["core"]}, format="json")
    asked = {"portfolios": str(portfolio.pk), "tag": "CORE", **PERIOD}
    assert api.get("/api/v1/statement", asked).json()["closing_value"] == "60"
    assert stranger_api.get("/api/v1/statement", asked).json()["closing_value"] == "45"
    both = {**asked, "instrument": str(bolt.uuid)}
    assert api.get("/api/v1/statement", both).json()["closing_value"] == "0"


@pytest.mark.usefixtures("held")
def test_page_shows_and_sets_them(investor: Any, portfolio: Portfolio, acme: Instrument) -> None:
    browser = Client()
    browser.force_login(investor)
    page = reverse("portfolio-position", args=[portfolio.pk, acme.uuid])
    change = reverse("portfolio-tags", args=[portfolio.pk, acme.uuid])
    assert "Tag it" in browser.get(page).content.decode()
    answer = browser.post(change, {"tags": "core, , dividends"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert '<span class="badge">dividends</span>' in browser.get(page).content.decode()
    piece = browser.post(change, {"tags": "x" * 41}, headers={"HX-Request": "true"})
    assert piece.status_code == 400
    assert "at most 40 characters" in piece.content.decode()
    assert set(InstrumentTag.objects.values_list("name", flat=True)) == {"core", "dividends"}
    assert "<form" in browser.get(change).content.decode()


def test_setting_the_same_tags_writes_nothing(investor: Any, acme: Instrument) -> None:
    for names in (["core"], ["CORE"]):
        set_tags(actor=Actor.user(investor), user=investor, instrument=acme.uuid, names=names)
    assert AuditEvent.objects.filter(verb="instrument.tagged").count() == 1

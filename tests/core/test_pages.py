"""Pages that belong to no app: landing, errors, search, offline."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from core import ports, views
from core.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(django_user_model):
    return django_user_model.objects.create_user("ada@example.org", "a-long-password")


@pytest.fixture
def client_of(member):
    client = Client()
    client.force_login(member)
    return client


def test_landing_shows_the_promise_and_an_example_that_adds_up(client):
    response = client.get("/")
    assert response.status_code == 200
    assert "Know what you own, and why it moved." in response.content.decode()
    steps = response.context["example"]
    assert steps[0].amount + sum((step.amount for step in steps[1:-1]), Decimal(0)) == steps[-1].amount


def test_landing_sends_a_member_to_the_dashboard(client_of):
    response = client_of.get("/")
    assert (response.status_code, response["Location"]) == (302, reverse("dashboard"))


def test_every_page_carries_the_notice_of_the_chart_library(client):
    page = client.get("/").content.decode()
    assert 'href="https://www.tradingview.com/"' in page


def test_unknown_page_is_a_404_in_our_words(client):
    response = client.get("/no-such-page")
    assert response.status_code == 404
    assert "There is no such page here" in response.content.decode()


def test_unknown_api_address_is_a_problem_document(client):
    response = client.get("/api/v1/no-such-thing")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "not-found"


def test_refusal_says_what_was_refused_and_that_nothing_was_saved(client):
    request = client.get("/").wsgi_request
    response = views.refused(request, Conflict("That name is taken."))
    page = response.content.decode()
    assert response.status_code == 409
    assert "That name is taken." in page
    assert "Nothing was saved." in page


def test_failed_page_is_a_500_that_asks_nothing_of_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = views.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "everything saved before is as it was" in response.content.decode()


def test_form_without_its_token_is_told_that_nothing_was_saved():
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x"})
    assert response.status_code == 403
    assert "Nothing was saved." in response.content.decode()


def test_search_asks_for_a_sign_in(client):
    response = client.get("/search?q=apple")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/search%3Fq%3Dapple")


@pytest.fixture
def one_hit(monkeypatch):
    asked = []

    def answer(user, query, limit):
        asked.append((user, query, limit))
        return [ports.SearchHit("Apple & Co", "AAPL", "/x", "Instruments")]

    monkeypatch.setattr(ports, "search", ports.Port("search"))
    ports.search.register("test", answer)
    return asked


def test_search_as_a_fragment_lists_the_hits_by_kind(client_of, member, one_hit):
    page = client_of.get("/search?q=+app+", headers={"X-Fragment": "search"}).content.decode()
    assert one_hit == [(member, "app", 8)]
    assert "Apple &amp; Co" in page
    assert 'aria-label="Instruments"' in page
    assert "<html" not in page


def test_search_without_hits_says_so(client_of, monkeypatch):
    monkeypatch.setattr(ports, "search", ports.Port("search"))
    page = client_of.get("/search?q=<b>zz", headers={"X-Fragment": "search"}).content.decode()
    assert "Nothing is called “&lt;b&gt;zz”." in page


def test_service_worker_keeps_the_offline_page_and_nothing_with_figures(client):
    response = client.get("/service-worker.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert 'const PAGE = "/offline";' in response.content.decode()
    assert client.get("/offline").status_code == 200

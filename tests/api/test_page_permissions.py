"""Who may open which page: every page of ours, tried as nobody, as a stranger, as a viewer, as its owner."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alerts.models import Channel
from alerts.selectors.unsubscribing import unsubscribe_token
from core.models import Role
from portfolios.views.explain import EVERYTHING
from tests.api.routes import BUY, Call, Route, Scene, pages
from tests.api.test_permissions import Person, bring_in, everything, member, scene_of

pytestmark = pytest.mark.django_db
PAGES = pages()
PUBLIC = {
    "landing",
    "invitation",
    "public-portfolio",
    "public-chart",
    "public-allocation",
    "notifications-unsubscribe",
    "offline",
    "service-worker",
    "health-live",
    "health-ready",
    "prometheus-django-metrics",
}
REPORTS = {"csp-report"}  # browsers send them by themselves, whoever is signed in
STAFF = {"staff-support-end", "staff-factor", "staff-mail", "staff-mail-message"}
# not there until a source has told it
PICTURES = {"instrument-logo"}
OWNED = {
    "portfolio_id",
    "uuid",
    "session_id",
    "invitation_id",
    "link_id",
    "token_id",
    "issue_id",
    "preset_id",
    "archive_id",
    "watchlist_id",
    "channel_id",
    "delivery_id",
    "alert_id",
}
OF_SOMEBODY = [page for page in PAGES if OWNED & set(page.ids)]
OF_PORTFOLIO = [page for page in PAGES if "portfolio_id" in page.ids]
# Other ids that pages take, as the scene has them: a figure that is explained, the day of a price.
OTHERS = {"figure": "total", "kind": "csv", "day": date(2024, 1, 5), "channel_kind": "telegram"}


def each(some: list[Route]) -> Any:
    return pytest.mark.parametrize("page", some, ids=[page.name for page in some])


def signed_in(person: Person) -> Client:
    return person.browser()


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org").keep_session()


@pytest.fixture(scope="module")
def bob(standing) -> Person:
    return Person("bob@example.org").keep_session()


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return page_scene(ada)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


def mailed(person: Person) -> str:
    """Make a channel that mails somebody; answer what the link in such a mail carries."""
    made = Channel.objects.create(
        owner=person.user, kind="email", name="Mail", config='{"address": "a@example.org"}', state="active"
    )
    return unsubscribe_token(made)


def page_scene(ada: Person) -> Scene:
    """Name the ids that pages take, of one person's objects."""
    scene = scene_of(ada)
    ids = scene.ids[""]
    ids |= {
        "instrument": ids["uuid"],
        "action": scene.ids["api-corporate-action"]["uuid"],
        "mail_id": ids["uuid"],
    }
    ids |= OTHERS
    scene.ids["dashboard-explain"] = {"figure": next(iter(EVERYTHING))}
    scene.ids["notifications-unsubscribe"] = {"token": mailed(ada)}
    scene.ids["transaction-restore"] = scene.ids["api-transaction-restore"]
    entries = reverse("api-transactions", args=[ids["portfolio_id"]])
    sale = {**BUY, "kind": "sell", "date": "2024-01-09", "quantity": "0.5"}

    def sold() -> dict[str, Any]:
        answer = ada.send(Call("post"), entries, scene.body(sale))
        return {"transaction_id": answer.json()["id"]}

    scene.on_demand["transaction-lots"] = sold
    imports = reverse("api-imports", args=[ids["portfolio_id"]])
    for page in PAGES:
        if "import_id" in page.ids:
            route = "api-import-undo" if page.name == "import-undo" else "api-import"
            scene.on_demand[page.name] = lambda route=route: {"import_id": bring_in(ada, imports, route)}
    return scene


def test_pages_are_found():
    assert len(PAGES) > 30
    assert len(OF_SOMEBODY) > 20
    assert {name for page in PAGES for name in page.ids} <= OWNED | set(OTHERS) | {
        "transaction_id", "import_id", "instrument", "action", "mail_id", "user_id", "token",
    }  # fmt: skip


@each([page for page in PAGES if page.name not in PUBLIC | REPORTS])
def test_visitor_is_asked_to_sign_in(page, client, scene):
    url, before = scene.url(page), everything()
    for method in ("get", "post"):
        answer = getattr(client, method)(url)
        hidden = 404 if page.name in STAFF else 302  # mail that is kept is no business of a visitor
        assert answer.status_code in {hidden, 405}, method
        if answer.status_code == 302:
            assert answer["Location"].startswith(reverse("account_login"))
    assert everything() == before


@each([page for page in PAGES if page.name in PUBLIC])
def test_public_page_opens_for_a_visitor(page, client, scene):
    assert client.get(scene.url(page)).status_code == 200


@each([page for page in PAGES if page.name in STAFF])
def test_staff_page_is_forbidden_for_others(page, ada, scene):
    assert signed_in(ada).get(scene.url(page)).status_code in {403, 404}


@each(OF_SOMEBODY)
def test_page_of_a_stranger_is_404_and_changes_nothing(page, bob, scene):
    url, client = scene.url(page), signed_in(bob)
    before = everything()
    answers = {method: getattr(client, method)(url).status_code for method in ("get", "post")}
    assert set(answers.values()) <= {404, 405}
    assert 404 in answers.values()
    assert everything() == before


@each(OF_PORTFOLIO)
def test_viewer_changes_nothing(page, bob, scene):
    member(bob, scene, Role.VIEWER)
    url, client = scene.url(page), signed_in(bob)
    before = everything()
    answer = client.post(url, {"confirm": "Savings"})
    # tags are a viewer's own; here there are none, before and after
    assert (
        answer.status_code == 302 if page.name == "portfolio-tags" else answer.status_code in {200, 403, 405}
    )
    if answer.status_code == 200:  # a page that reads what is posted to it
        assert page.name == "import-start"
    assert everything() == before


@each(OF_PORTFOLIO)
def test_viewer_looks(page, bob, scene):
    member(bob, scene, Role.VIEWER)
    assert signed_in(bob).get(scene.url(page)).status_code in {200, 403, 405}


@each([page for page in PAGES if page.name not in PUBLIC | STAFF | PICTURES])
def test_owner_opens_the_page_and_it_holds_nothing_inline(page, ada, scene):
    answer = signed_in(ada).get(scene.url(page), follow=True)
    assert answer.status_code in {200, 405}, answer.content[:500]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Permissions-Policy"]
    if answer.headers["Content-Type"].startswith("text/html"):
        html = answer.content.decode().lower()
        assert " style=" not in html
        assert "<style" not in html
        assert " onclick=" not in html
        for tag in html.split("<script")[1:]:
            opening = tag.split(">", 1)[0]
            assert " src=" in opening or "application/json" in opening, opening


@each([page for page in PAGES if page.name not in PUBLIC | REPORTS])
def test_page_with_a_nonsense_form_is_never_a_server_error(page, ada, scene):
    url = scene.url(page)
    nonsense = dict.fromkeys(("name", "quantity", "price", "date", "time", "mapping", "content", "rows"), "☃")
    for data in ({}, nonsense):
        assert signed_in(ada).post(url, data).status_code < 500  # which may sign out
    client = signed_in(ada)
    for query in ("range=x", "page=-1", "page=x", "start=x&end=y", "by=x", "q=%ff", "sort=x", "verdict=x"):
        assert client.get(f"{url}?{query}").status_code < 500, query
    assert client.get(reverse("settings")).status_code == 200  # signed in to the end

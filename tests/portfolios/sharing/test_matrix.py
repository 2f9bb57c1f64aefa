"""Every endpoint and every page of a portfolio, for everybody who may stand before it.

The routes come from the URL patterns: a new one has no row in the tables and fails.
`look` is for every member, `write` for editors and the owner, `own` for the owner.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from core.actor import Actor
from core.models import Role
from market.models import Instrument
from portfolios.models import PortfolioMember
from portfolios.services import sharing
from tests.api.routes import CALLS, Call, Route, Scene, pages, routes
from tests.api.test_page_permissions import page_scene, signed_in
from tests.api.test_permissions import Person, everything, send

pytestmark = pytest.mark.django_db
LOOK, WRITE, OWN = "look", "write", "own"
MAY = {
    "viewer": {LOOK},
    "editor": {LOOK, WRITE},
    "owner": {LOOK, WRITE, OWN},
}
OUTSIDE = ("stranger", "invited", "former")
ENDPOINTS = {
    "api-portfolio": {"get": LOOK, "patch": WRITE, "delete": OWN},
    "api-transactions": {"get": LOOK, "post": WRITE},
    "api-transaction-batch": {"post": WRITE},
    "api-transaction": {"get": LOOK, "patch": WRITE, "delete": WRITE},
    "api-transaction-restore": {"post": WRITE},
    "api-transaction-revisions": {"get": LOOK},
    "transaction-export": {"get": LOOK},
    "transaction-json": {"get": LOOK},
    "api-imports": {"get": LOOK, "post": WRITE},
    "api-import": {"get": LOOK, "patch": WRITE, "delete": WRITE},
    "api-import-apply": {"post": WRITE},
    "api-import-undo": {"post": WRITE},
    "api-valuation": {"get": LOOK},
    "api-positions": {"get": LOOK},
    "api-lots": {"get": LOOK},
    "api-disposals": {"get": LOOK},
    "api-series": {"get": LOOK},
    "api-performance": {"get": LOOK},
    "api-benchmark": {"get": LOOK, "put": WRITE},
    "api-benchmark-comparison": {"get": LOOK},
    "api-risk": {"get": LOOK},
    "api-rolling-risk": {"get": LOOK},
    "api-statement": {"get": LOOK},
    "api-allocation": {"get": LOOK},
    "api-cost-methods": {"get": LOOK},
    "api-import-as-preset": {"post": WRITE},
    "api-income": {"get": LOOK},
    "api-income-payments": {"get": LOOK},
    "api-quality": {"get": LOOK},
    "api-quality-dismissals": {"post": WRITE},
    "api-quality-dismissal": {"delete": WRITE},
    "api-realised": {"get": LOOK},
    "api-realised-export": {"get": LOOK},
    "api-transfers": {"post": WRITE},
    "api-targets": {"get": LOOK, "put": WRITE},
    "api-lot-sizes": {"get": LOOK, "put": WRITE},
    "api-rebalancing": {"get": LOOK},
    "api-rates-used": {"get": LOOK},
    "api-members": {"get": LOOK},
    "api-member": {"patch": OWN, "delete": OWN},
    "api-owner": {"put": OWN},
    "api-invitations": {"get": OWN, "post": OWN},
    "api-invitation": {"delete": OWN},
    "api-invitation-resend": {"post": OWN},
    "api-public-links": {"get": OWN, "post": OWN},
    "api-public-link": {"delete": OWN},
}
# A method that is missing is answered with 405.
PAGES = {
    "portfolio": {"get": LOOK},
    "portfolio-chart": {"get": LOOK},
    "portfolio-figures": {"get": LOOK},
    "portfolio-benchmark": {"get": WRITE, "post": WRITE},
    "portfolio-performance": {"get": LOOK},
    "portfolio-risk": {"get": LOOK},
    "portfolio-risk-chart": {"get": LOOK},
    "portfolio-allocation": {"get": LOOK},
    "portfolio-position": {"get": LOOK},
    "portfolio-tags": {"get": LOOK, "post": LOOK},
    "portfolio-income": {"get": LOOK},
    "portfolio-holdings": {"get": LOOK},
    "portfolio-realised": {"get": LOOK},
    "portfolio-realised-file": {"get": LOOK},
    "portfolio-transfer": {"get": WRITE, "post": WRITE},
    "portfolio-rebalancing": {"get": LOOK},
    "rebalancing-targets": {"post": WRITE},
    "rebalancing-lots": {"post": WRITE},
    "portfolio-quality": {"get": LOOK},
    "quality-dismiss": {"post": WRITE},
    "quality-restore": {"post": WRITE},
    "portfolio-explain": {"get": LOOK},
    "portfolio-settings": {"get": WRITE, "post": WRITE},
    "portfolio-delete": {"get": OWN, "post": OWN},
    "transaction-list": {"get": LOOK},
    "transaction-create": {"get": WRITE, "post": WRITE},
    "transaction-edit": {"get": WRITE, "post": WRITE},
    "transaction-row": {"get": LOOK},
    "transaction-delete": {"post": WRITE},
    "transaction-restore": {"post": WRITE},
    "transaction-history": {"get": LOOK},
    "transaction-lots": {"get": WRITE, "post": WRITE},
    "import-list": {"get": LOOK},
    "import-start": {"get": WRITE, "post": WRITE},
    "import-preview": {"get": LOOK, "post": WRITE},
    "import-apply": {"post": WRITE},
    "import-undo": {"post": WRITE},
    "import-discard": {"post": WRITE},
    "import-preset-save": {"post": WRITE},
    "portfolio-sharing": {"get": LOOK},
    "portfolio-invite": {"post": OWN},
    "invitation-resend": {"post": OWN},
    "invitation-withdraw": {"post": OWN},
    "member-role": {"post": OWN},
    "member-remove": {"get": OWN, "post": OWN},
    "portfolio-hand-over": {"get": OWN, "post": OWN},
    "portfolio-links": {"get": OWN, "post": OWN},
    "portfolio-link-revoke": {"get": OWN, "post": OWN},
}
FORM = {"confirm": "Savings", "email": "new@example.org", "role": "editor"}


def of_portfolio(some: list[Route]) -> list[Route]:
    return [one for one in some if "portfolio_id" in one.ids]


# Presets are a person's own, whoever else is a member.
OF_API = of_portfolio(routes())
OF_PAGES = [one for one in of_portfolio(pages()) if one.name != "import-preset-delete"]


class Cast:
    """Everybody who may stand before a portfolio of Ada's."""

    def __init__(self, owner: Person, scene: Scene) -> None:
        """Admit some, remove one, and invite one who has not answered."""
        self.people = {"owner": owner, "stranger": Person("stranger@example.org").keep_session()}
        portfolio_id = scene.ids[""]["portfolio_id"]
        for name in ("viewer", "editor", "former", "invited"):
            self.people[name] = Person(f"{name}@example.org").keep_session()
        for name, role in (("viewer", Role.VIEWER), ("editor", Role.EDITOR), ("former", Role.EDITOR)):
            PortfolioMember.objects.create(portfolio_id=portfolio_id, user=self.people[name].user, role=role)
        keys = {"actor": Actor.user(owner.user), "portfolio_id": UUID(portfolio_id)}
        sharing.remove_member(**keys, user_id=self.people["former"].user.pk)
        sharing.invite_member(**keys, email="invited@example.org", role="editor")
        Instrument.objects.update(owner=None)  # so that every member may name it


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org").keep_session()


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return page_scene(ada)


@pytest.fixture(scope="module")
def cast(ada, stage) -> Cast:
    return Cast(ada, stage)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


def undone(work: Any) -> Any:
    """Do some work and roll it back, so that the next person finds what this one found."""
    with transaction.atomic():
        answer = work()
        transaction.set_rollback(True)
    return answer


def test_every_endpoint_and_page_has_its_row():
    assert {one.name: set(one.methods) for one in OF_API} == {
        name: set(row) for name, row in ENDPOINTS.items()
    }
    assert {one.name for one in OF_PAGES} == set(PAGES)


API_ROWS = [(one, call) for one in OF_API for call in CALLS[one.name]]


@pytest.mark.parametrize(
    ("route", "call"), API_ROWS, ids=[f"{call.method.upper()} {one.name}" for one, call in API_ROWS]
)
def test_endpoint(route: Route, call: Call, cast, scene):
    url, body = scene.url(route), scene.body(call.body)
    kind = ENDPOINTS[route.name][call.method]
    before = everything()
    found = {"anonymous": send(call, url, body, {}).status_code}
    found |= {who: cast.people[who].send(call, url, body).status_code for who in OUTSIDE}
    refused = {who: cast.people[who] for who, kinds in MAY.items() if kind not in kinds}
    found |= {who: one.send(call, url, body).status_code for who, one in refused.items()}
    assert found == {"anonymous": 401} | dict.fromkeys(OUTSIDE, 404) | dict.fromkeys(refused, 403)
    assert everything() == before
    allowed = {
        who: undone(lambda who=who: cast.people[who].send(call, url, body)).status_code
        for who, kinds in MAY.items()
        if kind in kinds
    }
    assert allowed == dict.fromkeys(allowed, call.status)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", OF_PAGES, ids=[one.name for one in OF_PAGES])
def test_page(page: Route, method: str, cast, scene):
    url = scene.url(page)
    clients = {"anonymous": Client()} | {who: signed_in(one) for who, one in cast.people.items()}
    kind = PAGES[page.name].get(method)

    def ask(who: str) -> Any:
        return getattr(clients[who], method)(url, FORM)

    before = everything()
    if kind is None:
        assert {ask(who).status_code for who in clients} == {405}
        return
    assert ask("anonymous")["Location"].startswith(reverse("account_login"))
    refused = [who for who, kinds in MAY.items() if kind not in kinds]
    found = {who: ask(who).status_code for who in (*OUTSIDE, *refused)}
    assert found == dict.fromkeys(OUTSIDE, 404) | dict.fromkeys(refused, 403)
    assert everything() == before
    allowed = {who: undone(lambda who=who: ask(who)).status_code for who in MAY.keys() - refused}
    assert set(allowed.values()) <= ({200} if method == "get" else {200, 302, 400}), allowed


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_member_leaves_by_each_way(role, cast, scene):
    member = cast.people[role]
    key = scene.ids[""]["portfolio_id"]
    mine = [key, member.user.pk]
    assert (
        undone(lambda: member.send(Call("delete"), reverse("api-member", args=mine), None)).status_code == 204
    )
    client = signed_in(member)
    assert client.get(reverse("member-remove", args=mine)).status_code == 200
    assert client.post(reverse("member-remove", args=mine)).status_code == 302
    assert member.send(Call("get"), reverse("api-portfolio", args=[key]), None).status_code == 404


def test_owner_does_not_leave(ada, scene):
    mine = [scene.ids[""]["portfolio_id"], ada.user.pk]
    answer = ada.send(Call("delete"), reverse("api-member", args=mine), None)
    assert (answer.status_code, answer.json()["type"]) == (409, "owner-stays")
    assert signed_in(ada).post(reverse("member-remove", args=mine)).status_code == 409

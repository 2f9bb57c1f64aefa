"""Public links: who makes and ends them, whom they let in, and what they tell nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import create_personal_token
from core.actor import Actor
from core.errors import Forbidden, ValidationFailed
from core.models import AuditEvent, Role
from portfolios.errors import ManagedPortfolio, TooManyLinks
from portfolios.models import Portfolio, PublicLink
from portfolios.selectors.sharing import digest
from portfolios.services import sharing
from portfolios.services.sharing import IssuedLink, LinkInput
from tests.portfolios.sharing.conftest import admit, deposit
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
PLACES = ("/share/{}/", "/share/{}/chart/", "/share/{}/allocation/", "/api/v1/public/portfolios/{}")


@pytest.fixture
def made(investor: User, portfolio: Portfolio) -> Callable[..., IssuedLink]:
    """Make a link of Ida's."""

    def make(**data: Any) -> IssuedLink:
        actor = Actor.user(investor)
        return sharing.create_link(actor=actor, portfolio_id=portfolio.pk, data=LinkInput(**data))

    return make


def told(token: str) -> list[Any]:
    """Ask each place; tell status, headers of ours and body, but for the id of the request."""
    found = []
    for place in PLACES:
        answer = Client().get(place.format(token))
        body = answer.content.decode().replace(answer.headers["X-Request-Id"], "ID")
        found.append((answer.status_code, {name: answer.headers[name] for name in HEADERS}, body))
    return found


def statuses(token: str) -> set[int]:
    return {status for status, _headers, _body in told(token)}


def test_token_is_told_once_kept_as_a_hash_and_in_no_log(made, portfolio, investor):
    issued = made(label="  How I\n save ", expires_at=None)
    link = PublicLink.objects.get()
    assert (link.label, link.shows, link.names) == ("How I save", "percentages", "listed")
    assert (link.token_hash, link.beginning) == (digest(issued.token), issued.token[:4])
    assert len(issued.token) == 43
    assert issued.token not in repr(issued)
    event = AuditEvent.objects.get(verb="portfolio.link_created")
    assert (event.actor_id, event.object_id) == (investor.pk, str(portfolio.pk))
    assert event.after == {
        "link": str(link.pk),
        "shows": "percentages",
        "names": "listed",
        "expires_at": None,
    }


def test_every_link_that_does_not_count_is_the_same_404(made, investor, portfolio, bob):
    unknown = told("x" * 43)
    assert {status for status, _headers, _body in unknown} == {404}
    assert [headers for _status, headers, _body in unknown] == [HEADERS] * len(PLACES)
    actor = Actor.user(investor)
    expired, revoked, kept = made(expires_at=datetime.now(UTC) + timedelta(days=1)), made(), made()
    assert statuses(kept.token) == {200}
    sharing.revoke_link(actor=actor, portfolio_id=portfolio.pk, link_id=revoked.link.pk)
    assert told(revoked.token) == unknown
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        assert told(expired.token) == unknown
    for field, value in (("is_active", False), ("erase_after", datetime.now(UTC))):
        before = getattr(investor, field)
        User.objects.filter(pk=investor.pk).update(**{field: value})
        assert told(kept.token) == unknown, field
        User.objects.filter(pk=investor.pk).update(**{field: before})
    Portfolio.objects.filter(pk=portfolio.pk).update(kind="simulated", managed_by=uuid4())
    assert told(kept.token) == unknown
    Portfolio.objects.filter(pk=portfolio.pk).update(kind="real", managed_by=None)
    assert statuses(kept.token) == {200}
    portfolio.delete()
    assert told(kept.token) == unknown


def test_page_is_for_anybody_and_knows_nobody(made, investor, bob):
    token = made().token
    investor.name = "Ida Quillfeather"
    investor.save(update_fields=["name"])
    for client in (Client(), Client()):
        answer = client.get(f"/share/{token}/")
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert not answer.cookies
        text = answer.content.decode()
        assert '<meta name="robots" content="noindex, nofollow, noarchive">' in text
        assert '<meta property="og:title" content="Savings">' in text
        assert not {one for one in ("Quillfeather", "ida@", "bob@", "csrf", str(investor.pk)) if one in text}
        client.force_login(bob)
    assert Client().post(f"/share/{token}/").status_code == 405


def test_views_count_pages_and_not_their_pieces(made):
    issued, other = made(), made()
    with time_machine.travel(NOW, tick=False):
        for _ in range(2):
            Client().get(f"/share/{issued.token}/")
        Client().head(f"/share/{issued.token}/")
        Client().get(f"/share/{issued.token}/", headers={"X-Fragment": "period"})
        Client().get(f"/share/{issued.token}/chart/")
        Client().get(f"/share/{issued.token}/allocation/")
        Client().get(f"/api/v1/public/portfolios/{issued.token}")
    row = PublicLink.objects.get(pk=issued.link.pk)
    assert (row.views, row.last_viewed_at) == (3, NOW)
    other.link.refresh_from_db()
    assert (other.link.views, other.link.last_viewed_at) == (0, None)


def test_requests_to_links_are_limited_whatever_the_link(made, settings):
    token = made().token
    settings.THROTTLES = {**settings.THROTTLES, "public-links": "3/min"}
    with time_machine.travel(NOW, tick=False):
        cache.clear()
        found = [Client().get(place.format(token)) for place in (*PLACES[:2], "/share/x/", *PLACES)]
    assert [one.status_code for one in found] == [200, 200, 404, 429, 429, 429, 429]
    assert {name: found[-1].headers[name] for name in HEADERS} == HEADERS
    assert found[3].headers["Retry-After"] == "60"


def test_revoking_again_changes_nothing(made, investor, portfolio):
    link = made().link
    for _ in range(2):
        sharing.revoke_link(actor=Actor.user(investor), portfolio_id=portfolio.pk, link_id=link.pk)
    assert AuditEvent.objects.filter(verb="portfolio.link_revoked").count() == 1


def test_handing_over_ends_the_links(made, investor, bob, portfolio):
    token = made().token
    admit(portfolio, bob)
    sharing.hand_over_portfolio(actor=Actor.user(investor), portfolio_id=portfolio.pk, user_id=bob.pk)
    assert statuses(token) == {404}
    assert AuditEvent.objects.filter(verb="portfolio.link_revoked").count() == 1


def test_editor_makes_none_and_a_simulation_has_none(investor, bob, portfolio):
    admit(portfolio, bob, Role.EDITOR)
    with pytest.raises(Forbidden):
        sharing.create_link(actor=Actor.user(bob), portfolio_id=portfolio.pk, data=LinkInput())
    simulated = Portfolio.objects.create(name="Paper", currency="EUR", kind="simulated", managed_by=uuid4())
    admit(simulated, investor, Role.OWNER)
    with pytest.raises(ManagedPortfolio):
        sharing.create_link(actor=Actor.user(investor), portfolio_id=simulated.pk, data=LinkInput())
    assert not PublicLink.objects.exists()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"label": "x" * 101}, ("label", "max_length")),
        ({"shows": "all"}, ("shows", "choice")),
        ({"names": "some"}, ("names", "choice")),
        ({"expires_at": NOW}, ("expires_at", "past")),
        ({"expires_at": NOW + timedelta(days=3661)}, ("expires_at", "too_long")),
    ],
)
def test_wrong_input_names_its_field(made, data, fault):
    with time_machine.travel(NOW, tick=False), pytest.raises(ValidationFailed) as caught:
        made(**data)
    assert [(one.field, one.code) for one in caught.value.errors] == [fault]


def test_a_portfolio_takes_twenty_that_count(made, investor, portfolio):
    rows = [PublicLink(portfolio=portfolio, token_hash=f"{n:064}", beginning="x") for n in range(19)]
    PublicLink.objects.bulk_create([*rows, PublicLink(portfolio=portfolio, token_hash="y", revoked_at=NOW)])
    last = made()
    with pytest.raises(TooManyLinks):
        made()
    sharing.revoke_link(actor=Actor.user(investor), portfolio_id=portfolio.pk, link_id=last.link.pk)
    assert made().link.revoked_at is None


def test_links_go_a_month_after_their_end(made, portfolio):
    with time_machine.travel(NOW - timedelta(days=31), tick=False):
        old, gone, stays = made(expires_at=NOW - timedelta(days=30.5)), made(), made()
        PublicLink.objects.filter(pk=gone.link.pk).update(revoked_at=NOW - timedelta(days=31))
    with time_machine.travel(NOW, tick=False):
        young = made(expires_at=NOW + timedelta(seconds=1))
    with time_machine.travel(NOW + timedelta(days=20), tick=False):
        assert sharing.purge_links() == 2
    assert set(PublicLink.objects.all()) == {stays.link, young.link}
    assert old.link.pk != gone.link.pk


def test_page_of_the_owner_shows_the_address_once(investor, portfolio):
    client, url = Client(), reverse("portfolio-links", args=[portfolio.pk])
    client.force_login(investor)
    wrong = client.post(url, {"label": "x" * 101, "shows": "percentages", "names": "listed", "lifetime": "7"})
    assert wrong.status_code == 400
    answer = client.post(url, {"label": "", "shows": "values", "names": "all", "lifetime": "never"})
    text = answer.content.decode()
    token = text.split("/share/")[1].split("/")[0]
    assert (answer.status_code, statuses(token)) == (200, {200})
    assert "no-store" in answer.headers["Cache-Control"]
    for page in (url, reverse("portfolio-sharing", args=[portfolio.pk])):
        listed = client.get(page).content.decode()
        assert token not in listed
        assert f"<code>{token[:4]}…</code>" in listed
    link = PublicLink.objects.get()
    assert (link.shows, link.names, link.expires_at) == ("values", "all", None)
    revoke = reverse("portfolio-link-revoke", args=[portfolio.pk, link.pk])
    assert "opens nothing from now on" in client.get(revoke).content.decode()
    assert client.post(revoke).headers["Location"] == url
    assert statuses(token) == {404}


def test_api_tells_address_once_and_lists_without_it(api, portfolio):
    url = reverse("api-public-links", args=[portfolio.pk])
    answer = api.post(url, {"label": "Mine", "expires_at": "2030-01-01T00:00:00Z"}, format="json")
    body = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert body["address"] == f"http://testserver/share/{body['token']}/"
    [row] = api.get(url).json()["items"]
    assert row == {name: value for name, value in body.items() if name not in {"token", "address"}}
    assert (row["state"], row["views"], row["expires_at"]) == ("open", 0, "2030-01-01T00:00:00Z")
    assert api.delete(f"{url}/{row['id']}").status_code == 204
    assert api.get(url).json()["items"][0]["state"] == "revoked"


def test_a_token_of_a_program_neither_makes_nor_ends_one(made, investor, portfolio):
    issued = made()
    program = create_personal_token(
        actor=Actor.user(investor),
        user_id=investor.pk,
        name="Script",
        scopes=["portfolios:read", "portfolios:write"],
        expires_at=None,
    ).secret
    url, headers = reverse("api-public-links", args=[portfolio.pk]), {"Authorization": f"Bearer {program}"}
    assert Client().get(url, headers=headers).status_code == 200
    refused = [
        Client().post(url, {}, "application/json", headers=headers),
        Client().delete(f"{url}/{issued.link.pk}", headers=headers),
    ]
    assert [json.loads(one.content)["type"] for one in refused] == ["sign-in-required"] * 2
    assert statuses(issued.token) == {200}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_both_counted_and_never_make_one_too_many(made, investor, portfolio):
    rows = [PublicLink(portfolio=portfolio, token_hash=f"{n:064}", beginning="x") for n in range(19)]
    PublicLink.objects.bulk_create(rows)
    deposit(investor, portfolio)

    def attempt() -> str:
        try:
            return made().token
        except TooManyLinks:
            return ""

    [token] = filter(None, at_once(attempt, attempt))
    at_once(*[lambda: Client().get(f"/share/{token}/")] * 2)
    assert PublicLink.objects.get(token_hash=digest(token)).views == 2

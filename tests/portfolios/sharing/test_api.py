"""The endpoints of sharing, as a program calls them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from core.models import Role
from portfolios.models import PortfolioInvitation
from portfolios.selectors import sharing as selectors
from tests.portfolios.sharing.conftest import admit, roles, unproven

pytestmark = pytest.mark.django_db
INVITE = {"email": "Bob@example.org", "role": "viewer"}


def caller(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def invitations(portfolio) -> str:
    return reverse("api-invitations", args=[portfolio.pk])


def test_from_invitation_to_membership(api, bob, investor, portfolio, invitations):
    sent = api.post(invitations, INVITE, format="json")
    row = PortfolioInvitation.objects.get()
    stamp = lambda at: at.isoformat().replace("+00:00", "Z")  # noqa: E731
    assert (sent.status_code, sent.json()) == (201, {
        "id": str(row.pk), "email": "bob@example.org", "role": "viewer", "state": "open",
        "sent_at": stamp(row.sent_at), "expires_at": stamp(row.expires_at),
    })  # fmt: skip
    assert api.get(invitations).json() == {"items": [sent.json()], "total": 1, "skip": 0, "limit": 100}
    received = caller(bob).get(reverse("api-received")).json()["items"]
    assert received == [{
        "id": str(row.pk), "portfolio": "Savings", "invited_by": "ida@example.org", "role": "viewer",
        "expires_at": stamp(row.expires_at),
    }]  # fmt: skip
    accept = reverse("api-received-accept", args=[row.pk])
    answers = [caller(bob).post(accept) for _ in range(2)]
    assert [(one.status_code, one.json()["id"], one.json()["role"]) for one in answers] == [
        (200, str(portfolio.pk), "viewer")
    ] * 2
    assert answers[0].json()["owner"] == {"id": str(investor.pk), "name": "ida@example.org"}
    assert api.get(invitations).json()["total"] == 0
    assert caller(bob).get(reverse("api-received")).json()["total"] == 0
    assert [(one["name"], one["role"], one["is_you"]) for one in members(api, portfolio)] == [
        ("ida@example.org", "owner", True), ("bob@example.org", "viewer", False),
    ]  # fmt: skip


def members(client: APIClient, portfolio: Any) -> Any:
    return client.get(reverse("api-members", args=[portfolio.pk])).json()["items"]


def test_second_invitation_is_the_first(api, invitations):
    first = api.post(invitations, INVITE, format="json")
    again = api.post(invitations, INVITE | {"role": "editor"}, format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"role": "editor"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "role"]),
        ({"email": "nobody", "role": "viewer"}, ["email"]),
        ({"email": "bob@example.org", "role": "owner"}, ["role"]),
        ({**INVITE, "status": "accepted"}, ["status"]),
    ],
)
def test_wrong_body_names_its_fields(api, invitations, body, fields):
    answer = api.post(invitations, body, format="json")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == fields
    assert not PortfolioInvitation.objects.exists()


def test_refusals_have_their_codes(api, bob, portfolio, invitations, settings):
    def code(email: str = "x@example.org") -> tuple[int, str]:
        answer = api.post(invitations, {"email": email, "role": "viewer"}, format="json")
        return answer.status_code, answer.json()["type"]

    admit(portfolio, bob)
    assert code("BOB@example.org") == (409, "already-member")
    settings.THROTTLES = {**settings.THROTTLES, "invitations-address": "1/day"}
    sent = api.post(invitations, {"email": "y@example.org", "role": "viewer"}, format="json").json()
    again = api.post(reverse("api-invitation-resend", args=[portfolio.pk, sent["id"]]))
    assert (again.status_code, again.json()["type"]) == (429, "rate-limited")
    assert 0 < int(again["Retry-After"]) <= 86_400
    unproven(User.objects.get(email="ida@example.org"))
    assert code() == (403, "address-unproven")


def test_withdrawn_and_declined_are_closed(api, bob, portfolio, invitations):
    key = api.post(invitations, INVITE, format="json").json()["id"]
    decline, accept = (reverse(f"api-received-{one}", args=[key]) for one in ("decline", "accept"))
    assert [caller(bob).post(decline).status_code for _ in range(2)] == [204, 204]
    refused = caller(bob).post(accept)
    assert (refused.status_code, refused.json()["type"]) == (409, "invitation-closed")
    key = api.post(invitations, INVITE, format="json").json()["id"]
    withdraw = reverse("api-invitation", args=[portfolio.pk, key])
    assert [api.delete(withdraw).status_code for _ in range(2)] == [204, 204]
    assert caller(bob).get(reverse("api-received")).json()["total"] == 0


def test_invitation_to_another_is_unknown(api, join, invitations):
    key = api.post(invitations, INVITE, format="json").json()["id"]
    eve = caller(join("eve"))
    for name in ("accept", "decline"):
        answer = eve.post(reverse(f"api-received-{name}", args=[key]))
        assert answer.status_code == 404


def test_member_is_changed_made_owner_and_removed(api, bob, investor, portfolio):
    admit(portfolio, bob)
    one = reverse("api-member", args=[portfolio.pk, bob.pk])
    assert api.patch(one, {"role": "editor"}, format="json").json()["role"] == "editor"
    assert api.patch(one, {"role": "owner"}, format="json").status_code == 400
    owner = reverse("api-owner", args=[portfolio.pk])
    handed = api.put(owner, {"user_id": str(bob.pk)}, format="json")
    assert (handed.status_code, handed.json()["role"], handed.json()["owner"]["id"]) == (
        200, "editor", str(bob.pk),
    )  # fmt: skip
    assert api.put(owner, {"user_id": str(bob.pk)}, format="json").status_code == 403
    assert caller(bob).delete(reverse("api-member", args=[portfolio.pk, investor.pk])).status_code == 204
    assert roles(portfolio) == {"bob": "owner"}
    assert api.get(reverse("api-portfolio", args=[portfolio.pk])).status_code == 404


def test_nobody_but_a_member_becomes_the_owner(api, bob, portfolio):
    answer = api.put(reverse("api-owner", args=[portfolio.pk]), {"user_id": str(bob.pk)}, format="json")
    assert answer.status_code == 404
    assert roles(portfolio) == {"ida": "owner"}


def test_viewer_sees_no_address_but_the_owners(bob, join, portfolio):
    admit(portfolio, bob)
    admit(portfolio, join("eve"), Role.EDITOR)
    assert [one["email"] for one in members(caller(bob), portfolio)] == [
        "ida@example.org", "bob@example.org", None,
    ]  # fmt: skip


def test_repeated_with_its_key_an_invitation_is_sent_once(api, invitations, letters):
    def post() -> None:
        api.post(invitations, INVITE, format="json", headers={"Idempotency-Key": "one"})

    assert len(letters(post)) == 1
    assert letters(post) == []


def test_no_answer_tells_the_token(api, bob, invitations):
    sent = api.post(invitations, INVITE, format="json").json()
    row = PortfolioInvitation.objects.get(pk=UUID(sent["id"]))
    listed = api.get(invitations).content + caller(bob).get(reverse("api-received")).content
    assert row.token_hash not in listed.decode()
    assert selectors.state_of(row) == "open"

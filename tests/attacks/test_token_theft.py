"""A stolen refresh token: whoever uses it second ends it for both, also when both use it at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import RefreshToken, TokenFamily
from tests.attacks.conftest import PASSWORD
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def post(name: str, body: dict[str, str], agent: str = "owner") -> Any:
    return Client(headers={"User-Agent": agent}).post(
        reverse(name), json.dumps(body), content_type="application/json"
    )


@pytest.fixture
def pair(victim) -> dict[str, str]:
    return post("api-users-login", {"email": victim.email, "password": PASSWORD}).json()


def refresh(token: str, agent: str = "owner") -> Any:
    return post("api-users-refresh", {"refresh_token": token}, agent)


def opens(access: str) -> bool:
    return (
        Client().get(reverse("api-users-me"), headers={"Authorization": f"Bearer {access}"}).status_code
        == 200
    )


@pytest.mark.parametrize("first", ["owner", "thief"])
def test_second_use_ends_what_the_first_one_got(pair, first):
    won = refresh(pair["refresh_token"], first)
    assert won.status_code == 200
    assert opens(won.json()["access_token"])
    second = refresh(pair["refresh_token"], "thief" if first == "owner" else "owner")
    assert (second.status_code, second.json()["type"]) == (401, "token-invalid")
    assert not opens(won.json()["access_token"])
    assert not opens(pair["access_token"])
    assert refresh(won.json()["refresh_token"]).status_code == 401


@pytest.mark.parametrize("_round", range(5))
def test_thief_and_owner_at_once_are_both_out(pair, _round):
    """On two connections: one wins the exchange, the other's is the reuse, and nothing is left of it."""
    token = pair["refresh_token"]
    answers = at_once(lambda: refresh(token), lambda: refresh(token, "thief"))
    statuses = sorted(one.status_code for one in answers)
    assert statuses == [200, 401]
    family = TokenFamily.objects.get()
    assert (family.revoked_reason, RefreshToken.objects.count()) == ("reuse", 2)
    won = next(one for one in answers if one.status_code == 200).json()
    assert not opens(won["access_token"])
    assert not opens(pair["access_token"])
    assert refresh(won["refresh_token"]).status_code == 401


@pytest.mark.parametrize("_round", range(3))
def test_chain_that_both_go_on_with_ends(pair, _round):
    """The thief got a token first and goes on renewing: the owner's next use stops the thief."""
    stolen = refresh(pair["refresh_token"], "thief").json()
    for _ in range(3):
        stolen = refresh(stolen["refresh_token"], "thief").json()
    answers = at_once(
        lambda: refresh(pair["refresh_token"]), lambda: refresh(stolen["refresh_token"], "thief")
    )
    assert answers[0].status_code == 401
    assert not opens(stolen["access_token"])
    if answers[1].status_code == 200:
        assert not opens(answers[1].json()["access_token"])
        assert refresh(answers[1].json()["refresh_token"], "thief").status_code == 401


def test_sign_out_and_refresh_at_once_leave_nothing_open(pair):
    token = pair["refresh_token"]
    out, renewed = at_once(
        lambda: post("api-users-logout", {"refresh_token": token}), lambda: refresh(token, "thief")
    )
    assert out.status_code == 204
    if renewed.status_code == 200:
        assert not opens(renewed.json()["access_token"])
        assert refresh(renewed.json()["refresh_token"]).status_code == 401
    assert not opens(pair["access_token"])

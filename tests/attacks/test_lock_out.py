"""Guessing at an account must not lock its owner out: not on the pages, not over the API, not for good."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.attacks.conftest import PASSWORD

pytestmark = pytest.mark.django_db
BEGIN = "2026-03-02T12:00:05Z"
HOME, ABROAD = "192.0.2.1", "198.51.100.1"
WAYS = ["page", "api"]


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEGIN, tick=False) as travelled:
        yield travelled


def attempt(way: str, address: str, password: str, email: str = "ada@example.org") -> int:
    client = Client(REMOTE_ADDR=address)
    if way == "page":
        answer = client.post(reverse("account_login"), {"login": email, "password": password})
        if answer.status_code == 200:  # the form again, with the reason
            return 429 if "Too many failed login attempts" in answer.content.decode() else 401
        return 200 if answer.status_code == 302 else answer.status_code
    body = json.dumps({"email": email, "password": password})
    return client.post(reverse("api-users-login"), body, content_type="application/json").status_code


def guess(way: str, networks: int = 30, each: int = 2) -> list[int]:
    """Guess from many networks, as a botnet does: more often than an account bears from all of them."""
    return [
        attempt(way, f"203.0.113.{number}", f"guess {number} {turn}")
        for number in range(networks)
        for turn in range(each)
    ]


@pytest.mark.parametrize("theirs", WAYS)
@pytest.mark.parametrize("ours", WAYS)
def test_owner_signs_in_from_where_they_were_before_while_the_guessing_goes_on(victim, clock, ours, theirs):
    assert attempt(ours, HOME, PASSWORD) == 200
    for _ in range(6):  # half an hour of it
        guess(theirs)
        assert attempt(ours, HOME, PASSWORD) == 200
        clock.shift(300)
    assert 429 in guess(theirs)


@pytest.mark.parametrize("ours", WAYS)
def test_guesses_of_the_same_network_hold_the_owner_back_for_minutes_only(victim, clock, ours):
    """Whoever guesses in the owner's own network shares its budget, which begins anew after five minutes."""
    assert 429 in [attempt("api", HOME, "guess") for _ in range(15)]
    assert attempt(ours, HOME, PASSWORD) == 429
    clock.shift(301)
    assert attempt(ours, HOME, PASSWORD) == 200


@pytest.mark.parametrize("ours", WAYS)
def test_owner_abroad_is_let_in_once_the_guessing_ends(victim, clock, ours):
    guess("api")
    assert attempt(ours, ABROAD, PASSWORD) == 429
    clock.shift(901)
    assert attempt(ours, ABROAD, PASSWORD) == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ours", WAYS)
def test_owner_abroad_gets_in_by_a_new_password_while_the_guessing_goes_on(victim, clock, ours):
    guess("api")
    assert attempt(ours, ABROAD, PASSWORD) == 429
    client = Client(REMOTE_ADDR=ABROAD)
    client.post(reverse("account_reset_password"), {"email": victim.email})
    (link,) = [word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word]
    form = client.get(link.partition("testserver")[2], follow=True)
    new = "another horse battery"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert attempt(ours, ABROAD, new) == 200


def test_wait_is_told_and_the_same_for_an_address_that_nobody_has(victim, clock):
    for network, email in ((8, "ada@example.org"), (9, "nobody@example.org")):
        body = json.dumps({"email": email, "password": "guess"})
        answers = [
            Client(REMOTE_ADDR=f"203.0.113.{network}").post(
                reverse("api-users-login"), body, content_type="application/json"
            )
            for _ in range(11)
        ]
        assert [one.status_code for one in answers] == [401] * 10 + [429], email
        assert answers[-1].headers["Retry-After"] == "295"


def test_guessing_does_not_stop_a_password_from_being_reset(victim, clock):
    """The way out must not be closed by who closed the way in."""
    for number in range(30):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(
            reverse("account_reset_password"), {"email": victim.email}
        )
    mail.outbox.clear()
    clock.shift(3600)
    Client(REMOTE_ADDR=HOME).post(reverse("account_reset_password"), {"email": victim.email})
    assert len(mail.outbox) == 1

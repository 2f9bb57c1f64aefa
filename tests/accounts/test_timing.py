"""An address that is unknown costs what a known one costs: hashes and reads are counted, not seconds."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tests.accounts.test_sign_in import hashes as hashes  # noqa: PLC0414

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "ada@example.org", "eve@example.org"  # as long as each other, for the bytes
WRONG = "wrong horse battery"


VARYING = {"X-Request-Id", "Set-Cookie", "Date", "Expires", "RateLimit"}  # the last counts calls down


class Cost:
    """What a call cost: password hashes, statements by kind and table, letters; and what it answered."""

    def __init__(self, hashes: list[str], call) -> None:
        hashes.clear()
        mail.outbox.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = call()
        self.hashes = len(hashes)
        self.letters = len(mail.outbox)
        self.statements = [kind(one["sql"]) for one in queries]
        self.status = answer.status_code
        self.headers = {key: value for key, value in answer.headers.items() if key not in VARYING}
        self.body = scrubbed(answer.content.decode())


def kind(sql: str) -> str:
    """Tell a statement without its values."""
    return re.sub(r"'[^']*'|\d+", "?", sql)


def scrubbed(body: str) -> str:
    """Leave out what is random in every answer, and the address that was typed."""
    body = re.sub(r"[A-Za-z0-9]{64}", "", body)  # CSRF tokens
    body = re.sub(r'"request_id":\s*"[^"]+"', "", body)
    return body.replace(KNOWN, "ADDRESS").replace(UNKNOWN, "ADDRESS")


def both(hashes: list[str], call) -> tuple[Cost, Cost]:
    return Cost(hashes, lambda: call(KNOWN)), Cost(hashes, lambda: call(UNKNOWN))


def test_sign_in_over_the_api_costs_and_answers_alike(api, ada, hashes):
    known, unknown = both(hashes, lambda email: api.sign_in(email, WRONG))
    assert vars(known) == vars(unknown)
    # the user, and the count of the day's refusals
    assert (known.status, known.hashes, len(known.statements)) == (401, 1, 2)


def test_sign_in_on_the_page_costs_and_answers_alike(ada, hashes):
    def attempt(email: str):
        return Client().post(reverse("account_login"), {"login": email, "password": WRONG})

    known, unknown = both(hashes, attempt)
    assert vars(known) == vars(unknown)
    # the user, the providers that the page offers, and the count of the day's refusals
    assert (known.status, known.hashes, len(known.statements)) == (200, 1, 3)
    assert "ADDRESS" in known.body


def test_sign_in_on_the_page_of_an_account_without_a_password_costs_the_same(ada, hashes):
    ada.set_unusable_password()
    ada.save()
    known, unknown = both(
        hashes,
        lambda email: Client().post(reverse("account_login"), {"login": email, "password": WRONG}),
    )
    assert vars(known) == vars(unknown)


def test_password_reset_costs_and_answers_alike(ada, hashes):
    known, unknown = both(
        hashes, lambda email: Client().post(reverse("account_reset_password"), {"email": email})
    )
    # either gets one letter: the link, or that there is no account
    assert (known.letters, unknown.letters, known.hashes, unknown.hashes) == (1, 1, 0, 0)
    assert (known.status, known.headers, known.body) == (unknown.status, unknown.headers, unknown.body)
    # indexed reads both, and one more where there is an account: nothing beside the letter
    assert (len(known.statements), len(unknown.statements)) == (3, 2)


def test_sign_up_says_that_an_address_is_taken_at_the_price_of_a_hash(api, ada, hashes):
    """The contract answers 409, so there is nothing to hide; but no cheap way to ask for many either."""

    def attempt(email: str):
        body = {"email": email, "password": "correct horse battery"}
        return api("POST", "/api/v1/users/signup", body)

    known, unknown = both(hashes, attempt)
    assert (known.status, unknown.status) == (409, 201)
    assert known.hashes == unknown.hashes == 1
    assert not User.objects.exclude(email__in=[KNOWN, UNKNOWN]).exists()

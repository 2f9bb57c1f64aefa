"""Ground of the attacks: a victim with an account, and everybody's counters forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import User
from portfolios.selectors.ledger import memory

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Forget throttles, guesses and ledgers of the test before."""
    cache.clear()
    memory.clear()
    yield
    memory.clear()


@pytest.fixture
def victim(db) -> User:
    return services.register_user(email="ada@example.org", password=PASSWORD, email_verified=True)


@pytest.fixture
def signed_in(victim: User) -> Client:
    return sign_in(Client())


def sign_in(client: Client, email: str = "ada@example.org", password: str = PASSWORD) -> Client:
    """Sign in by the page, as a browser does."""
    answer = client.post(reverse("account_login"), {"login": email, "password": password})
    assert answer.status_code == 302, answer.content
    return client

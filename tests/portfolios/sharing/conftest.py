"""People who share a portfolio of Ida's, and the mail that they get."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.core.context import request_context
from django.core import mail
from django.core.cache import cache
from django.test import RequestFactory

from accounts.models import User
from accounts.services import register_user
from core.actor import Actor
from core.bus import bus
from core.models import Role
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, PortfolioInvitation, PortfolioMember
from portfolios.services import sharing
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import add_transactions

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _asked_by_a_browser() -> Iterator[None]:
    """Serve a request, so that links have a host, and forget budgets of the test before."""
    cache.clear()
    with request_context(RequestFactory().get("/")):
        yield


@pytest.fixture
def join(db: None) -> Callable[..., User]:
    """Make a person whose address is proven, unless told otherwise."""

    def make(name: str, *, proven: bool = True, **more: Any) -> User:
        return register_user(email=f"{name}@example.org", password=PASSWORD, email_verified=proven, **more)

    return make


@pytest.fixture
def investor(join: Callable[..., User]) -> User:
    return join("ida")


@pytest.fixture
def bob(join: Callable[..., User]) -> User:
    return join("bob")


@pytest.fixture
def invite(investor: User, portfolio: Portfolio) -> Callable[..., PortfolioInvitation]:
    """Invite in Ida's name; give the invitation."""

    def send(email: str = "bob@example.org", role: str = "viewer") -> PortfolioInvitation:
        return sharing.invite_member(
            actor=Actor.user(investor), portfolio_id=portfolio.pk, email=email, role=role
        ).invitation

    return send


@pytest.fixture
def letters(django_capture_on_commit_callbacks: Any) -> Callable[[Callable[[], Any]], list[Any]]:
    """Run some work to its commit; give the mail that it sent."""

    def run(work: Callable[[], Any]) -> list[Any]:
        before = len(mail.outbox)
        with django_capture_on_commit_callbacks(execute=True):
            work()
        return mail.outbox[before:]

    return run


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep what is published."""
    events: list[Any] = []
    publish = bus.publish

    def listen(event: Any) -> None:
        if type(event).__module__ == "portfolios.events":
            events.append(event)
        publish(event)

    monkeypatch.setattr(bus, "publish", listen)
    return events


def admit(portfolio: Portfolio, user: User, role: str = Role.VIEWER) -> PortfolioMember:
    return PortfolioMember.objects.create(portfolio=portfolio, user=user, role=role)


def roles(portfolio: Portfolio) -> dict[str, str]:
    """Tell who has which role, by the name before the @."""
    rows = PortfolioMember.objects.filter(portfolio=portfolio).values_list("user__email", "role")
    return {email.split("@")[0]: role for email, role in rows}


def paid(amount: int, currency: str = "EUR") -> TransactionInput:
    return TransactionInput(
        kind=EntryKind.DEPOSIT,
        time=datetime(2024, 1, 5, tzinfo=UTC),
        quantity=Decimal(amount),
        price=Decimal(1),
        currency=currency,
    )


def deposit(user: User, portfolio: Portfolio, amount: int = 100, currency: str = "EUR") -> None:
    add_transactions(actor=Actor.user(user), portfolio_id=portfolio.pk, inputs=[paid(amount, currency)])


def token_in(letter: Any) -> str:
    return re.search(r"/invitations/([\w-]+)/", letter.body)[1]


def unproven(user: User) -> None:
    EmailAddress.objects.filter(user=user).update(verified=False)

"""Members: their roles, how they go, how a portfolio changes hands, what an erasure takes along."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import services as people
from core.actor import Actor
from core.errors import Forbidden, NotFound, ValidationFailed
from core.models import AuditEvent, Role
from market.models import FxRate
from portfolios.errors import OwnerStays
from portfolios.events import MemberChanged, MemberRemoved, OwnerChanged
from portfolios.models import Portfolio, PortfolioInvitation, PortfolioMember
from portfolios.selectors import portfolios, valuation
from portfolios.selectors import sharing as selectors
from portfolios.selectors.ledger import load
from portfolios.services import sharing
from portfolios.services.portfolios import create_portfolio, default_portfolio
from tests.portfolios.sharing.conftest import PASSWORD, admit, deposit, roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(portfolio, bob) -> Portfolio:
    admit(portfolio, bob)
    return portfolio


def test_role_is_changed_and_counts_at_once(shared, investor, bob, heard):
    with pytest.raises(Forbidden):
        deposit(bob, shared)
    keys = {"actor": Actor.user(investor), "portfolio_id": shared.pk, "user_id": bob.pk}
    heard.clear()
    for _ in range(2):
        sharing.change_role(**keys, role="editor")
    assert heard == [MemberChanged(portfolio_id=shared.pk, user_id=bob.pk, role="editor")]
    deposit(bob, shared)
    sharing.change_role(**keys, role="viewer")
    with pytest.raises(Forbidden):
        deposit(bob, shared)
    first = AuditEvent.objects.filter(verb="portfolio.member_changed").order_by("at").first()
    assert first.before == {"member": str(bob.pk), "role": "viewer"}
    assert first.after == {"member": str(bob.pk), "role": "editor"}


def test_role_is_viewer_or_editor_and_never_the_owners(shared, investor, bob):
    keys = {"actor": Actor.user(investor), "portfolio_id": shared.pk}
    with pytest.raises(ValidationFailed):
        sharing.change_role(**keys, user_id=bob.pk, role="owner")
    with pytest.raises(OwnerStays):
        sharing.change_role(**keys, user_id=investor.pk, role="viewer")
    with pytest.raises(NotFound):
        sharing.change_role(**keys, user_id=uuid4(), role="viewer")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_members_do_not_manage_members(portfolio, bob, join, role):
    eve = join("eve")
    admit(portfolio, bob, role)
    admit(portfolio, eve)
    keys = {"actor": Actor.user(bob), "portfolio_id": portfolio.pk, "user_id": eve.pk}
    for work in (
        lambda: sharing.change_role(**keys, role="editor"),
        lambda: sharing.remove_member(**keys),
        lambda: sharing.hand_over_portfolio(**keys),
    ):
        with pytest.raises(Forbidden):
            work()
    assert roles(portfolio) == {"ida": "owner", "bob": role, "eve": "viewer"}


def test_removed_member_is_a_stranger_at_once(shared, investor, bob, heard):
    heard.clear()
    sharing.remove_member(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=bob.pk)
    assert heard == [MemberRemoved(portfolio_id=shared.pk, user_id=bob.pk, how="removed")]
    with pytest.raises(NotFound):
        portfolios.get(bob, shared.pk)
    with pytest.raises(NotFound):
        deposit(bob, shared)
    with pytest.raises(NotFound):
        sharing.remove_member(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=bob.pk)
    assert AuditEvent.objects.get(verb="portfolio.member_removed").before == {
        "member": str(bob.pk), "role": "viewer",
    }  # fmt: skip


def test_member_leaves_and_the_owner_does_not(shared, investor, bob):
    sharing.remove_member(actor=Actor.user(bob), portfolio_id=shared.pk, user_id=bob.pk)
    assert roles(shared) == {"ida": "owner"}
    assert AuditEvent.objects.get(verb="portfolio.member_left").actor_id == bob.pk
    with pytest.raises(OwnerStays):
        sharing.remove_member(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=investor.pk)
    with pytest.raises(NotFound):
        sharing.remove_member(actor=Actor.user(bob), portfolio_id=shared.pk, user_id=bob.pk)


def test_portfolio_is_handed_over(shared, investor, bob, heard):
    heard.clear()
    sharing.hand_over_portfolio(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=bob.pk)
    assert roles(shared) == {"ida": "editor", "bob": "owner"}
    assert heard[-1] == OwnerChanged(portfolio_id=shared.pk, from_user_id=investor.pk, to_user_id=bob.pk)
    with pytest.raises(Forbidden):
        sharing.hand_over_portfolio(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=investor.pk)
    assert AuditEvent.objects.filter(verb="portfolio.handed_over").count() == 2


def test_handing_over_to_oneself_changes_nothing(shared, investor):
    sharing.hand_over_portfolio(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=investor.pk)
    assert roles(shared) == {"ida": "owner", "bob": "viewer"}


def test_closed_account_inherits_nothing(shared, investor, bob):
    bob.is_active = False
    bob.save()
    with pytest.raises(ValidationFailed):
        sharing.hand_over_portfolio(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=bob.pk)


def test_handed_over_default_portfolio_is_nobodys_default(investor, bob):
    actor = Actor.user(investor)
    first = default_portfolio(actor=actor, user=investor)
    admit(first, bob)
    sharing.hand_over_portfolio(actor=actor, portfolio_id=first.pk, user_id=bob.pk)
    second = default_portfolio(actor=actor, user=investor)
    assert second.pk != first.pk
    assert roles(second) == {"ida": "owner"}
    people.erase_user(actor=actor, user_id=investor.pk, password=PASSWORD)
    assert roles(first) == {"bob": "owner"}


def test_rates_of_the_new_owner_apply_at_once(shared, investor, bob):
    """The ledger in memory knows whose rates it was read with."""
    for user, rate in ((investor, "2"), (bob, "3")):
        FxRate.objects.create(
            world_id=1, base="USD", quote="EUR", date="2024-01-02", rate=rate, owner=user, source="user"
        )
    deposit(investor, shared, currency="USD")

    def total() -> Decimal:
        ledger = load(portfolios.get(bob, shared.pk))
        return valuation.at(ledger, datetime(2024, 1, 8, tzinfo=UTC).date()).total

    assert total() == Decimal(200)
    sharing.hand_over_portfolio(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=bob.pk)
    assert total() == Decimal(300)


def test_shared_portfolio_counts_for_its_owner_only(shared, investor, bob):
    deposit(investor, shared)
    assert valuation.net_worth(investor).total == Decimal(100)
    assert valuation.net_worth(bob).total == Decimal(0)
    assert valuation.net_worth(bob).parts == []
    (one,) = portfolios.shared_with(bob)
    assert (one.pk, one.role, one.owner_id, one.owner_name) == (
        shared.pk, "viewer", investor.pk, "ida@example.org",
    )  # fmt: skip
    assert list(portfolios.shared_with(investor)) == []


def test_owner_sees_addresses_and_others_only_the_owners(shared, investor, bob, join):
    eve = join("eve")
    admit(shared, eve)
    by_owner = [(one.name, one.email, one.role) for one in selectors.members(investor, shared.pk)]
    by_eve = [(one.name, one.email, one.is_you) for one in selectors.members(eve, shared.pk)]
    assert by_owner == [
        ("ida@example.org", "ida@example.org", "owner"),
        ("bob@example.org", "bob@example.org", "viewer"),
        ("eve@example.org", "eve@example.org", "viewer"),
    ]
    assert by_eve == [
        ("ida@example.org", "ida@example.org", False),
        ("b…@example.org", None, False),
        ("eve@example.org", "eve@example.org", True),
    ]
    bob.name = "Bob"
    bob.save()
    assert [one.name for one in selectors.members(eve, shared.pk)][1] == "Bob"
    with pytest.raises(NotFound):
        selectors.members(join("stranger"), shared.pk)


def test_erasure_takes_memberships_and_invitations(shared, investor, bob, invite, heard):
    own = create_portfolio(actor=Actor.user(bob), owner_id=bob.pk, name="Own", currency="EUR")
    sharing.invite_member(actor=Actor.user(bob), portfolio_id=own.pk, email="carl@example.org", role="viewer")
    PortfolioMember.objects.filter(user=bob).exclude(role="owner").delete()
    invite()
    kept = invite("eve@example.org")
    accepted = invite("former@example.org")
    PortfolioInvitation.objects.filter(pk=accepted.pk).update(
        status="accepted", member_id=bob.pk, closed_at=accepted.sent_at
    )
    admit(shared, bob)
    heard.clear()
    people.erase_user(actor=Actor.user(bob), user_id=bob.pk, password=PASSWORD)
    assert list(PortfolioInvitation.objects.all()) == [kept]
    assert roles(shared) == {"ida": "owner"}
    assert MemberRemoved(portfolio_id=shared.pk, user_id=bob.pk, how="erased") in heard


def test_erasure_takes_what_a_former_owner_sent(shared, investor, bob, invite):
    invite("eve@example.org")
    sharing.hand_over_portfolio(actor=Actor.user(investor), portfolio_id=shared.pk, user_id=bob.pk)
    people.erase_user(actor=Actor.user(investor), user_id=investor.pk, password=PASSWORD)
    assert not PortfolioInvitation.objects.exists()
    assert roles(shared) == {"bob": "owner"}


@pytest.mark.parametrize("way", ["delete", "demote"])
def test_database_keeps_an_owner(shared, way):
    owner = PortfolioMember.objects.filter(portfolio=shared, role="owner")

    def commit() -> None:
        owner.delete() if way == "delete" else owner.update(role="editor")
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="without its owner"), transaction.atomic():
        commit()


def test_database_takes_one_owner(shared, bob):
    with pytest.raises(IntegrityError, match="portfolio_one_owner"), transaction.atomic():
        PortfolioMember.objects.filter(user=bob).update(role="owner")

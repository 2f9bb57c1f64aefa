"""Two people, two connections, one portfolio."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.actor import Actor
from core.errors import DomainError
from core.models import Role
from portfolios.models import PortfolioInvitation, PortfolioMember, Transaction
from portfolios.services import sharing
from portfolios.services.transactions import add_transactions
from tests.portfolios.sharing.conftest import admit, paid, roles
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def outcome(work: Callable[[], Any]) -> Callable[[], str]:
    """Turn a refusal into its code."""

    def run() -> str:
        try:
            work()
        except DomainError as error:
            return error.code
        return "done"

    return run


def test_one_address_invited_twice_at_once_is_one_row(invite, mailoutbox):
    for number in range(ROUNDS):
        email = f"friend{number}@example.org"
        rows = at_once(lambda email=email: invite(email), lambda email=email: invite(email, "editor"))
        assert rows[0].pk == rows[1].pk
        assert PortfolioInvitation.objects.filter(email=email).count() == 1


def test_accepting_twice_at_once_makes_one_member(invite, bob, portfolio):
    row = invite()
    accept = lambda: sharing.accept_invitation(user=bob, invitation_id=row.pk).pk  # noqa: E731
    first, second = at_once(accept, accept)
    assert first == second
    assert roles(portfolio) == {"ida": "owner", "bob": "viewer"}


def test_accepting_while_it_is_withdrawn_leaves_one_truth(invite, bob, investor, portfolio):
    for _ in range(ROUNDS):
        row = invite()
        accepted, withdrawn = at_once(
            outcome(lambda row=row: sharing.accept_invitation(user=bob, invitation_id=row.pk)),
            outcome(
                lambda row=row: sharing.withdraw_invitation(
                    actor=Actor.user(investor), portfolio_id=portfolio.pk, invitation_id=row.pk
                )
            ),
        )
        assert sorted([accepted, withdrawn]) == ["done", "invitation-closed"]
        row.refresh_from_db()
        assert (row.status == "accepted") == (accepted == "done") == ("bob" in roles(portfolio))
        PortfolioMember.objects.filter(user=bob).delete()
        PortfolioInvitation.objects.all().delete()


def test_owner_who_leaves_while_handing_over_leaves_an_owner(bob, investor, portfolio):
    actor = Actor.user(investor)
    for _ in range(ROUNDS):
        admit(portfolio, bob)
        at_once(
            outcome(
                lambda: sharing.hand_over_portfolio(actor=actor, portfolio_id=portfolio.pk, user_id=bob.pk)
            ),
            outcome(
                lambda: sharing.remove_member(actor=actor, portfolio_id=portfolio.pk, user_id=investor.pk)
            ),
        )
        assert roles(portfolio)["bob"] == "owner"
        PortfolioMember.objects.filter(portfolio=portfolio).exclude(user=bob).delete()
        admit(portfolio, investor)
        sharing.hand_over_portfolio(actor=Actor.user(bob), portfolio_id=portfolio.pk, user_id=investor.pk)
        PortfolioMember.objects.filter(user=bob).delete()


def test_handing_over_to_two_at_once_makes_one_owner(bob, join, investor, portfolio):
    eve = join("eve")
    admit(portfolio, bob)
    admit(portfolio, eve)
    actor = Actor.user(investor)
    done = at_once(
        *(
            outcome(
                lambda user=user: sharing.hand_over_portfolio(
                    actor=actor, portfolio_id=portfolio.pk, user_id=user.pk
                )
            )
            for user in (bob, eve)
        )
    )
    assert sorted(done) == ["done", "forbidden"]
    assert sorted(roles(portfolio).values()) == ["editor", "owner", "viewer"]


def test_member_who_is_removed_while_writing_writes_before_or_not_at_all(bob, investor, portfolio):
    for _ in range(ROUNDS):
        admit(portfolio, bob, Role.EDITOR)
        before = Transaction.objects.count()
        wrote, removed = at_once(
            outcome(
                lambda: add_transactions(actor=Actor.user(bob), portfolio_id=portfolio.pk, inputs=[paid(1)])
            ),
            outcome(
                lambda: sharing.remove_member(
                    actor=Actor.user(investor), portfolio_id=portfolio.pk, user_id=bob.pk
                )
            ),
        )
        assert removed == "done"
        assert wrote in {"done", "not-found"}
        assert Transaction.objects.count() - before == (wrote == "done")
        assert roles(portfolio) == {"ida": "owner"}

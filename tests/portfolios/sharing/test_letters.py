"""What members are told by mail."""

from __future__ import annotations

import pytest

from core.actor import Actor
from portfolios.services import sharing
from tests.portfolios.sharing.conftest import admit, unproven

pytestmark = pytest.mark.django_db


def test_owner_is_told_who_accepted(invite, letters, bob, portfolio):
    row = invite()
    bob.name = "Bob at evil.example"
    bob.save()
    (letter,) = letters(lambda: sharing.accept_invitation(user=bob, invitation_id=row.pk))
    assert letter.to == ["ida@example.org"]
    assert letter.subject == "Bob at evil example (bob@example.org) accepted your invitation"
    assert f"http://testserver/portfolios/{portfolio.pk}/sharing/" in letter.body
    assert letters(lambda: sharing.accept_invitation(user=bob, invitation_id=row.pk)) == []


def test_new_owner_is_told(letters, bob, investor, portfolio):
    admit(portfolio, bob)
    (letter,) = letters(
        lambda: sharing.hand_over_portfolio(
            actor=Actor.user(investor), portfolio_id=portfolio.pk, user_id=bob.pk
        )
    )
    assert letter.to == ["bob@example.org"]
    assert letter.subject == "ida@example.org handed a portfolio over to you"
    assert "You own the portfolio “Savings” now" in letter.body


def test_address_that_is_not_proven_is_told_nothing(letters, invite, bob, investor):
    row = invite()
    unproven(investor)
    assert letters(lambda: sharing.accept_invitation(user=bob, invitation_id=row.pk)) == []

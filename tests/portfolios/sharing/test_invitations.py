"""Invitations: who may send them, what they say, who may answer, and for how long."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core import clock
from core.actor import Actor
from core.errors import Forbidden, NotFound, RateLimited, ValidationFailed
from core.models import AuditEvent, Role
from portfolios.errors import (
    AddressUnproven,
    AlreadyMember,
    InvitationClosed,
    ManagedPortfolio,
    TooManyMembers,
)
from portfolios.events import MemberInvited, MemberJoined
from portfolios.models import Portfolio, PortfolioInvitation
from portfolios.selectors import sharing as selectors
from portfolios.services import sharing
from tests.portfolios.sharing.conftest import admit, roles, token_in, unproven

pytestmark = pytest.mark.django_db


def test_invitation_is_mailed_with_a_link_that_only_its_hash_remembers(invite, letters, portfolio):
    (letter,) = letters(invite)
    token = token_in(letter)
    row = PortfolioInvitation.objects.get()
    assert letter.to == ["bob@example.org"]
    assert letter.subject == "ida@example.org invites you to a portfolio"
    assert "“Savings”" in letter.body
    assert "You may look at it, not change it." in letter.body
    assert f"http://testserver/invitations/{token}/" in letter.body
    assert f'<a href="http://testserver/invitations/{token}/">' in letter.alternatives[0][0]
    assert len(token) == 43
    assert row.token_hash == selectors.digest(token) != token
    assert selectors.by_token(token) == row
    assert row.expires_at - row.sent_at == timedelta(days=14)


def test_address_is_kept_in_lower_case_and_out_of_the_audit(invite, investor, portfolio, heard):
    row = invite("  BOB@Example.org ")
    event = AuditEvent.objects.get(verb="portfolio.member_invited")
    assert row.email == "bob@example.org"
    assert (event.actor_id, event.object_id) == (investor.pk, str(portfolio.pk))
    assert event.after == {"invitation": str(row.pk), "role": "viewer"}
    assert heard == [MemberInvited(portfolio_id=portfolio.pk, invitation_id=row.pk, role="viewer")]


def test_address_with_an_account_and_one_without_answer_alike(invite, letters, bob):
    known, unknown = (letters(lambda one=one: invite(one)) for one in ("bob@example.org", "eve@example.org"))
    first, second = (
        PortfolioInvitation.objects.values("role", "status", "closed_at", "member_id").get(email=one)
        for one in ("bob@example.org", "eve@example.org")
    )
    assert first == second
    assert known[0].subject == unknown[0].subject
    hidden = [
        letter.body.replace(token_in(letter), "TOKEN").replace(letter.to[0], "TO")
        for letter in (known[0], unknown[0])
    ]
    assert hidden[0] == hidden[1]


def test_letter_is_in_the_language_of_who_has_the_address(invite, letters, join, monkeypatch):
    from accounts.services import NewUser

    join("gerda", profile=NewUser(locale="de-AT"))
    seen = []
    monkeypatch.setattr(
        "portfolios.transports.send_letter", lambda *_args, language, **_more: seen.append(language)
    )
    letters(lambda: invite("gerda@example.org"))
    letters(lambda: invite("nobody@example.org"))
    assert seen == ["de-at", "en"]


def test_names_in_the_letter_are_no_links(letters, investor, portfolio, invite):
    investor.name = "Win at evil.example/now"
    investor.save()
    Portfolio.objects.update(name="http://evil.example " + "x" * 70)
    (letter,) = letters(invite)
    assert "Win at evil example now (ida@example.org)" in letter.body
    assert "evil.example" not in letter.body + letter.alternatives[0][0] + letter.subject
    assert "x" * 60 not in letter.body


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [("nobody", "viewer", "email"), ("", "viewer", "email"), (f"{'a' * 250}@b.example", "viewer", "email"),
     ("bob@example.org", "owner", "role"), ("bob@example.org", "", "role")],
)  # fmt: skip
def test_wrong_address_or_role_is_refused_by_name(invite, email, role, field):
    with pytest.raises(ValidationFailed) as caught:
        invite(email, role)
    assert [one.field for one in caught.value.errors] == [field]
    assert not PortfolioInvitation.objects.exists()


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_the_owner_invites(portfolio, bob, role, invite):
    admit(portfolio, bob, role)
    waiting = invite("eve@example.org")
    actor = Actor.user(bob)
    for work in (
        lambda: sharing.invite_member(
            actor=actor, portfolio_id=portfolio.pk, email="x@example.org", role="viewer"
        ),
        lambda: sharing.resend_invitation(actor=actor, portfolio_id=portfolio.pk, invitation_id=waiting.pk),
        lambda: sharing.withdraw_invitation(actor=actor, portfolio_id=portfolio.pk, invitation_id=waiting.pk),
    ):
        with pytest.raises(Forbidden):
            work()


def test_stranger_and_platform_do_not_invite(portfolio, bob):
    for actor, refusal in ((Actor.user(bob), NotFound), (Actor.system("x"), Forbidden)):
        with pytest.raises(refusal):
            sharing.invite_member(
                actor=actor, portfolio_id=portfolio.pk, email="x@example.org", role="viewer"
            )


def test_owner_without_a_proven_address_sends_nothing(invite, investor, portfolio):
    row = invite()
    unproven(investor)
    with pytest.raises(AddressUnproven):
        invite("eve@example.org")
    with pytest.raises(AddressUnproven):
        sharing.resend_invitation(actor=Actor.user(investor), portfolio_id=portfolio.pk, invitation_id=row.pk)


def test_member_is_not_invited(invite, portfolio, bob):
    admit(portfolio, bob)
    for email in ("Bob@example.org", "ida@example.org"):
        with pytest.raises(AlreadyMember):
            invite(email)


def test_inviting_again_sends_no_second_mail_and_may_offer_another_role(invite, letters):
    assert len(letters(invite)) == 1
    row = PortfolioInvitation.objects.get()
    assert letters(lambda: invite(role="editor")) == []
    again = PortfolioInvitation.objects.get()
    assert (again.pk, again.token_hash, again.role) == (row.pk, row.token_hash, "editor")


def test_inviting_again_after_it_expired_renews_it(invite, letters):
    with time_machine.travel(clock.now() - timedelta(days=15)):
        letters(invite)
    old = PortfolioInvitation.objects.get()
    assert selectors.state_of(old) == "expired"
    assert len(letters(invite)) == 1
    new = PortfolioInvitation.objects.get()
    assert (new.pk, selectors.state_of(new)) == (old.pk, "open")
    assert new.token_hash != old.token_hash


def test_sending_again_makes_the_former_link_worthless(invite, letters, investor, portfolio):
    old = token_in(letters(invite)[0])
    row = PortfolioInvitation.objects.get()
    (letter,) = letters(
        lambda: sharing.resend_invitation(
            actor=Actor.user(investor), portfolio_id=portfolio.pk, invitation_id=row.pk
        )
    )
    assert selectors.by_token(token_in(letter)).pk == row.pk
    with pytest.raises(NotFound):
        selectors.by_token(old)


def test_mails_are_limited_by_sender_and_by_address(invite, settings, investor, portfolio):
    settings.THROTTLES = {**settings.THROTTLES, "invitations": "3/day", "invitations-address": "2/day"}
    row = invite()
    again = {"actor": Actor.user(investor), "portfolio_id": portfolio.pk, "invitation_id": row.pk}
    sharing.resend_invitation(**again)
    with pytest.raises(RateLimited) as caught:
        sharing.resend_invitation(**again)
    assert 0 < caught.value.retry_after <= 86_400
    with pytest.raises(RateLimited):  # the fourth of this sender
        invite("eve@example.org")
    assert PortfolioInvitation.objects.count() == 1


def test_portfolio_takes_so_many_people(invite, monkeypatch):
    monkeypatch.setattr("portfolios.services.sharing.invitations.MOST_MEMBERS", 2)
    invite()
    with pytest.raises(TooManyMembers):
        invite("eve@example.org")


def test_accepting_makes_a_member_once(invite, bob, portfolio, heard):
    row = invite(role="editor")
    heard.clear()
    first = sharing.accept_invitation(user=bob, invitation_id=row.pk)
    again = sharing.accept_invitation(user=bob, invitation_id=row.pk)
    row.refresh_from_db()
    assert first == again
    assert roles(portfolio) == {"ida": "owner", "bob": "editor"}
    assert (row.status, row.member_id) == ("accepted", bob.pk)
    assert heard == [MemberJoined(portfolio_id=portfolio.pk, user_id=bob.pk, role="editor")]
    event = AuditEvent.objects.get(verb="portfolio.member_joined")
    assert (event.actor_id, event.after) == (bob.pk, {"invitation": str(row.pk), "role": "editor"})


def test_link_does_not_bring_back_who_was_removed(invite, bob, portfolio, investor):
    row = invite()
    sharing.accept_invitation(user=bob, invitation_id=row.pk)
    sharing.remove_member(actor=Actor.user(investor), portfolio_id=portfolio.pk, user_id=bob.pk)
    with pytest.raises(InvitationClosed):
        sharing.accept_invitation(user=bob, invitation_id=row.pk)
    assert roles(portfolio) == {"ida": "owner"}


@pytest.mark.parametrize("answer", [sharing.accept_invitation, sharing.decline_invitation])
def test_only_who_has_proven_the_address_answers(invite, join, bob, portfolio, answer):
    """A link that was forwarded, or an account that claims the address, opens nothing."""
    row = invite()
    unproven(bob)
    for user in (join("eve"), bob):
        with pytest.raises(NotFound):
            answer(user=user, invitation_id=row.pk)
    with pytest.raises(NotFound):
        answer(user=bob, invitation_id=uuid4())
    assert roles(portfolio) == {"ida": "owner"}


def test_member_who_accepts_once_more_keeps_the_role(invite, bob, portfolio):
    row = invite(role="viewer")
    admit(portfolio, bob, Role.EDITOR)
    sharing.accept_invitation(user=bob, invitation_id=row.pk)
    assert roles(portfolio) == {"ida": "owner", "bob": "editor"}


def test_declining_closes_it(invite, bob, portfolio):
    row = invite()
    for _ in range(2):
        sharing.decline_invitation(user=bob, invitation_id=row.pk)
    with pytest.raises(InvitationClosed) as caught:
        sharing.accept_invitation(user=bob, invitation_id=row.pk)
    assert caught.value.detail == "It was declined."
    assert AuditEvent.objects.filter(verb="portfolio.invitation_declined").count() == 1
    assert invite().pk != row.pk  # the owner may ask once more


def test_withdrawing_closes_it(invite, bob, investor, portfolio):
    row = invite()
    keys = {"actor": Actor.user(investor), "portfolio_id": portfolio.pk, "invitation_id": row.pk}
    for _ in range(2):
        sharing.withdraw_invitation(**keys)
    for answer in (sharing.accept_invitation, sharing.decline_invitation):
        with pytest.raises(InvitationClosed):
            answer(user=bob, invitation_id=row.pk)
    with pytest.raises(InvitationClosed):
        sharing.resend_invitation(**keys)
    assert AuditEvent.objects.filter(verb="portfolio.invitation_withdrawn").count() == 1


def test_accepted_one_is_not_withdrawn(invite, bob, investor, portfolio):
    row = invite()
    sharing.accept_invitation(user=bob, invitation_id=row.pk)
    with pytest.raises(InvitationClosed):
        sharing.withdraw_invitation(
            actor=Actor.user(investor), portfolio_id=portfolio.pk, invitation_id=row.pk
        )


def test_expired_one_is_not_answered(invite, bob):
    row = invite()
    with time_machine.travel(row.expires_at):
        for answer in (sharing.accept_invitation, sharing.decline_invitation):
            with pytest.raises(InvitationClosed) as caught:
                answer(user=bob, invitation_id=row.pk)
    assert caught.value.detail == "It is too old. Ask for a new one."


def test_invitation_of_another_portfolio_is_not_found(invite, investor):
    from portfolios.services.portfolios import create_portfolio

    row = invite()
    actor = Actor.user(investor)
    other = create_portfolio(actor=actor, owner_id=investor.pk, name="Other", currency="EUR")
    for work in (sharing.resend_invitation, sharing.withdraw_invitation):
        with pytest.raises(NotFound):
            work(actor=actor, portfolio_id=other.pk, invitation_id=row.pk)


def test_ones_own_invitations_are_listed_by_proven_address(invite, bob, join):
    row = invite()
    invite("eve@example.org")
    assert list(selectors.invitations_to(bob)) == [row]
    unproven(bob)
    assert list(selectors.invitations_to(bob)) == []
    assert list(selectors.invitations_to(join("carl"))) == []


def test_old_invitations_are_thrown_away(invite):
    past = clock.now() - timedelta(days=45)
    with time_machine.travel(past):
        expired, closed = invite("a@example.org"), invite("b@example.org")
        PortfolioInvitation.objects.filter(pk=closed.pk).update(status="withdrawn", closed_at=clock.now())
    kept = invite()
    assert sharing.purge_invitations() == 2
    assert list(PortfolioInvitation.objects.all()) == [kept]
    assert expired.expires_at < clock.now() - timedelta(days=30)


def test_simulated_portfolio_is_never_shared(investor, bob, invite):
    simulated = Portfolio.objects.create(name="Paper", currency="EUR", kind="simulated", managed_by=uuid4())
    admit(simulated, investor, Role.OWNER)
    with pytest.raises(ManagedPortfolio):
        sharing.invite_member(
            actor=Actor.user(investor), portfolio_id=simulated.pk, email="bob@example.org", role="viewer"
        )
    with pytest.raises(IntegrityError, match="never shared"), transaction.atomic():
        admit(simulated, bob)
    row = invite()
    with pytest.raises(IntegrityError, match="never shared"), transaction.atomic():
        PortfolioInvitation.objects.filter(pk=row.pk).update(portfolio=simulated)


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "Bob@example.org"}, {"role": "owner"}, {"status": "declined"},
        {"status": "accepted", "closed_at": "2026-01-01T00:00:00Z"}, {"closed_at": "2026-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_database_refuses_what_no_service_writes(invite, wrong):
    row = invite()
    with pytest.raises(IntegrityError), transaction.atomic():
        PortfolioInvitation.objects.filter(pk=row.pk).update(**wrong)

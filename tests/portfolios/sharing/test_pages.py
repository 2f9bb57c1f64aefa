"""The pages of sharing: what the invited see, what members see, and that a viewer is offered no change."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailConfirmationHMAC
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import clock
from core.actor import Actor
from core.models import Role
from portfolios.models import PortfolioInvitation
from portfolios.selectors import sharing as selectors
from portfolios.services import sharing
from tests.portfolios.sharing.conftest import PASSWORD, admit, deposit, roles, unproven

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def browser(user: User | None = None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def words(answer: Any) -> str:
    """Read a page as text."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def link(invite) -> str:
    row = invite()
    PortfolioInvitation.objects.filter(pk=row.pk).update(token_hash=selectors.digest("a-token"))
    return reverse("invitation", args=["a-token"])


@pytest.fixture
def page(portfolio) -> str:
    return reverse("portfolio-sharing", args=[portfolio.pk])


def test_visitor_sees_who_invites_and_comes_back_after_signing_in(link):
    answer = browser().get(link)
    text = words(answer)
    assert "You are invited to “Savings”" in text
    assert "by ida@example.org" in text
    assert "Sign in or sign up as bob@example.org" in text
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    for name in ("account_login", "account_signup"):
        assert f'href="{reverse(name)}?next=%2Finvitations%2Fa-token%2F"' in answer.content.decode()


def test_sign_up_by_the_link_leads_back_and_the_proof_does_too(link):
    client = browser()
    form = {"email": "bob@example.org", "password1": PASSWORD, "base_currency": "EUR", "next": link}
    assert client.post(f"{reverse('account_signup')}?next={link}", form)["Location"] == link
    assert "One more step: prove your address" in words(client.get(link))
    bob = User.objects.get(email="bob@example.org")
    key = EmailConfirmationHMAC.create(bob.emailaddress_set.get()).key
    assert client.post(reverse("account_confirm_email", args=[key]))["Location"] == link
    assert 'type="submit">Accept</button>' in client.get(link).content.decode()


def test_link_that_was_forwarded_opens_nothing(link, join, portfolio):
    eve = browser(join("eve"))
    text = words(eve.get(link))
    assert "The invitation is for bob@example.org, and you are signed in as eve@example.org." in text
    assert "Accept" not in text
    row = PortfolioInvitation.objects.get()
    assert eve.post(reverse("invitation-accept", args=[row.pk])).status_code == 404
    assert roles(portfolio) == {"ida": "owner"}


def test_account_that_only_claims_the_address_does_not_answer(link, bob):
    unproven(bob)
    text = words(browser(bob).get(link))
    assert "One more step: prove your address" in text
    assert "Accept" not in text


def test_accepting_opens_the_portfolio_and_the_link_leads_to_the_list(link, bob, portfolio):
    row = PortfolioInvitation.objects.get()
    client = browser(bob)
    answer = client.post(reverse("invitation-accept", args=[row.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("portfolio", args=[portfolio.pk])
    assert "The portfolio is shared with you now." in words(answer)
    assert client.get(link)["Location"] == reverse("portfolio-list")


def test_declining_says_so(link, bob, portfolio):
    row = PortfolioInvitation.objects.get()
    client = browser(bob)
    answer = client.post(reverse("invitation-decline", args=[row.pk]), follow=True)
    assert "The invitation is declined." in words(answer)
    again = client.post(reverse("invitation-accept", args=[row.pk]), follow=True)
    assert "It was declined." in words(again)
    assert roles(portfolio) == {"ida": "owner"}


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"status": "withdrawn"}, "This invitation was withdrawn"),
        ({"status": "declined"}, "This invitation was declined"),
        ({"status": "accepted"}, "This invitation was accepted"),
        ({"expires_at": None}, "This invitation is too old"),
    ],
)
def test_closed_invitation_has_a_page_for_everybody(link, bob, join, change, title):
    now = clock.now()
    values: dict[str, Any] = {"expires_at": now} if "expires_at" in change else {**change, "closed_at": now}
    if values.get("status") == "accepted":
        values["member_id"] = join("former").pk
    PortfolioInvitation.objects.update(**values)
    for client in (browser(), browser(bob)):
        answer = client.get(link)
        assert answer.status_code == 410
        assert title in words(answer)
        assert "Accept</button>" not in answer.content.decode()


def test_link_that_nobody_made_is_404_with_words(link):
    answer = browser().get(reverse("invitation", args=["another"]))
    assert answer.status_code == 404
    assert "There is no such invitation" in words(answer)


def test_lists_show_the_invitation_to_who_can_answer_it(link, bob, join):
    for name in ("portfolio-list", "dashboard"):
        assert "You are invited to “Savings”" in words(browser(bob).get(reverse(name)))
        assert "You are invited" not in words(browser(join(f"eve.{name}")).get(reverse(name)))


def test_shared_portfolio_stands_apart_and_in_no_sum(portfolio, investor, bob):
    deposit(investor, portfolio, 1234)
    admit(portfolio, bob)
    for name in ("portfolio-list", "dashboard"):
        text = words(browser(bob).get(reverse(name)))
        assert "Shared with you Savings" in text
        assert "1,234.00" in text
        assert "of ida@example.org Viewer" in text
    assert "shared by ida@example.org" in words(browser(bob).get(reverse("portfolio", args=[portfolio.pk])))
    assert "Shared with you" not in words(browser(investor).get(reverse("portfolio-list")))


def test_owner_invites_with_and_without_scripts(page, portfolio, investor):
    client = browser(investor)
    url = reverse("portfolio-invite", args=[portfolio.pk])
    piece = client.post(url, {"email": "a@example.org", "role": "viewer"}, headers=HTMX)
    assert piece.content.decode().lstrip().startswith("<div")
    assert "a@example.org is invited." in piece["HX-Trigger"]
    assert "a@example.org" in words(piece)
    whole = client.post(url, {"email": "b@example.org", "role": "editor"}, follow=True)
    assert whole.redirect_chain == [(page, 302)]
    assert "b@example.org is invited." in words(whole)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_wrong_address_stays_in_the_form(portfolio, investor, headers):
    url = reverse("portfolio-invite", args=[portfolio.pk])
    answer = browser(investor).post(url, {"email": "nobody", "role": "viewer"}, headers=headers)
    assert answer.status_code == 400
    assert 'value="nobody"' in answer.content.decode()
    assert "Enter a valid email address." in words(answer)


def test_member_is_refused_in_the_form(portfolio, investor):
    url = reverse("portfolio-invite", args=[portfolio.pk])
    answer = browser(investor).post(url, {"email": investor.email, "role": "viewer"})
    assert answer.status_code == 400
    assert "This person is a member already" in words(answer)


def test_owner_without_a_proven_address_is_led_to_the_proof(page, investor):
    unproven(investor)
    text = browser(investor).get(page).content.decode()
    assert reverse("account_email") in text
    assert "portfolio-invite" not in text
    assert "Send the invitation" not in text


def test_owner_sends_again_withdraws_and_changes_roles(page, portfolio, investor, bob, invite):
    admit(portfolio, bob)
    row = invite("eve@example.org")
    client = browser(investor)

    def post(name: str, *ids: Any, **form: str) -> str:
        return client.post(reverse(name, args=[portfolio.pk, *ids]), form, headers=HTMX)["HX-Trigger"]

    assert "A new link is on its way" in post("invitation-resend", row.pk)
    assert "The invitation is withdrawn." in post("invitation-withdraw", row.pk)
    assert '"level": "error"' in post("invitation-resend", row.pk)
    assert "The role is changed." in post("member-role", bob.pk, role="editor")
    assert roles(portfolio) == {"ida": "owner", "bob": "editor"}
    assert "A member is a viewer or an editor." in post("member-role", bob.pk, role="owner")
    assert '"level": "error"' in post("member-role", investor.pk, role="viewer")


def test_old_invitation_says_that_it_is_too_old(page, investor, invite):
    with time_machine.travel(clock.now() - timedelta(days=15)):
        invite()
    assert "bob@example.org too old" in words(browser(investor).get(page))


def test_portfolio_is_handed_over_by_typing_its_name(portfolio, investor, bob):
    admit(portfolio, bob)
    client = browser(investor)
    url = reverse("portfolio-hand-over", args=[portfolio.pk])
    wrong = client.post(url, {"user_id": str(bob.pk), "confirm": "Saving"})
    assert wrong.status_code == 400
    assert "That is not its name." in words(wrong)
    stranger = client.post(url, {"user_id": str(investor.pk), "confirm": "Savings"})
    assert stranger.status_code == 400
    done = client.post(url, {"user_id": str(bob.pk), "confirm": "Savings"}, follow=True)
    assert "The portfolio is handed over; you are an editor of it now." in words(done)
    assert roles(portfolio) == {"ida": "editor", "bob": "owner"}


def test_viewer_is_offered_nothing_that_writes(portfolio, investor, bob):
    """No form that posts, no link to one, on any page that a viewer may open, but to leave."""
    deposit(investor, portfolio)
    admit(portfolio, bob)
    names = ["portfolio", "transaction-list", "import-list", "portfolio-sharing"]
    forbidden = [
        reverse(name, args=[portfolio.pk])
        for name in ("transaction-create", "import-start", "portfolio-settings", "portfolio-delete",
                     "portfolio-invite", "portfolio-hand-over")
    ]  # fmt: skip
    for name in names:
        html = browser(bob).get(reverse(name, args=[portfolio.pk])).content.decode()
        main = html[html.index("<main") : html.index("</main>")]
        assert 'method="post"' not in main, name
        assert "hx-post" not in main, name
        assert [one for one in forbidden if one in main] == [], name
    assert reverse("member-remove", args=[portfolio.pk, bob.pk]) in main


def test_editor_sees_members_and_no_invitations(page, portfolio, bob, invite):
    admit(portfolio, bob, Role.EDITOR)
    invite("eve@example.org")
    text = words(browser(bob).get(page))
    assert "eve@example.org" not in text
    assert "Invite somebody" not in text


def test_removed_member_finds_nothing(page, portfolio, investor, bob):
    admit(portfolio, bob)
    client = browser(bob)
    assert client.get(page).status_code == 200
    sharing.remove_member(actor=Actor.user(investor), portfolio_id=portfolio.pk, user_id=bob.pk)
    assert client.get(page).status_code == 404

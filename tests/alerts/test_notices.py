"""Events of the rooms below become notifications in the transaction of their cause, once, in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from accounts import services as accounts
from accounts.errors import TokenInvalid
from accounts.events import NewOriginSeen, SecurityChanged
from accounts.services import origins
from accounts.services.personal_tokens import create_personal_token
from accounts.services.tokens import issue_tokens, rotate_refresh
from alerts.models import Notification
from alerts.selectors.sentences import SENTENCES
from alerts.selectors.words import words
from alerts.services import notifications
from core import context
from core.actor import Actor
from core.bus import bus
from core.ids import uuid7
from portfolios.events import QualityChecked
from portfolios.models import PortfolioMember
from portfolios.services import sharing
from portfolios.services.imports.apply import apply_import
from portfolios.services.imports.background import queue_import, work_import
from portfolios.services.imports.preview import preview_import
from portfolios.services.portfolios import create_portfolio, delete_portfolio

pytestmark = pytest.mark.django_db
FILE = b"date,type,symbol,quantity,price,fee,currency\n2024-01-08,BUY,SHR,2,12,0,EUR\n"


@pytest.fixture
def eva(db, django_user_model):
    return accounts.register_user(
        email="eva@example.org",
        password="open-the-vault-2",
        email_verified=True,
        profile=accounts.NewUser(name="Eva <b>Moss</b>"),
    )


@pytest.fixture
def bob(db):
    return accounts.register_user(email="bob@example.org", password="open-the-vault-3", email_verified=True)


@pytest.fixture
def owned(eva):
    return create_portfolio(actor=Actor.user(eva), owner_id=eva.pk, name="Old age", currency="EUR")


def told(user) -> list[tuple[str, str, str]]:
    """Tell kind, event and title of what somebody was told, oldest first."""
    rows = Notification.objects.filter(user=user).order_by("pk")
    return [(row.kind, row.event, words(row).title) for row in rows]


def events(user) -> list[str]:
    return [event for _kind, event, _title in told(user)]


def seen(agent: str, address: str = "203.0.113.9"):
    return context.bound(context.RequestContext(request_id="1", address=address, agent=agent))


def test_first_sign_in_tells_nothing_a_new_device_does_once(eva):
    for agent in ("Firefox/130 Windows", "Firefox/130 Windows", "Firefox/130 Android", "Firefox/130 Android"):
        with seen(agent):
            origins.note_sign_in(user=eva)
    assert told(eva) == [
        ("security", "new_sign_in", "New sign-in to your account: Firefox · Android"),
    ]


def test_changes_of_how_one_signs_in_are_told_and_lead_to_their_page(eva):
    actor = Actor.user(eva)
    accounts.set_password(actor=actor, user=eva, password="another-secret-of-mine")
    accounts.security_changed(user=eva, verb="user.factor_added", kind="passkey")
    accounts.security_changed(user=eva, verb="user.email_changed")
    create_personal_token(
        actor=actor, user_id=eva.pk, name="My robot", scopes=["market:read"], expires_at=None
    )
    assert told(eva) == [
        ("security", "password_changed", "Your password was changed"),
        ("security", "factor_added", "A second step was added to your sign-in: passkey"),
        ("security", "email_changed", "Your e-mail address was changed"),
        ("security", "token_created", "A new access token was made: My robot"),
    ]
    paths = [words(row).path for row in Notification.objects.order_by("pk")]
    assert paths == ["/settings/security/"] * 3 + ["/settings/tokens/"]


def test_copied_refresh_token_is_told_once(eva):
    first = issue_tokens(user=eva).refresh
    rotate_refresh(refresh_token=first)
    for _turn in range(2):
        with pytest.raises(TokenInvalid):
            rotate_refresh(refresh_token=first)
    assert events(eva) == ["token_reused"]


def test_invited_person_is_told_where_the_address_is_proven(eva, bob, owned):
    accounts.register_user(email="carl@example.org", password="open-the-vault-4")
    for email in ("bob@example.org", "carl@example.org", "nobody@example.org"):
        sharing.invite_member(actor=Actor.user(eva), portfolio_id=owned.pk, email=email, role="viewer")
    [row] = Notification.objects.all()
    assert row.user == bob
    assert words(row).title == "Eva <b>Moss< b> invites you to the portfolio Old age"
    assert words(row).text == "You would be: Viewer. Accept or decline it under Portfolios."


def test_members_and_owners_are_told_of_each_other(eva, bob, owned):
    actor = Actor.user(eva)
    asked = sharing.invite_member(actor=actor, portfolio_id=owned.pk, email=bob.email, role="viewer")
    sharing.accept_invitation(user=bob, invitation_id=asked.invitation.pk)
    sharing.change_role(actor=actor, portfolio_id=owned.pk, user_id=bob.pk, role="editor")
    sharing.hand_over_portfolio(actor=actor, portfolio_id=owned.pk, user_id=bob.pk)
    sharing.remove_member(actor=Actor.user(bob), portfolio_id=owned.pk, user_id=eva.pk)
    assert told(eva) == [
        ("portfolio", "joined", "bob@example.org is a member of Old age now"),
        ("portfolio", "handed_over", "bob@example.org owns Old age now"),
        ("portfolio", "removed", "You are no longer a member of Old age"),
    ]
    assert told(bob)[1:] == [
        ("portfolio", "role_changed", "Your role in Old age is another now: Editor"),
        ("portfolio", "made_owner", "You own Old age now"),
    ]
    delete_portfolio(actor=Actor.user(bob), portfolio_id=owned.pk)
    assert not Notification.objects.exists()


def test_member_who_leaves_is_named_and_one_who_is_erased_is_not(eva, bob, owned):
    for _turn in range(2):
        PortfolioMember.objects.create(portfolio=owned, user=bob, role="viewer")
        sharing.remove_member(actor=Actor.user(bob), portfolio_id=owned.pk, user_id=bob.pk)
    assert told(eva) == [("portfolio", "left", "bob@example.org left Old age")] * 2
    PortfolioMember.objects.create(portfolio=owned, user=bob, role="viewer")
    accounts.erase_user(actor=Actor.user(bob), user_id=bob.pk, password="open-the-vault-3")
    assert told(eva) == [("portfolio", "member_erased", "A member of Old age is gone")]


def test_import_tells_how_many_rows_came_in(eva, owned, share):
    batch = preview_import(user=eva, portfolio_id=owned.pk, file_name="my trades.csv", content=FILE)
    apply_import(actor=Actor.user(eva), portfolio_id=owned.pk, import_id=batch.pk)
    [row] = Notification.objects.all()
    said = words(row)
    assert (said.title, said.text) == (
        "my trades.csv was imported",
        "Transactions that came into Old age: 1.",
    )
    assert said.path == f"/portfolios/{owned.pk}/import/{batch.pk}/"


def test_file_that_a_task_read_or_refused_is_told(eva, owned, share):
    good = queue_import(user=eva, portfolio_id=owned.pk, file_name="a.csv", content=FILE)
    bad = queue_import(user=eva, portfolio_id=owned.pk, file_name="b.csv", content=b"\x00\x01")
    for one in (good, bad, good, bad):
        work_import(import_id=one.pk)
    assert told(eva) == [
        ("import", "import_ready", "a.csv is read and waits for you"),
        ("import", "import_failed", "b.csv could not be worked on"),
    ]


def test_new_findings_are_told_to_those_who_can_put_them_right(eva, bob, owned):
    PortfolioMember.objects.create(portfolio=owned, user=bob, role="viewer")
    for new, revision in ((0, 1), (2, 2), (2, 2)):
        bus.publish(QualityChecked(owned.pk, revision=revision, high=2, medium=0, low=0, new_high=new))
    assert told(eva) == [
        ("portfolio", "quality", "Something is wrong in Old age: new findings of high severity: 2")
    ]
    assert told(bob) == []


def test_cause_is_undone_where_it_cannot_be_told(eva, monkeypatch):
    def fail(_ids):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(notifications, "enqueue", fail)
    before = eva.password
    with pytest.raises(RuntimeError, match="disk is full"):
        accounts.set_password(actor=Actor.user(eva), user=eva, password="another-secret-of-mine")
    eva.refresh_from_db()
    assert eva.password == before


def test_repeat_of_an_event_tells_once(eva, owned):
    origin, audit_id = NewOriginSeen(eva.pk, 7, "Firefox/Linux"), uuid7()
    changed = SecurityChanged(eva.pk, "user.password_changed", "", audit_id)
    for event in (origin, origin, changed, changed):
        bus.publish(event)
    assert events(eva) == ["new_sign_in", "password_changed"]


def test_words_are_in_the_readers_language_and_hold_no_line_breaks(eva):
    bus.publish(NewOriginSeen(eva.pk, 7, "Evil\r\nBcc: x\u202e"))
    [row] = Notification.objects.all()
    assert words(row).title == "New sign-in to your account: Evil Bcc: x"
    row.event = "of a later version"
    assert words(row).title == "Security of the account"
    with translation.override("de"):
        assert isinstance(words(row).title, str)


def test_page_of_the_kinds_names_each_and_each_leads_to_a_page(eva):
    page = (Path(__file__).parents[2] / "docs/notifications/kinds.md").read_text(encoding="utf-8")
    of_alerts = [f"alert.{one}" for one in ("fired", "ran_out", "runs_out_soon", "portfolio_gone")]
    named = re.findall(r"^\| `([a-z_.]+)`(?:, `([a-z_.]+)`)* \|", page, re.MULTILINE)
    assert sorted(one for row in named for one in row if one) == sorted([*SENTENCES, *of_alerts])
    some = dict.fromkeys(("portfolio", "import", "archive", "alert", "channel_id"), str(uuid7()))
    for name, sentence in SENTENCES.items():
        kind, event = name.split(".")
        said = words(
            Notification(kind=kind, event=event, data={**some, "rows": "1", "high": "1", "new": "1"})
        )
        assert "%" not in said.title + said.text
        assert (said.path != "") is (sentence.leads is not None)

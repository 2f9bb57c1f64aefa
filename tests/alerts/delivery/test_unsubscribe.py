"""Whoever has a mail stops the mails with the link in it, signed in or not, and does nothing else with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from alerts.errors import ChannelStopped
from alerts.models import Channel, Delivery
from alerts.selectors.unsubscribing import unsubscribe_token
from alerts.services.channels import ChannelData, create_channel, resume_channel
from alerts.services.delivery.drain import drain
from alerts.services.outbox import enqueue_one
from alerts.services.proof import send_proof
from core.actor import Actor
from core.errors import Conflict
from core.models import AuditEvent
from tests.alerts.delivery.conftest import states

pytestmark = pytest.mark.django_db


def state(channel: Channel) -> str:
    channel.refresh_from_db()
    return channel.state


@pytest.fixture
def visitor() -> Client:
    return Client(enforce_csrf_checks=True)


def test_link_in_a_mail_asks_first_and_then_stops_the_mails(smtp, mail, told, visitor):
    told()
    drain()
    header = str(smtp.mails[0]["List-Unsubscribe"]).strip()
    assert header.startswith("<http://localhost:8000/notifications/stop/")
    assert smtp.mails[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = urlsplit(header.strip("<>")).path
    assert (visitor.get(path).status_code, state(mail)) == (200, "active")
    assert (visitor.post(path).status_code, state(mail)) == (200, "paused")
    told()
    drain()
    assert len(smtp.mails) == 1
    assert AuditEvent.objects.filter(verb="channel.unsubscribed").count() == 1


def test_mail_program_stops_them_in_one_click_and_may_do_so_twice(mail, visitor):
    path = reverse("notifications-unsubscribe", args=[unsubscribe_token(mail)])
    for _time in range(2):
        answer = visitor.post(
            path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 200
    assert state(mail) == "paused"
    assert AuditEvent.objects.filter(verb="channel.unsubscribed").count() == 1


def test_who_did_not_ask_for_a_proof_gets_no_other_one_from_anybody(channel, ida, visitor, django_user_model):
    made = channel("email", address="victim@b.example.org", state="unverified")
    enqueue_one(made, Delivery.Purpose.PROOF, "12345678")
    path = reverse("notifications-unsubscribe", args=[unsubscribe_token(made)])
    assert b"Stop mails" in visitor.get(path).content
    assert b"No more mails come here" in visitor.post(path).content
    assert (state(made), states(), Delivery.objects.get().content) == ("disabled", ["dropped"], None)
    for act in (send_proof, resume_channel):
        with pytest.raises(Conflict):
            act(actor=Actor.user(ida), user=ida, uuid=made.uuid)
    made.delete()
    other = django_user_model.objects.create_user("eve@example.org", "x")
    again = ChannelData(kind="email", values={"address": "Victim@b.example.org"})
    with pytest.raises(ChannelStopped):
        create_channel(actor=Actor.user(other), user=other, data=again)
    assert (Delivery.objects.count(), Channel.objects.filter(is_account=False).count()) == (0, 0)


def test_page_shows_neither_address_nor_person(mail, visitor):
    html = visitor.get(reverse("notifications-unsubscribe", args=[unsubscribe_token(mail)])).content.decode()
    assert "ida@" not in html


def forged(channel: Channel) -> dict[str, str]:
    mine = unsubscribe_token(channel)
    return {
        "no signature": channel.uuid.hex,
        "another one": mine[:-1] + ("A" if mine[-1] != "A" else "B"),
        "of another use": signing.Signer(salt="other").sign(channel.uuid.hex).replace(":", "."),
        "nothing": ".",
        "not an id": signing.Signer(salt="alerts.unsubscribe").sign("x").replace(":", "."),
    }


@pytest.mark.parametrize("how", ["no signature", "another one", "of another use", "nothing", "not an id"])
def test_link_that_we_did_not_make_is_404(mail, visitor, how):
    path = reverse("notifications-unsubscribe", args=[forged(mail)[how]])
    assert (visitor.get(path).status_code, visitor.post(path).status_code) == (404, 404)
    assert state(mail) == "active"


def test_link_of_a_channel_that_is_gone_is_404(mail, visitor):
    path = reverse("notifications-unsubscribe", args=[unsubscribe_token(mail)])
    mail.delete()
    assert visitor.post(path).status_code == 404


def test_link_signs_nobody_in(mail, visitor: Any):
    visitor.post(reverse("notifications-unsubscribe", args=[unsubscribe_token(mail)]))
    assert visitor.get(reverse("settings")).status_code == 302

"""The pages of channels: what they show, what they refuse, and that no secret stands in one."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client
from django.urls import reverse

from alerts.models import Attempt, Channel, Delivery, NotificationSettings
from alerts.selectors.channels import config_of, proof_path
from alerts.services.channels import make_account_channel
from alerts.services.outbox import enqueue_one
from alerts.services.proof import prove_by_answer
from core import clock
from tests.alerts.channels.conftest import VALUES, code_of

pytestmark = pytest.mark.django_db
HOME = "/settings/notifications/"


@pytest.fixture
def page(ida: Any) -> Client:
    """A browser in which Ida signed in with her password just now."""
    make_account_channel(user_id=ida.pk)
    client = Client()
    client.force_login(ida)
    proven_at(client, ida, time.time())
    return client


def proven_at(client: Client, user: Any, at: float) -> None:
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": at, "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


def test_overview_tells_channels_and_what_goes_where(page, led):
    led("telegram", topics=["alert"])
    text = text_of(page.get(HOME))
    for shown in ("ida@example.org", "Telegram", "-1001234", "waits for its proof"):
        assert shown in text
    assert text.count('name="topic"') == 9  # five kinds, two channels, but security of the account
    assert text.count("checked") == 5
    assert "s3cr3t" not in text


def test_table_of_topics_is_taken_whole(page, led):
    one, own = led("telegram"), Channel.objects.get(is_account=True)
    chosen = [f"{one.uuid}:import", f"{own.uuid}:alert", f"{own.uuid}:portfolio", f"{one.uuid}:weather"]
    answer = page.post(f"{HOME}topics/", {"channel": [one.uuid, own.uuid], "topic": chosen})
    assert answer["Location"] == HOME
    for channel, topics in ((one, ["import"]), (own, ["alert", "portfolio"])):
        channel.refresh_from_db()
        assert channel.topics == topics


def test_times_are_kept_and_half_of_them_refused(page, ida):
    good = {"quiet_from": "22:00", "quiet_until": "07:00", "hourly_cap": "5"}
    assert page.post(f"{HOME}times/", good).status_code == 302
    found = NotificationSettings.objects.get(user=ida)
    assert (str(found.quiet_from), str(found.quiet_until), found.hourly_cap) == ("22:00:00", "07:00:00", 5)
    assert "Quiet hours have a beginning and an end." in text_of(
        page.post(f"{HOME}times/", {**good, "quiet_until": ""}), 400
    )
    assert 'value="22:00"' in text_of(page.get(HOME))


@pytest.mark.parametrize("kind", [kind for kind in VALUES if kind != "push"])
def test_channel_is_made_by_its_form(page, kind):
    where = f"{HOME}new/{kind}/"
    assert "Add the channel" in text_of(page.get(where))
    assert "Nothing was saved." in text_of(page.post(where, {"name": ""}), 400)
    answer = page.post(where, {**VALUES[kind], "name": "Mine"})
    made = Channel.objects.get(is_account=False)
    assert (made.kind, made.name, made.state) == (kind, "Mine", "unverified")
    if kind == "webhook":
        assert config_of(made)["secret"] in text_of(answer)
        assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
        assert config_of(made)["secret"] not in text_of(page.get(f"{HOME}{made.uuid}/"))
    else:
        assert answer["Location"] == f"{HOME}{made.uuid}/"


def test_form_of_a_kind_that_is_none_is_not_found(page):
    assert page.get(f"{HOME}new/push/").status_code == 404
    assert page.get(f"{HOME}new/json/").status_code == 404


def test_link_of_a_mail_fills_the_code_in_and_a_button_sends_it(page, led):
    channel = led("email")
    code = code_of(channel)
    link = proof_path(channel, code)
    assert f'value="{code}"' in text_of(page.get(link))
    channel.refresh_from_db()
    assert channel.state == "unverified"  # looking at it is no proof
    assert "This is not the code that was sent." in text_of(page.post(link, {"code": "1"}), 400)
    assert page.post(link, {"code": code})["Location"] == f"{HOME}{channel.uuid}/"
    channel.refresh_from_db()
    assert channel.state == "active"


def test_log_shows_tries_and_asks_again_only_while_something_waits(page, led):
    channel = led("webhook")
    where, live = f"{HOME}{channel.uuid}/", f"{HOME}{channel.uuid}/live/"
    assert "every 2s" in text_of(page.get(where))
    Delivery.objects.update(state="delivered")
    prove_by_answer(channel_id=channel.pk)
    answer = page.post(f"{where}test/", follow=True)
    assert "The test is on its way." in text_of(answer)
    test = Delivery.objects.get(purpose="test")
    Attempt.objects.create(
        delivery=test, number=1, at=clock.now(), took_ms=12, outcome="refused", status=418, detail="<b>no</b>"
    )
    assert "every 2s" in text_of(page.get(live))
    Delivery.objects.filter(pk=test.pk).update(state="failed")
    text = text_of(page.get(live))
    for shown in ("418", "12 ms", "&lt;b&gt;no&lt;/b&gt;", "Send again", "hx-swap-oob", "active"):
        assert shown in text
    assert "every 2s" not in text
    page.post(f"{where}deliveries/{test.uuid}/resend/")
    test.refresh_from_db()
    assert test.state == "pending"
    Delivery.objects.update(created_at=clock.now() - timedelta(minutes=3))
    assert "every 2s" not in text_of(page.get(live))


def test_channel_is_paused_resumed_renamed_and_deleted(page, led):
    channel = led("webhook")
    where = f"{HOME}{channel.uuid}/"
    assert "Nothing goes to this channel now." in text_of(page.post(f"{where}pause/", follow=True))
    prove_by_answer(channel_id=channel.pk)
    for name, state in (("pause", "paused"), ("resume", "active")):
        assert page.post(f"{where}{name}/").status_code == 302
        channel.refresh_from_db()
        assert channel.state == state
    assert page.post(where, {"name": "Books"}).status_code == 302
    assert "Delete “Books”?" in text_of(page.get(f"{where}delete/"))
    assert page.post(f"{where}delete/")["Location"] == HOME
    assert page.get(where).status_code == 404


def test_secret_is_shown_to_who_has_just_proven_to_be_its_person(page, led, ida):
    channel = led("webhook")
    secret = config_of(channel)["secret"]
    where = f"{HOME}{channel.uuid}/secret/"
    assert secret in text_of(page.post(where))
    text = text_of(page.post(f"{where}rotate/"))
    channel.refresh_from_db()
    assert config_of(channel)["secret"] in text
    assert config_of(channel)["former_secrets"][0]["secret"] == secret
    stale = Client()
    stale.force_login(ida)
    proven_at(stale, ida, time.time() - 3600)
    for one in (where, f"{where}rotate/"):
        asked = stale.post(one)["Location"]
        assert asked.startswith(reverse("account_reauthenticate"))
    assert stale.get(where)["Location"] == f"{HOME}{channel.uuid}/"
    text = text_of(stale.post(asked, {"password": "x"}))
    channel.refresh_from_db()
    assert config_of(channel)["secret"] in text


def test_browser_subscribes_by_json(page):
    key = page.post(f"{HOME}push/key/").json()["key"]
    assert len(key) == 87
    values = VALUES["push"]
    told = {"endpoint": values["endpoint"], "expirationTime": None,
            "keys": {"p256dh": values["p256dh"], "auth": values["auth"]}}  # fmt: skip
    answer = page.post(f"{HOME}push/", told, content_type="application/json", headers={
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})  # fmt: skip
    made = Channel.objects.get(kind="push")
    assert answer.json() == {"url": f"{HOME}{made.uuid}/"}
    assert (made.name, made.state) == ("Firefox on Linux", "unverified")
    assert enqueue_one(made, Delivery.Purpose.TEST).state == "pending"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"keys": 1}', b'{"endpoint": 1}', b"[" * 9000])
def test_subscription_that_is_none_is_refused(page, body):
    answer = page.post(f"{HOME}push/", body, content_type="application/json")
    assert answer.status_code == 400
    assert "needed" in json.loads(answer.content)["detail"]

"""Making, proving, changing and deleting channels, by the services."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection

from accounts import services as people
from accounts.services import create_user
from alerts.errors import (
    AccountChannel,
    ChannelStopped,
    ChannelUnproven,
)
from alerts.models import Channel, Delivery, Outbox
from alerts.selectors.channels import channels_of, config_of, leads_to
from alerts.services import channels as services
from alerts.services import operations
from alerts.services.channels import ChannelData, create_channel
from alerts.services.outbox import enqueue_one
from alerts.services.proof import prove_by_answer, send_proof
from alerts.services.push_keys import push_public_key
from alerts.services.settings import change_settings
from alerts.services.signing import reveal_secret, rotate_secret
from alerts.services.trials import resend_delivery, send_test
from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound, ValidationFailed
from core.models import AuditEvent
from tests.alerts.channels.conftest import VALUES, by
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db
HINTS = {
    "email": "other@example.org",
    "webhook": "hooks.example.org",
    "push": "updates.push.services.example.org",
    "telegram": "-1001234",
    "slack": "hooks.slack.com · T1JJ3T3L2",
    "discord": "discord.com · 1234567890",
    "ntfy": "ntfy.sh · my…ic",
    "pushover": "pushover.net · uu…3t",
}


@pytest.mark.parametrize("kind", VALUES)
def test_new_channel_waits_for_its_proof_and_shows_no_secret(led, kind):
    channel = led(kind)
    assert (channel.state, channel.topics) == (
        "unverified",
        ["alert", "portfolio", "import", "security", "channel"],
    )
    assert leads_to(channel) == HINTS[kind]
    proof = Delivery.objects.get(channel=channel)
    assert (proof.purpose, proof.state) == ("proof", "pending")
    assert len(proof.content.reveal()) == 8
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text || d::text FROM alerts_channel c, alerts_delivery d")
        assert "s3cr3t" not in cursor.fetchone()[0]
    assert "s3cr3t" not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize(
    ("kind", "values", "field", "code"),
    [
        ("email", {}, "address", "required"),
        ("email", {"address": "none"}, "address", "invalid"),
        ("email", {"address": "a@b"}, "address", "invalid"),
        ("email", {"address": "a@example.org", "bcc": "b@example.org"}, "bcc", "unknown"),
        ("webhook", {"url": "http://hooks.example.org/"}, "url", "address-refused"),
        ("webhook", {"url": "https://hooks.example.org:22/"}, "url", "address-refused"),
        ("webhook", {"url": "https://10.0.0.1/"}, "url", "address-refused"),
        ("webhook", {"url": "https://[::ffff:169.254.169.254]/"}, "url", "address-refused"),
        ("webhook", {"url": "https://user@hooks.example.org/"}, "url", "address-refused"),
        ("webhook", {"url": "https://hooks.example.org/\r\nX: y"}, "url", "invalid"),
        ("push", {**VALUES["push"], "endpoint": "https://127.0.0.1/x"}, "endpoint", "address-refused"),
        ("push", {**VALUES["push"], "auth": "short"}, "auth", "invalid"),
        ("telegram", {"token": "123456789:AA/../getFile?x=AAAAAAAAAA", "chat": "1"}, "token", "invalid"),
        ("telegram", {**VALUES["telegram"], "chat": "1/?redirect=yes"}, "chat", "invalid"),
        ("slack", {"address": "https://hooks.slack.com.evil.example/services/TAA/BAA/cccccccccc"}, "address",
         "invalid"),
        ("discord", {"address": "https://evil.example/api/webhooks/12345/" + "x" * 60}, "address", "invalid"),
        ("ntfy", {"topic": "host.example/topic"}, "topic", "invalid"),
        ("pushover", {"token": "a" * 30, "user": "a" * 29 + "@"}, "user", "invalid"),
        ("json", {"url": "json://127.0.0.1"}, "kind", "unknown"),
    ],
)  # fmt: skip
def test_value_that_does_not_fit_is_named(ida, kind, values, field, code):
    with pytest.raises(ValidationFailed) as caught:
        create_channel(**by(ida), data=ChannelData(kind=kind, values=values))
    assert [(one.field, one.code) for one in caught.value.errors] == [(field, code)]
    assert Channel.objects.count() == 0


STOPPED_ACTS = {
    "resume": services.resume_channel,
    "proof": send_proof,
    "test": send_test,
    "delete": services.delete_channel,
}


@pytest.mark.parametrize("is_account", [False, True])
def test_channel_that_staff_stopped_is_its_persons_to_start_in_no_way(led, ida, is_account):
    channel = led("webhook")
    prove_by_answer(channel_id=channel.pk)
    failed = enqueue_one(channel, Delivery.Purpose.TEST)
    Delivery.objects.filter(pk=failed.pk).update(state="failed")
    if is_account:
        Channel.objects.filter(owner=ida, is_account=True).delete()
        Channel.objects.filter(pk=channel.pk).update(is_account=True, kind="email", config=None)
    staff = Actor.system("staff")
    operations.disable_channel(actor=staff, channel_id=channel.pk, reason="abuse")
    for name, act in STOPPED_ACTS.items():
        if (is_account, name) != (True, "delete"):
            with pytest.raises(ChannelStopped):
                act(**by(ida), uuid=channel.uuid)
    with pytest.raises(ChannelStopped):
        resend_delivery(**by(ida), uuid=channel.uuid, delivery_id=failed.uuid)
    with pytest.raises(ChannelStopped):
        operations.send_again(actor=staff, delivery_id=failed.pk, reason="x")
    if not is_account:  # nor is another path of the same server taken
        with pytest.raises(ChannelStopped):
            led("webhook", values={"url": "https://hooks.example.org/?2"})
    operations.enable_channel(actor=staff, channel_id=channel.pk, reason="no abuse")
    assert send_test(**by(ida), uuid=channel.uuid).state == "pending"


@pytest.mark.parametrize("kind", ["push", "telegram"])
def test_place_that_staff_stopped_is_not_made_anew(led, kind):
    channel = led(kind)
    operations.disable_channel(actor=Actor.system("staff"), channel_id=channel.pk, reason="abuse")
    with pytest.raises(ChannelStopped):
        led(kind)


def test_staff_stop_also_what_stopped_by_itself(led):
    channel = led("ntfy")
    Channel.objects.update(state="disabled", reason="gone")
    operations.disable_channel(actor=Actor.system("staff"), channel_id=channel.pk, reason="abuse")
    channel.refresh_from_db()
    assert channel.stopped_by_staff_at is not None


def test_states_of_a_channel(led, ida):
    channel = led("webhook")
    for refused in (services.pause_channel, services.resume_channel, send_test):
        with pytest.raises(ChannelUnproven):
            refused(**by(ida), uuid=channel.uuid)
    prove_by_answer(channel_id=channel.pk)
    with pytest.raises(Conflict):
        send_proof(**by(ida), uuid=channel.uuid)
    assert services.pause_channel(**by(ida), uuid=channel.uuid).state == "paused"
    assert services.pause_channel(**by(ida), uuid=channel.uuid).state == "paused"
    assert services.resume_channel(**by(ida), uuid=channel.uuid).state == "active"
    Channel.objects.update(state="disabled", reason="gone", failures=9)
    # what was stopped is proven anew
    found = services.resume_channel(**by(ida), uuid=channel.uuid)
    assert (found.state, found.reason, found.failures, found.verified_at) == ("unverified", "", 0, None)
    assert Delivery.objects.filter(purpose="proof", state="pending").count() == 1
    services.delete_channel(**by(ida), uuid=channel.uuid)
    assert (Channel.objects.count(), Delivery.objects.count()) == (0, 0)
    verbs = AuditEvent.objects.filter(object_type="channel").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == [
        "channel.created", "channel.verified", "channel.paused", "channel.resumed", "channel.resumed",
        "channel.deleted",
    ]  # fmt: skip


def test_change_of_name_topics_and_digest(led, ida):
    channel = led("telegram")
    changes = {"name": " Phone ", "topics": ["import", "alert", "alert"], "digest": "daily"}
    found = services.change_channel(**by(ida), uuid=channel.uuid, changes=changes)
    assert (found.name, found.topics, found.digest) == ("Phone", ["alert", "import"], "daily")
    for wrong in ({"topics": ["weather"]}, {"digest": "weekly"}, {"name": "x" * 61}):
        with pytest.raises(ValidationFailed):
            services.change_channel(**by(ida), uuid=channel.uuid, changes=wrong)
    hook = led("webhook")
    with pytest.raises(ValidationFailed):
        services.change_channel(**by(ida), uuid=hook.uuid, changes={"digest": "hourly"})


def test_new_account_has_its_own_channel_which_takes_no_security(db):
    user = create_user(email="new@example.org", password=None)
    channel = channels_of(user).get()
    assert (channel.is_account, channel.state, channel.topics, leads_to(channel)) == (
        True, "active", ["alert", "portfolio", "import", "channel"], "new@example.org",
    )  # fmt: skip
    assert config_of(channel) == {}
    with pytest.raises(ValidationFailed):
        services.change_channel(**by(user), uuid=channel.uuid, changes={"topics": ["security"]})
    with pytest.raises(AccountChannel):
        services.delete_channel(**by(user), uuid=channel.uuid)
    Channel.objects.update(state="disabled")
    assert services.resume_channel(**by(user), uuid=channel.uuid).state == "active"


@pytest.mark.parametrize(("staff_at", "state"), [(None, "active"), (NOON, "disabled")])
def test_channel_of_the_account_goes_on_when_its_address_changes(db, staff_at, state):
    user = create_user(email="new@example.org", password=None)
    Channel.objects.update(state="disabled", reason="550", failures=3, stopped_by_staff_at=staff_at)
    people.security_changed(user=user, verb="user.email_changed")
    assert channels_of(user).get().state == state


def test_channel_that_is_resumed_does_not_rest(led, ida):
    channel = led("webhook")
    rests = {"failures": 7, "failing_since": clock.now(), "rests_until": clock.now() + timedelta(hours=1)}
    prove_by_answer(channel_id=channel.pk)
    Channel.objects.update(**rests)
    services.pause_channel(**by(ida), uuid=channel.uuid)
    found = services.resume_channel(**by(ida), uuid=channel.uuid)
    assert (found.failures, found.failing_since, found.rests_until) == (0, None, None)
    Channel.objects.update(state="unverified", **rests)
    prove_by_answer(channel_id=channel.pk)
    channel.refresh_from_db()
    assert (channel.state, channel.rests_until) == ("active", None)


def test_secret_of_a_webhook_is_shown_and_each_former_one_signs_for_a_day(led, ida):
    channel = led("webhook")
    first = reveal_secret(**by(ida), uuid=channel.uuid)
    assert first.startswith("whsec_")
    now = clock.now()
    with time_machine.travel(now, tick=False):
        second, third = (rotate_secret(**by(ida), uuid=channel.uuid) for _time in range(2))
        channel.refresh_from_db()
        until = (clock.now() + timedelta(hours=24)).isoformat()
        assert config_of(channel) == {
            "url": VALUES["webhook"]["url"],
            "secret": third,
            "former_secrets": [{"secret": second, "until": until}, {"secret": first, "until": until}],
        }
        for _time in range(3):
            rotate_secret(**by(ida), uuid=channel.uuid)
        with pytest.raises(Conflict):
            rotate_secret(**by(ida), uuid=channel.uuid)
    with time_machine.travel(now + timedelta(hours=24), tick=False):
        rotate_secret(**by(ida), uuid=channel.uuid)
        channel.refresh_from_db()
        assert len(config_of(channel)["former_secrets"]) == 1
    with pytest.raises(NotFound):
        rotate_secret(**by(ida), uuid=led("ntfy").uuid)


def test_keys_that_change_reach_the_settings_of_channels(led, settings):
    channel = led("telegram")
    before = channel.config.sealed()
    fresh = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [fresh, *settings.FIELD_ENCRYPTION_KEYS]
    call_command("rotate_secrets")
    channel.refresh_from_db()
    assert channel.config.sealed() != before
    assert config_of(channel) == VALUES["telegram"]


def test_key_of_push_is_made_once_and_kept_encrypted(db):
    assert push_public_key() == push_public_key()
    assert len(push_public_key()) == 87
    row = Outbox.objects.get()
    assert len(row.push_private.reveal()) == 43
    with connection.cursor() as cursor:
        cursor.execute("SELECT push_private FROM alerts_outbox")
        assert row.push_private.reveal() not in cursor.fetchone()[0]


def test_test_and_resend(led, ida):
    channel = led("webhook")
    proof = Delivery.objects.get()
    prove_by_answer(channel_id=channel.pk)
    with pytest.raises(Conflict):  # a proof is sent anew, not again
        resend_delivery(**by(ida), uuid=channel.uuid, delivery_id=proof.uuid)
    made = send_test(**by(ida), uuid=channel.uuid)
    with pytest.raises(Conflict):
        resend_delivery(**by(ida), uuid=channel.uuid, delivery_id=made.uuid)
    Delivery.objects.filter(pk=made.pk).update(state="failed", attempts=8, error="x", done_at=clock.now())
    again = resend_delivery(**by(ida), uuid=channel.uuid, delivery_id=made.uuid)
    assert (again.uuid, again.state, again.attempts, again.error, again.done_at) == (
        made.uuid, "pending", 0, "", None,
    )  # fmt: skip
    with pytest.raises(NotFound):
        resend_delivery(**by(ida), uuid=channel.uuid, delivery_id=uuid4())


def test_delivery_of_another_channel_is_not_found(led, ida):
    one, other = led("webhook"), led("ntfy")
    strange = enqueue_one(other, Delivery.Purpose.TEST)
    with pytest.raises(NotFound):
        resend_delivery(**by(ida), uuid=one.uuid, delivery_id=strange.uuid)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until"),
        ({"hourly_cap": 0}, "hourly_cap"),
        ({"hourly_cap": 201}, "hourly_cap"),
    ],
)
def test_settings_that_do_not_fit_are_named(ida, changes, field):
    with pytest.raises(ValidationFailed) as caught:
        change_settings(**by(ida), changes=changes)
    assert [one.field for one in caught.value.errors] == [field]


def test_settings_are_kept_one_by_one(ida):
    change_settings(**by(ida), changes={"quiet_from": "22:00", "quiet_until": "07:00"})
    found = change_settings(**by(ida), changes={"hourly_cap": 5})
    found.refresh_from_db()
    told = json.dumps([str(found.quiet_from), str(found.quiet_until), found.hourly_cap])
    assert told == '["22:00:00", "07:00:00", 5]'

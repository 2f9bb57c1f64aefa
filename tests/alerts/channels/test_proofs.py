"""Proving that a channel is its person's: codes, answers, tries and budgets."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model

from accounts.services import create_user
from alerts.domain.channels import MOST_TRIES
from alerts.errors import (
    ChannelExists,
    ProofClosed,
    TooManyChannels,
)
from alerts.models import Channel, Delivery, Notification
from alerts.selectors.channels import channels_of, config_of
from alerts.selectors.words import words
from alerts.services.channels import ChannelData, create_channel
from alerts.services.proof import prove_by_answer, send_proof, verify_channel
from core import clock
from core.errors import RateLimited, ValidationFailed
from tests.alerts.channels.conftest import VALUES, by, code_of
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db


def test_code_that_was_sent_proves_the_channel(led, ida):
    channel = led("telegram")
    code = code_of(channel)
    found = verify_channel(**by(ida), uuid=channel.uuid, code=f" {code[:4]} {code[4:]} ")
    assert (found.state, found.verified_at is not None, found.proof) == ("active", True, "")
    assert Delivery.objects.get().content is None
    # once more changes nothing
    assert verify_channel(**by(ida), uuid=channel.uuid, code="0").state == "active"


def test_who_has_a_channel_proven_reads_of_it_elsewhere(db):
    user = create_user(email="new@example.org", password=None)
    data = ChannelData(kind="telegram", values=VALUES["telegram"], name="Phone")
    channel = create_channel(**by(user), data=data).channel
    verify_channel(**by(user), uuid=channel.uuid, code=code_of(channel))
    (told,) = Notification.objects.filter(user=user)
    said = words(told)
    assert (told.kind, said.title, said.path) == (
        "channel", "Notifications go to Phone from now on", f"/settings/notifications/{channel.uuid}/",
    )  # fmt: skip
    (sent,) = Delivery.objects.filter(notification=told)
    assert sent.channel.is_account  # and not on the new one, which may be somebody else's


def test_wrong_codes_are_counted_and_the_right_one_does_not_help_after_five(led, ida):
    channel = led("email")
    code = code_of(channel)
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _try in range(MOST_TRIES):
        with pytest.raises(ValidationFailed):
            verify_channel(**by(ida), uuid=channel.uuid, code=wrong)
    with pytest.raises(ProofClosed):
        verify_channel(**by(ida), uuid=channel.uuid, code=code)
    send_proof(**by(ida), uuid=channel.uuid)
    with pytest.raises(ValidationFailed):  # the former code is void
        verify_channel(**by(ida), uuid=channel.uuid, code=code)
    assert verify_channel(**by(ida), uuid=channel.uuid, code=code_of(channel)).state == "active"


def test_code_counts_for_fifteen_minutes_and_for_its_channel_only(led, ida):
    one, other = led("telegram"), led("ntfy")
    code = code_of(one)
    with pytest.raises(ValidationFailed):
        verify_channel(**by(ida), uuid=other.uuid, code=code)
    with time_machine.travel(clock.now() + timedelta(minutes=15), tick=False), pytest.raises(ProofClosed):
        verify_channel(**by(ida), uuid=one.uuid, code=code)


@pytest.mark.parametrize("kind", ["webhook", "push"])
def test_code_that_a_program_or_a_browser_got_proves_it_too(led, ida, kind):
    channel = led(kind)
    with pytest.raises(ValidationFailed):
        verify_channel(**by(ida), uuid=channel.uuid, code="")
    assert verify_channel(**by(ida), uuid=channel.uuid, code=code_of(channel)).state == "active"


def test_answer_proves_a_program_once(led):
    channel = led("webhook")
    assert [prove_by_answer(channel_id=channel.pk) for _time in range(2)] == [True, False]
    channel.refresh_from_db()
    assert channel.state == "active"


@pytest.mark.parametrize("kind", ["email", "push"])
def test_answer_does_not_prove_what_a_code_proves(led, kind):
    channel = led(kind)
    assert not prove_by_answer(channel_id=channel.pk)
    channel.refresh_from_db()
    assert channel.state == "unverified"


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_are_all_counted(led, ida):
    channel = led("telegram")

    def guess() -> str:
        try:
            verify_channel(**by(ida), uuid=channel.uuid, code="nothing")
        except ValidationFailed:
            return "wrong"
        except ProofClosed:
            return "closed"
        return "right"

    found = at_once(*([guess] * 8))
    assert sorted(found) == ["closed"] * 3 + ["wrong"] * 5
    channel.refresh_from_db()
    assert (channel.state, channel.proof_tries) == ("unverified", 5)


@pytest.mark.django_db(transaction=True)
def test_channels_made_at_once_do_not_pass_the_limit_nor_double(ida, monkeypatch):
    monkeypatch.setattr("alerts.services.channels.MOST_CHANNELS", 2)

    def make(topic: str) -> str:
        try:
            create_channel(**by(ida), data=ChannelData(kind="ntfy", values={"topic": topic}))
        except (TooManyChannels, ChannelExists) as error:
            return error.code
        return "made"

    found = at_once(*(lambda topic=topic: make(topic) for topic in ("a", "a", "b", "c")))
    assert found.count("made") == 2 == Channel.objects.count()
    assert len({config_of(one)["topic"] for one in channels_of(ida)}) == 2


def test_same_place_is_taken_once_but_a_browser_comes_back(led, ida):
    led("email")
    with pytest.raises(ChannelExists):
        led("email", values={"address": "OTHER@example.ORG"})
    one = led("push")
    Channel.objects.filter(pk=one.pk).update(state="active", verified_at=clock.now())
    again = led("push", values={**VALUES["push"], "auth": "A" * 22})
    assert (again.pk, again.state, config_of(again)["auth"]) == (one.pk, "active", "A" * 22)


def test_proofs_are_limited_by_person_and_by_where_they_go(led, ida, settings):
    settings.THROTTLES = {**settings.THROTTLES, "channel-proofs": "3/hour", "channel-proofs-address": "2/day"}
    channel = led("email")
    send_proof(**by(ida), uuid=channel.uuid)
    with pytest.raises(RateLimited) as caught:
        send_proof(**by(ida), uuid=channel.uuid)
    assert 0 < caught.value.retry_after <= 86_400
    other = get_user_model().objects.create_user("eve@example.org", "x")
    with pytest.raises(RateLimited):  # the address has had its share, whoever asks
        create_channel(**by(other), data=ChannelData(kind="email", values=VALUES["email"]))
    with pytest.raises(RateLimited):
        led("ntfy")
    assert Channel.objects.count() == 1


def test_proofs_are_limited_by_the_host_whatever_the_path(led, ida, settings):
    settings.THROTTLES = {**settings.THROTTLES, "channel-proofs-host": "2/day"}
    for number in range(2):
        led("webhook", values={"url": f"https://victim.example.org/?{number}"})
    other = get_user_model().objects.create_user("eve@example.org", "x")
    refused = ChannelData(kind="webhook", values={"url": "https://Victim.example.org:8443/?3"})
    with pytest.raises(RateLimited):
        create_channel(**by(other), data=refused)
    led("webhook", values={"url": "https://other.example.org/"})
    led("push")


def test_browser_that_asks_again_is_told_again_and_has_a_budget(led, ida, settings):
    one = led("push")
    Channel.objects.filter(pk=one.pk).update(state="paused", verified_at=clock.now())
    assert led("push").state == "active"
    settings.THROTTLES = {**settings.THROTTLES, "channels": "1/day"}
    led("push")
    with pytest.raises(RateLimited):
        led("push")

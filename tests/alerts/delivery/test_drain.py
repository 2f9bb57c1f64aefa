"""What is due leaves, what fails is tried again, and what waits comes together."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from alerts.models import Attempt, Channel, Delivery, Notification, NotificationSettings, Outbox
from alerts.services.delivery import drain as drains
from alerts.services.delivery.cleaning import purge
from alerts.services.delivery.drain import drain
from alerts.services.delivery.judging import UNPROVEN
from alerts.services.outbox import enqueue_one
from alerts.services.trials import resend_delivery
from alerts.transports.registry import of
from core import clock
from core.actor import Actor
from tests.alerts.delivery.conftest import prove, states
from tests.market.quotes.told import NOON
from tests.support.sources import Reply, says, silent

pytestmark = pytest.mark.django_db


def tries() -> list[tuple[int, str, int | None]]:
    return list(Attempt.objects.order_by("pk").values_list("number", "outcome", "status"))


def later(traveller: Any, **by: float) -> tuple[int, bool]:
    traveller.move_to(clock.now() + timedelta(**by))
    return drain()


def test_message_leaves_on_every_channel_and_is_recorded_once(smtp, mail, web, hook, told):
    told()
    assert drain() == (2, False)
    assert drain() == (0, False)
    assert states() == ["delivered", "delivered"]
    assert set(tries()) == {(1, "delivered", None), (1, "delivered", 200)}
    deliveries = {one.channel_id: one for one in Delivery.objects.all()}
    assert hook.asked[0].headers["webhook-id"] == str(deliveries[web.pk].uuid)
    assert smtp.ids == [f"<{deliveries[mail.pk].uuid}@localhost>"]
    assert all(one.lease is None and one.done_at is not None for one in deliveries.values())
    web.refresh_from_db()
    assert web.used_at is not None


def test_paused_outbox_lets_all_wait_and_loses_nothing(smtp, mail, told):
    outbox, _made = Outbox.objects.update_or_create(pk=1, defaults={"paused_at": clock.now()})
    told()
    assert drain() == (0, False)
    Outbox.objects.filter(pk=outbox.pk).update(paused_at=None)
    assert drain() == (1, False)


def test_failure_is_tried_again_with_longer_waits_and_at_last_fails(web, hook, told, traveller, monkeypatch):
    monkeypatch.setattr("alerts.services.delivery.finishing.random.random", lambda: 1.0)
    hook.on("/hook", says("broken", 503))
    one = told()
    waits = []
    for _number in range(7):
        assert drain() == (1, False)
        one.refresh_from_db()
        waits.append((one.due_at - clock.now()).total_seconds())
        assert (one.state, one.error) == ("pending", "broken")
        assert drain() == (0, False)  # not due yet
        traveller.move_to(one.due_at)
    assert waits == [10, 20, 40, 80, 160, 320, 640]
    assert drain() == (1, False)
    assert states() == ["failed"]
    assert tries() == [(number, "retry", 503) for number in range(1, 9)]
    assert {one.headers["webhook-id"] for one in hook.asked} == {str(one.uuid)}
    web.refresh_from_db()
    assert (web.state, web.failures) == ("active", 8)


def test_retry_after_is_honoured(web, hook, told, traveller):
    hook.on("/hook", says("slowly", 429, Retry_After="120"), says("taken"))
    one = told()
    drain()
    one.refresh_from_db()
    assert one.due_at == clock.now() + timedelta(seconds=120)
    later(traveller, seconds=120)
    assert states() == ["delivered"]
    web.refresh_from_db()
    assert (web.failures, web.rests_until, web.failing_since) == (0, None, None)


def test_gone_channel_stops_and_its_person_is_told_elsewhere(smtp, mail, web, hook, told):
    hook.on("/hook", says("no more", 410))
    told()
    drain()
    web.refresh_from_db()
    assert (web.state, web.reason) == ("disabled", "no more")
    notice = Notification.objects.get(kind="channel")
    assert (notice.event, notice.data["channel_id"], notice.data["reason"]) == (
        "channel_stopped",
        str(web.uuid),
        "no more",
    )
    drain()
    assert [str(one["Subject"]) for one in smtp.mails][-1] == "Notifications no longer go to webhook"
    assert len(hook.asked) == 1


def test_channel_that_fails_for_days_stops(web, hook, told, traveller):
    hook.on("/hook", says("", 500))
    Channel.objects.filter(pk=web.pk).update(
        failures=9, failing_since=clock.now() - timedelta(days=3), rests_until=None
    )
    told()
    drain()
    web.refresh_from_db()
    assert (web.state, web.failures) == ("disabled", 10)


def test_channel_that_fails_is_tried_by_one_message_at_a_time(web, hook, told, traveller, monkeypatch):
    monkeypatch.setattr("alerts.services.delivery.finishing.random.random", lambda: 1.0)
    hook.on("/hook", says("", 500))
    told()
    drain()
    for _more in range(5):
        told()
    later(traveller, seconds=10)
    assert len(hook.asked) == 2
    assert set(Delivery.objects.filter(pk__gt=Delivery.objects.order_by("pk")[0].pk).values_list(
        "attempts", flat=True)) <= {0, 1}  # fmt: skip
    hook.on("/hook", says("taken"))
    for _round in range(3):
        later(traveller, seconds=20)
    assert states() == ["delivered"] * 6


def test_slow_receiver_does_not_hold_up_the_mail(smtp, mail, web, hook, told):
    hook.on("/hook", silent())
    for _one in range(3):
        told()
    drain()
    by_kind = dict.fromkeys(("email", "webhook"))
    for kind in by_kind:
        by_kind[kind] = list(Attempt.objects.filter(delivery__channel__kind=kind).order_by("at"))
    mails_done = max(one.at + timedelta(milliseconds=one.took_ms) for one in by_kind["email"])
    webs_done = min(one.at + timedelta(milliseconds=one.took_ms) for one in by_kind["webhook"])
    assert mails_done < webs_done
    assert {one.outcome for one in by_kind["webhook"]} == {"retry"}


def test_mail_server_that_is_away_for_hours_costs_no_message_and_no_channel(
    smtp, mail, told, settings, traveller
):
    settings.EMAIL_PORT = 1
    told()
    for _try in range(12):
        later(traveller, seconds=300)
    mail.refresh_from_db()
    assert (states(), mail.state, mail.failures) == (["pending"], "active", 0)
    settings.EMAIL_PORT = smtp.port
    later(traveller, seconds=300)
    assert states() == ["delivered"]
    assert len(smtp.mails) == 1


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("550 5.1.1 no such user", ("failed", "disabled")),
        ("550 gone", ("failed", "disabled")),
        ("550 5.7.1 not from you", ("failed", "active")),
        ("552 5.2.2 mailbox full", ("pending", "active")),
        ("450 4.2.1 later", ("pending", "active")),
    ],
)
def test_what_the_mail_server_says_of_an_address(smtp, mail, told, line, after):
    smtp.says = lambda _address: line
    told()
    drain()
    mail.refresh_from_db()
    assert (states()[0], mail.state) == after
    assert Attempt.objects.get().status == int(line[:3])


@pytest.mark.parametrize(("line", "state"), [("554 5.6.0 no", "failed"), ("451 4.3.0 later", "pending")])
def test_what_the_mail_server_says_of_a_message(smtp, mail, told, line, state):
    smtp.answers = lambda _mail: line
    told()
    drain()
    mail.refresh_from_db()
    assert (states(), mail.state, Attempt.objects.get().status) == ([state], "active", int(line[:3]))


def quiet(ida: Any, start: str = "11:00", end: str = "14:00", cap: int = 20) -> None:
    NotificationSettings.objects.update_or_create(
        user=ida, defaults={"quiet_from": start, "quiet_until": end, "hourly_cap": cap}
    )


@pytest.mark.usefixtures("mail", "web")
def test_in_quiet_hours_programs_and_security_are_told_and_the_rest_comes_together_after(
    ida, smtp, hook, told, traveller
):
    quiet(ida)
    told(name="one")
    told(name="two")
    told("security")
    drain()
    assert (len(smtp.mails), len(hook.asked)) == (1, 3)
    later(traveller, hours=1)
    told(name="three")
    assert drain()[0] == 1
    later(traveller, hours=1)
    assert [str(one["Subject"]) for one in smtp.mails][1:] == ["3 notifications"]
    assert set(states()) == {"delivered"}
    assert len(set(smtp.ids)) == 2


def test_over_the_cap_the_rest_of_the_hour_is_one_summary(ida, smtp, mail, told, traveller):
    NotificationSettings.objects.create(user=ida, hourly_cap=2)
    for number in range(5):
        told(number=str(number))
        drain()
    assert len(smtp.mails) == 2
    assert (
        list(Delivery.objects.filter(state="pending").values_list("gathered", "due_at", "attempts"))
        == [(True, NOON + timedelta(hours=1), 0)] * 3
    )
    later(traveller, hours=1)
    assert len(smtp.mails) == 3
    assert smtp.mails[2].get_body("plain").get_content().count("accepted your invitation") == 3
    assert states() == ["delivered"] * 5


def test_digest_comes_once_and_with_all(channel, smtp, told, traveller):
    channel("email", address="a@example.org", digest="daily")
    for _one in range(3):
        told()
    drain()
    later(traveller, hours=19)
    assert smtp.mails == []
    later(traveller, hours=1)
    assert [str(one["Subject"]) for one in smtp.mails] == ["3 notifications"]


def test_digest_that_fails_keeps_its_key_and_what_is_in_it(channel, smtp, told, traveller):
    channel("email", address="a@example.org", digest="hourly")
    told()
    told()
    later(traveller, seconds=1)
    smtp.answers = lambda _mail: "451 later"
    later(traveller, hours=1)
    key = Delivery.objects.values_list("bundle", flat=True).distinct().get()
    told()
    smtp.answers = lambda _mail: ""
    later(traveller, seconds=300)
    assert (smtp.ids, str(smtp.mails[0]["Subject"])) == ([f"<{key}@localhost>"], "2 notifications")
    assert states() == ["delivered", "delivered", "pending"]
    assert (
        list(Attempt.objects.values_list("outcome", flat=True).order_by("pk"))
        == ["retry"] * 2 + ["delivered"] * 2
    )


def test_address_of_the_account_gets_mail_once_it_is_proven(ida, channel, smtp, told):
    channel("email", is_account=True)
    told()
    drain()
    assert list(Delivery.objects.values_list("state", "error")) == [("dropped", UNPROVEN)]
    prove(ida)
    told()
    drain()
    assert [one["To"] for one in smtp.mails] == ["ida@example.org"]


@pytest.mark.parametrize("state", ["paused", "disabled", "unverified"])
def test_channel_that_is_off_gets_tests_and_proofs_alone(mail, smtp, told, state):
    told()
    Channel.objects.filter(pk=mail.pk).update(state=state)
    for purpose, code in (("test", None), ("proof", "123456")):
        Delivery.objects.create(
            channel=mail, purpose=purpose, content=code, due_at=clock.now(), created_at=clock.now()
        )
    drain()
    assert states() == ["pending" if state == "paused" else "dropped", "delivered", "delivered"]
    assert any(
        f"http://localhost:8000/settings/notifications/{mail.uuid}/verify/?code=123456"
        in one.get_body("plain").get_content()
        for one in smtp.mails
    )
    assert sum("123456" in one.get_body("plain").get_content() for one in smtp.mails) == 1
    assert not Delivery.objects.filter(content__isnull=False).exists()


def test_closed_account_is_told_nothing(ida, mail, smtp, told):
    told()
    ida.is_active = False
    ida.save()
    drain()
    assert states() == ["dropped"]


def test_transport_that_breaks_is_tried_again_and_told_to_the_log(mail, told, monkeypatch):
    class Broken:
        def send(self, *_all: Any) -> Any:
            raise ZeroDivisionError

    monkeypatch.setattr(drains, "of", lambda _kind: Broken())
    told()
    drain()
    assert (states(), tries()) == (["pending"], [(1, "retry", None)])


def test_message_that_cannot_be_written_holds_up_no_other(mail, smtp, told, monkeypatch):
    from alerts.selectors import messages

    real = messages.words

    def words(notification: Any) -> Any:
        if notification.data.get("bad"):
            raise KeyError
        return real(notification)

    monkeypatch.setattr(messages, "words", words)
    told(bad="1")
    told()
    assert drain()[0] == 2
    assert states() == ["delivered"] * 2
    assert min(str(one["Subject"]) for one in smtp.mails) == "Portfolios and members"


def test_long_run_says_that_there_is_more(mail, smtp, told):
    told()
    assert drain(seconds=-1) == (0, True)
    assert drain() == (1, False)


def test_old_deliveries_are_thrown_away(mail, smtp, told):
    told()
    drain()
    told()
    with time_machine.travel(datetime.now(NOON.tzinfo) + timedelta(days=91), tick=False):
        assert purge() == 1
    assert (states(), Attempt.objects.count()) == (["pending"], 0)


def test_reply_of_nonsense_is_kept_as_far_as_a_column_takes_it(web, hook, told):
    hook.on("/hook", Reply(b"\0\xff" + b"x" * 500, 200))
    told()
    drain()
    detail = Attempt.objects.get().detail
    assert (len(detail), detail[:3]) == (199, "\N{REPLACEMENT CHARACTER}xx")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("12345678\n", "active"),
        ('{"code": "12345678"}', "active"),
        ("taken", "unverified"),
        ('{"data": {"code": "12345678"}}', "unverified"),
        ("[12345678]", "unverified"),
        ("{", "unverified"),
    ],
)
def test_program_that_answers_its_proof_with_the_code_is_proven(channel, hook, answer, state):
    hook.on("/hook", says(answer))
    made = channel("webhook", url=f"{hook.url}/hook", state="unverified")
    enqueue_one(made, Delivery.Purpose.PROOF, "12345678")
    assert drain() == (1, False)
    made.refresh_from_db()
    assert (states(), made.state, Attempt.objects.get().detail) == (["delivered"], state, "")
    assert json.loads(hook.asked[0].body)["data"]["code"] == "12345678"


def test_what_was_gathered_is_sent_again_alone_under_its_own_key(channel, smtp, told, ida, traveller):
    made = channel("email", address="a@b.org", digest="daily")
    told()
    told()
    drain()
    later(traveller, days=1)
    assert len(smtp.ids) == 1  # both in one
    own = [f"<{one.uuid}@localhost>" for one in Delivery.objects.order_by("pk")]
    for _time in range(2):
        Delivery.objects.update(state="failed")
        Channel.objects.filter(pk=made.pk).update(digest="none")
        smtp.forget()
        for one in Delivery.objects.all():
            resend_delivery(actor=Actor.user(ida), user=ida, uuid=made.uuid, delivery_id=one.uuid)
        drain()
        assert sorted(smtp.ids) == sorted(own)


def test_nothing_leaves_to_what_staff_stopped(web, hook):
    for purpose in (Delivery.Purpose.TEST, Delivery.Purpose.PROOF):
        enqueue_one(web, purpose, "12345678")
    Channel.objects.filter(pk=web.pk).update(state="disabled", stopped_by_staff_at=clock.now())
    drain()
    assert (states(), hook.asked) == (["dropped", "dropped"], [])


def test_program_gets_so_many_an_hour_and_the_rest_one_by_one_after_it(web, hook, told, traveller):
    Channel.objects.filter(pk=web.pk).update(hour_began=clock.now(), hour_sent=599)
    for _one in range(3):
        told()
    drain()
    assert (states(), len(hook.asked)) == (["delivered", "pending", "pending"], 1)
    later(traveller, hours=1)
    assert (states(), len(hook.asked)) == (["delivered"] * 3, 3)


def test_every_kind_of_channel_has_its_transport():
    assert [type(of(kind)).__name__ for kind in Channel.Kind.values] == [
        "EmailTransport",
        "WebhookTransport",
        "PushTransport",
        *["ServiceTransport"] * 5,
    ]

"""Staff's side of alerts and deliveries: what they do, what they see, and what they never see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services as people
from alerts.models import Alert, Attempt, Channel, Clause, Delivery, Notification, Outbox
from alerts.selectors import panels, words
from alerts.services import operations
from core.actor import Actor
from core.errors import Conflict, DomainError, Forbidden, NotFound
from core.models import LIVE_WORLD, AuditEvent
from core.roles import StaffRole
from market.models import Cursor, Instrument
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db
STAFF = Actor.system("staff")
ANSWER = "5.1.1 <ida@elsewhere.example.org>: no such user"
SECRET = "hunter2-the-secret"
S = Delivery.State


@pytest.fixture
def channel(ida: Any) -> Channel:
    return Channel.objects.create(
        owner=ida, kind="webhook", name="Ida's own server", config=SECRET, hint="hooks.example.org",
        topics=["alert", "channel"], state="active", verified_at=NOON, failures=3, failing_since=NOON,
        rests_until=NOON + timedelta(hours=1),
    )  # fmt: skip


@pytest.fixture
def queued(ida: Any, channel: Channel) -> Any:
    """Write a delivery: ``queued("failed", attempts=8)``."""

    def write(state: str = "pending", **more: Any) -> Delivery:
        told = None
        if more.get("purpose", "notice") == "notice":
            data = {"file": "ida-private.csv"}
            told = Notification.objects.create(
                user=ida, kind="import", event="done", data=data, key=str(uuid4()), created_at=NOON
            )
        values = {"channel": channel, "due_at": NOON, "created_at": NOON, **more}
        return Delivery.objects.create(notification=told, state=state, **values)

    return write


@pytest.fixture
def staff(django_user_model: Any) -> Any:
    """Sign a member of staff in: ``staff("support")``."""

    def enter(role: str) -> Client:
        people.sync_roles(actor=STAFF)
        user = django_user_model.objects.create_user(f"{role}@example.org", "pw")
        people.grant_role(actor=STAFF, user_id=user.pk, role=StaffRole(role), reason="test")
        client = Client()
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def watched(share: Instrument, armed: Any) -> Instrument:
    """A share for which an alert waits."""
    armed(share, "above", "123.45")
    return share


def audited(verb: str) -> list[tuple[str, Any, Any, str]]:
    rows = AuditEvent.objects.filter(verb=verb).order_by("id")
    return list(rows.values_list("object_id", "before", "after", "reason"))


@pytest.mark.parametrize("state", ["failed", "dropped"])
def test_what_failed_is_sent_again_once_under_its_key(queued: Any, traveller: Any, state: str) -> None:
    row = queued(state, attempts=8, error="500", done_at=NOON, lease=uuid4(), due_at=NOON - timedelta(days=1))
    operations.send_again(actor=STAFF, delivery_id=row.pk, reason="it is up again")
    found = Delivery.objects.get()
    assert (found.state, found.uuid, found.attempts, found.error) == ("pending", row.uuid, 0, "")
    assert (found.lease, found.due_at, found.done_at) == (None, NOON, None)
    with pytest.raises(Conflict):
        operations.send_again(actor=STAFF, delivery_id=row.pk, reason="twice")
    assert audited("delivery.sent_again") == [
        (str(row.uuid), {"state": state}, {"state": "pending"}, "it is up again")
    ]


def test_what_makes_no_sense_is_not_sent_again(queued: Any, channel: Channel) -> None:
    proof = queued("failed", purpose="proof")
    done = queued("delivered")
    stopped = queued("failed")
    for row in (proof, done):
        with pytest.raises(Conflict):
            operations.send_again(actor=STAFF, delivery_id=row.pk, reason="x")
    Channel.objects.update(state="disabled")
    with pytest.raises(Conflict):
        operations.send_again(actor=STAFF, delivery_id=stopped.pk, reason="x")
    with pytest.raises(NotFound):
        operations.send_again(actor=STAFF, delivery_id=0, reason="x")
    assert [row.state for row in Delivery.objects.order_by("pk")] == ["failed", "delivered", "failed"]


def test_what_waits_is_dropped_and_no_lease_finishes_it(queued: Any, traveller: Any) -> None:
    lease = uuid4()
    row = queued(lease=lease, due_at=NOON + timedelta(minutes=1))
    operations.drop_delivery(actor=STAFF, delivery_id=row.pk, reason="a storm")
    assert Delivery.objects.filter(lease=lease).count() == 0
    found = Delivery.objects.get()
    assert (found.state, found.error, found.done_at) == ("dropped", "florin:dropped_by_staff", NOON)
    with pytest.raises(Conflict):
        operations.drop_delivery(actor=STAFF, delivery_id=row.pk, reason="twice")
    assert len(audited("delivery.dropped")) == 1


def test_a_channel_is_stopped_its_person_told_elsewhere_and_let_go_on(
    ida: Any, channel: Channel, traveller: Any
) -> None:
    other = Channel.objects.create(
        owner=ida, kind="ntfy", name="Phone", config="{}", topics=["channel"], state="active"
    )
    operations.disable_channel(actor=STAFF, channel_id=channel.pk, reason="it is abused")
    with pytest.raises(Conflict):
        operations.disable_channel(actor=STAFF, channel_id=channel.pk, reason="twice")
    channel.refresh_from_db()
    assert (channel.state, channel.reason) == ("disabled", "florin:stopped_by_staff")
    notice = Notification.objects.get()
    assert (notice.user_id, notice.event) == (ida.pk, "stopped_by_staff")
    assert words.told(notice) == "Notifications no longer go to Ida's own server"
    assert [row.channel_id for row in Delivery.objects.all()] == [other.pk]
    operations.enable_channel(actor=STAFF, channel_id=channel.pk, reason="it is not")
    channel.refresh_from_db()
    assert (channel.state, channel.reason, channel.failures) == ("active", "", 0)
    assert (channel.failing_since, channel.rests_until) == (None, None)
    with pytest.raises(Conflict):
        operations.enable_channel(actor=STAFF, channel_id=channel.pk, reason="twice")
    key = str(channel.uuid)
    assert audited("channel.disabled") == [(key, {"state": "active"}, {"state": "disabled"}, "it is abused")]
    assert audited("channel.enabled") == [(key, {"state": "disabled"}, {"state": "active"}, "it is not")]


def test_a_channel_that_was_never_verified_still_has_to_be(channel: Channel) -> None:
    Channel.objects.update(state="disabled", verified_at=None)
    operations.enable_channel(actor=STAFF, channel_id=channel.pk, reason="x")
    assert Channel.objects.get().state == "unverified"


def test_all_deliveries_are_paused_and_go_on_once(queued: Any, traveller: Any) -> None:
    queued()
    Outbox.objects.all().delete()
    with pytest.raises(Conflict):
        operations.resume_outbox(actor=STAFF, reason="x")
    operations.pause_outbox(actor=STAFF, reason="r" * 300)
    with pytest.raises(Conflict):
        operations.pause_outbox(actor=STAFF, reason="twice")
    assert Outbox.objects.values_list("paused_at", "reason").get() == (NOON, "r" * 200)
    operations.resume_outbox(actor=STAFF, reason="mended")
    assert Outbox.objects.values_list("paused_at", "reason").get() == (None, "")
    assert [row[3] for row in (*audited("outbox.paused"), *audited("outbox.resumed"))] == [
        "r" * 300, "mended",
    ]  # fmt: skip


def test_code_of_a_proof_that_staff_drop_is_not_kept(queued: Any) -> None:
    row = queued(purpose="proof", content="12345678")
    operations.drop_delivery(actor=STAFF, delivery_id=row.pk, reason="x")
    row.refresh_from_db()
    assert (row.state, row.content) == ("dropped", None)


def test_each_is_for_who_has_the_power(ida: Any, channel: Channel, queued: Any) -> None:
    row, nobody = queued(), Actor.user(ida)
    refused: list[type[DomainError]] = []
    for act in (
        lambda: operations.send_again(actor=nobody, delivery_id=row.pk, reason="x"),
        lambda: operations.drop_delivery(actor=nobody, delivery_id=row.pk, reason="x"),
        lambda: operations.disable_channel(actor=nobody, channel_id=channel.pk, reason="x"),
        lambda: operations.enable_channel(actor=nobody, channel_id=channel.pk, reason="x"),
        lambda: operations.pause_outbox(actor=nobody, reason="x"),
        lambda: operations.resume_outbox(actor=nobody, reason="x"),
    ):
        with pytest.raises(Forbidden) as error:
            act()
        refused.append(error.type)
    assert len(refused) == 6
    assert not AuditEvent.objects.filter(object_type__in=["delivery", "channel", "outbox"]).exists()


def test_support_sees_how_things_stand_and_neither_secrets_nor_words(
    staff: Any, queued: Any, channel: Channel, share: Instrument, armed: Any
) -> None:
    alert = armed(share, "above", "123.45", note="buy the house")
    rule = Alert.objects.create(owner=alert.owner, joined="all")
    Clause.objects.create(alert=rule, number=1, kind="rsi", instrument=share, level=30, upper=70, days=14)
    row = queued("failed", content=SECRET)
    Attempt.objects.create(
        delivery=row, number=1, at=NOON, took_ms=80, outcome="retry", status=503, detail=ANSWER
    )
    Delivery.objects.update(error=ANSWER)
    Channel.objects.update(reason=ANSWER)
    pages = [
        reverse(f"admin:alerts_{name}_{view}", args=args)
        for name, key in (
            ("alert", alert.pk),
            ("alert", rule.pk),
            ("channel", channel.pk),
            ("delivery", row.pk),
            ("notification", row.notification_id),
        )
        for view, args in (("changelist", []), ("change", [key]))
    ]
    support, auditor = staff("support"), staff("auditor")
    seen = "".join(support.get(url).content.decode() for url in pages)
    for hidden in (
        SECRET,
        "buy the house",
        "123.45",
        "ida-private.csv",
        "upper level",
        "Ida&#x27;s own server",
        "<ida@",
        "&lt;ida@",
        "no such user",
    ):
        assert hidden not in seen, hidden
    for shown in (
        str(alert.uuid),
        "hooks.example.org",
        "retry 503",
        "what is sent there is refused",
        "ida@example.org",
    ):
        assert shown in seen, shown
    more = "".join(auditor.get(url).content.decode() for url in pages)
    assert "buy the house" in more
    assert "is at or above 123.45" in more
    assert "level 30, upper level 70, days 14" in more
    assert SECRET not in more


def test_staff_act_on_the_page_with_a_reason(staff: Any, queued: Any, channel: Channel) -> None:
    row = queued("failed")
    support = staff("support")
    page = support.get(reverse("admin:alerts_delivery_change", args=[row.pk])).content.decode()
    assert ('value="again"' in page, 'value="drop"' in page) == (True, False)
    values = {"action": "again", "_selected_action": row.pk, "confirmed": "yes", "reason": "up again"}
    support.post(reverse("admin:alerts_delivery_changelist"), values)
    assert Delivery.objects.get().state == "pending"
    pause = {**values, "action": "pause", "_selected_action": 1}
    assert support.post(reverse("admin:alerts_outbox_changelist"), pause).status_code == 403
    Outbox.objects.get_or_create(pk=1)
    staff("admin").post(reverse("admin:alerts_outbox_changelist"), pause)
    assert Outbox.objects.get().reason == "up again"


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("ida@example.org", "i…@example.org"),
        ("hooks.example.org", "hooks.example.org"),
        ("123456789", "12…89"),
        ("1234", "…"),
        ("@mychannel", "@m…el"),
        ("discord.com · 1234567890", "discord.com · 12…90"),
        ("", ""),
    ],
)
def test_hints_are_masked(hint: str, shown: str) -> None:
    from alerts.admin.outbox import masked

    assert masked(hint) == shown


def told() -> list[tuple[str, str, str]]:
    return [(str(row.label), row.value, row.state) for row in panels.panel().rows]


def test_the_dashboard_tells_how_alerts_and_deliveries_stand(
    queued: Any, watched: Instrument, tell: Any, traveller: Any, django_assert_max_num_queries: Any
) -> None:
    assert told() == [
        ("Alerts that are armed", "1", "good"),
        ("Batches of prices that wait", "0", "good"),
        ("Deliveries that wait", "0", "good"),
        ("Failed in 24 hours", "0", "good"),
        ("Channels that are stopped", "0", "good"),
    ]
    head = Cursor.objects.get(consumer="alerts").seq
    tell(watched, "10", 1)
    tell(watched, "11", 2)
    Cursor.objects.filter(consumer="alerts").update(seq=head)
    for state, at in (("pending", NOON), ("failed", NOON), ("failed", NOON - timedelta(days=2))):
        queued(state, done_at=at if state == "failed" else None)
    Channel.objects.update(state="disabled")
    traveller.move_to(NOON + timedelta(minutes=11))
    with django_assert_max_num_queries(2):
        assert told() == [
            ("Alerts that are armed", "1", "good"),
            ("Batches of prices that wait", "2, for up to 600 s", "bad"),
            ("Deliveries that wait", "1, due for 11\xa0minutes", "bad"),
            ("Failed in 24 hours", "1", "warn"),
            ("Webhook", "1 waiting, 1 failed", "good"),
            ("Channels that are stopped", "1", "warn"),
        ]
    Outbox.objects.update_or_create(pk=1, defaults={"paused_at": NOON, "reason": "the mail server moves"})
    first, second, *_rest, waits, _failed, _kind, _stopped = told()
    assert first == ("All deliveries are paused", "for 11\xa0minutes", "bad")
    assert second == ("the mail server moves", "", "good")
    assert waits == ("Deliveries that wait", "1, due for 11\xa0minutes", "good")


def test_armed_alerts_are_not_counted_for_ever(
    monkeypatch: pytest.MonkeyPatch, share: Instrument, armed: Any
) -> None:
    for level in ("100", "200"):
        armed(share, "above", level)
    monkeypatch.setattr("alerts.selectors.health.MOST_COUNTED", 1)
    assert told()[0][:2] == ("Alerts that are armed", "> 1")


def ready(client: Client) -> tuple[int, str, Any]:
    answer = client.get("/health/ready")
    return answer.status_code, answer.json()["status"], answer.json()["checks"]["alerts"]


def test_readiness_tells_what_is_late_and_stays_in_service(
    client: Client, queued: Any, watched: Instrument, tell: Any, traveller: Any
) -> None:
    tell(watched, "10", 1)
    Cursor.objects.filter(consumer="alerts", world=LIVE_WORLD).update(seq=0)
    traveller.move_to(NOON + timedelta(minutes=3))
    assert ready(client) == (200, "ok", {"healthy": True, "detail": ""})
    traveller.move_to(NOON + timedelta(minutes=3, seconds=1))
    late = "1 batches of prices wait, the oldest for 2 minutes"
    assert ready(client) == (200, "degraded", {"healthy": False, "detail": late})
    Cursor.objects.filter(consumer="alerts").update(seq=1)
    queued(due_at=NOON)
    traveller.move_to(NOON + timedelta(minutes=11))
    assert ready(client) == (
        200,
        "degraded",
        {"healthy": False, "detail": "a delivery is due for 11 minutes"},
    )
    Outbox.objects.update_or_create(pk=1, defaults={"paused_at": NOON})
    assert ready(client) == (200, "ok", {"healthy": True, "detail": "deliveries are paused"})


def test_prometheus_is_told_what_waits_by_any_process(
    queued: Any, channel: Channel, traveller: Any, django_assert_max_num_queries: Any
) -> None:
    queued()
    queued(due_at=NOON + timedelta(hours=1))
    traveller.move_to(NOON + timedelta(seconds=90))
    with django_assert_max_num_queries(2):
        found = {
            (family.name.removeprefix("florin_"), *one.labels.values()): one.value
            for family in panels.AlertsCollector().collect()
            for one in family.samples
        }
    assert {key: value for key, value in found.items() if value} == {
        ("deliveries_waiting", "webhook"): 2,
        ("deliveries_oldest_seconds",): 90,
    }
    assert len(found) == 5 + len(Channel.Kind.values)

"""What alerts keep of a person, told as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from django.db.models import F, Func, JSONField
from django.db.models.functions import Cast

from alerts.models import (
    Alert,
    Attempt,
    Channel,
    Clause,
    Delivery,
    Level,
    Notification,
    NotificationSettings,
    Trigger,
)
from core.personal import table
from core.ports import PersonalTable

_ALERT = (
    ("id", "uuid"), ("world", "world__name"), "joined", ("instrument", "instrument__uuid"), "condition",
    "level", "note", "repeats", "cooldown_minutes", "rearm", "state", "expires_at", "rearm_at", "fired",
    "fired_before", "fired_at", "created_at", "updated_at",
)  # fmt: skip
_CLAUSE = (
    ("alert", "alert__uuid"), "number", "kind", ("instrument", "instrument__uuid"),
    ("portfolio", "portfolio__id"), "direction", "level", "upper", "percent", "minutes", "days", "slow_days",
    "holds", "seen", "memory", "is_lost",
)  # fmt: skip
_TRIGGER = (
    ("alert", "alert__uuid"), "number", "seq", "at", "level", "previous", "price", "low", "high", "source",
    "facts", "recorded_at",
)  # fmt: skip
_CHANNEL = (
    ("id", "uuid"), "kind", "name", "is_account", "hint", "topics", "digest", "state", "reason",
    "stopped_by_staff_at", "verified_at", "proof_until", "proof_tries", "failures", "failing_since",
    "hour_began", "hour_sent", "used_at", "created_at", "updated_at",
)  # fmt: skip
_DELIVERY = (
    ("id", "uuid"), "purpose", "notification", ("channel", "channel__uuid"), "state", "due_at", "attempts",
    "gathered", "error", "created_at", "done_at",
)  # fmt: skip
_OF_OTHERS = ("person", "by", "name")


def tables_of(user_id: UUID) -> Iterator[PersonalTable]:
    """Tell a person's alerts, what is watched for them, when they fired and what the person was told."""
    yield table("alerts", Alert.objects.filter(owner_id=user_id).order_by("id"), _ALERT)
    clauses = Clause.objects.filter(alert__owner_id=user_id).order_by("alert_id", "number")
    yield table("alert_clauses", clauses, _CLAUSE)
    levels = Level.objects.filter(alert__owner_id=user_id).order_by("alert_id", "clause_id", "side")
    watched = (("alert", "alert__uuid"), ("clause", "clause__number"), ("instrument", "instrument__uuid"))
    yield table("alert_levels", levels, (*watched, ("world", "world__name"), "side", "level", "after"))
    fired = Trigger.objects.filter(alert__owner_id=user_id).order_by("alert_id", "number")
    yield table("alert_triggers", fired, _TRIGGER)
    yield _told(user_id)
    yield from _ways_of(user_id)


def _told(user_id: UUID) -> PersonalTable:
    """Tell what a person was told, without what others and their portfolios are called."""
    own = Func(F("data"), template=f"%(expressions)s - '{{{','.join(_OF_OTHERS)}}}'::text[]")
    told = Notification.objects.filter(user_id=user_id).order_by("id")
    cause = (("alert", "trigger__alert__uuid"), ("trigger", "trigger__number"))
    said = ("id", "kind", "event", *cause, ("data", "own"), "key", "created_at", "read_at")
    found = table("notifications", told.annotate(own=Cast(own, JSONField())), said)
    return replace(found, fields=found.fields - {"own"} | {"data"})


def _ways_of(user_id: UUID) -> Iterator[PersonalTable]:
    """Tell how a person is told, and what went there; not the addresses' secrets."""
    wanted = NotificationSettings.objects.filter(user_id=user_id)
    yield table("notification_settings", wanted, ("quiet_from", "quiet_until", "hourly_cap"))
    channels = Channel.objects.filter(owner_id=user_id).order_by("id")
    yield table("notification_channels", channels, _CHANNEL)
    sent = Delivery.objects.filter(channel__owner_id=user_id).order_by("id")
    yield table("notification_deliveries", sent, _DELIVERY)
    tries = Attempt.objects.filter(delivery__channel__owner_id=user_id).order_by("id")
    tried = (("delivery", "delivery__uuid"), "number", "at", "took_ms", "outcome", "status", "detail")
    yield table("notification_attempts", tries, tried)

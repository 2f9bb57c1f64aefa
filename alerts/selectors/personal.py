"""What alerts keep of a person, told as tables."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from alerts.models import Alert, Level, Notification, Trigger
from core.personal import table
from core.ports import PersonalTable

_ALERT = (
    ("id", "uuid"), ("world", "world__name"), ("instrument", "instrument__uuid"), "condition", "level",
    "note", "repeats", "cooldown_minutes", "state", "expires_at", "rearm_at", "fired", "fired_at",
    "created_at", "updated_at",
)  # fmt: skip
_TRIGGER = (
    ("alert", "alert__uuid"), "number", "seq", "at", "level", "previous", "price", "low", "high",
    "recorded_at",
)  # fmt: skip


def tables_of(user_id: UUID) -> Iterator[PersonalTable]:
    """Tell a person's alerts, what is watched for them, when they fired and what the person was told."""
    yield table("alerts", Alert.objects.filter(owner_id=user_id).order_by("id"), _ALERT)
    levels = Level.objects.filter(alert__owner_id=user_id).order_by("alert_id", "side")
    watched = (("alert", "alert__uuid"), ("instrument", "instrument__uuid"), ("world", "world__name"))
    yield table("alert_levels", levels, (*watched, "side", "level", "after"))
    fired = Trigger.objects.filter(alert__owner_id=user_id).order_by("alert_id", "number")
    yield table("alert_triggers", fired, _TRIGGER)
    told = Notification.objects.filter(user_id=user_id).order_by("id")
    cause = (("alert", "trigger__alert__uuid"), ("trigger", "trigger__number"))
    yield table("notifications", told, ("id", "kind", *cause, "created_at", "read_at"))

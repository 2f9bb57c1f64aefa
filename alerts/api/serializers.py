"""JSON shapes of alerts and notifications."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from alerts import payloads
from alerts.domain.conditions import Condition
from alerts.models import Alert, Notification, Trigger
from alerts.services.alerts import LONGEST_NOTE, LONGEST_REST_MINUTES, AlertData
from alerts.services.changing import AlertChanges
from core.api.fields import NumericSerializerField
from core.api.serializers import StrictSerializer


class AlertSerializer(StrictSerializer[Alert]):
    """A person waits for a price; `level` is for one unit, in `currency`.

    `state`: armed, resting (it fired, repeats, and waits until `rearm_at`), paused, fired (done) or
    expired.
    """

    id = serializers.UUIDField(read_only=True, source="uuid")
    instrument = serializers.UUIDField(source="instrument.uuid")
    symbol = serializers.CharField(read_only=True, source="instrument.symbol")
    currency = serializers.CharField(read_only=True, source="instrument.currency")
    condition = serializers.ChoiceField(choices=Alert.CONDITIONS)
    level = NumericSerializerField(positive=True)
    note = serializers.CharField(max_length=LONGEST_NOTE, default="", allow_blank=True)
    repeats = serializers.BooleanField(default=False)
    cooldown_minutes = serializers.IntegerField(default=15, min_value=1, max_value=LONGEST_REST_MINUTES)
    rearm = serializers.ChoiceField(
        choices=Alert.Rearm.choices,
        default=Alert.Rearm.RETURN.value,
        help_text=_("return: the price has to come back first; holds: it fires again as long as it is so."),
    )
    expires_at = serializers.DateTimeField(default=None, allow_null=True, help_text=_("With an offset."))
    state = serializers.CharField(read_only=True)
    rearm_at = serializers.DateTimeField(read_only=True, allow_null=True)
    fired = serializers.IntegerField(read_only=True)
    fired_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Alert) -> dict[str, Any]:
        """Tell the level for one unit, in the currency."""
        shown = super().to_representation(instance)
        return shown | {"level": major(instance, instance.level)}


def major(alert: Alert, price: Any) -> str | None:
    """Write a price of an alert's instrument for one unit, in its currency."""
    return (
        None
        if price is None
        else NumericSerializerField().to_representation(price * alert.watched.quote_unit)
    )


def data_of(values: dict[str, Any]) -> AlertData:
    """Take clean values as the service wants them."""
    kept = {name: value for name, value in values.items() if name not in {"instrument", "condition"}}
    return AlertData(condition=Condition(values["condition"]), **kept)


def changes_of(values: dict[str, Any]) -> AlertChanges:
    """Take clean values of what is to be another as the service wants them."""
    kept = dict(values)
    listing = kept.pop("instrument", None)
    condition = kept.pop("condition", None)
    return AlertChanges(
        instrument=listing and listing["uuid"],
        condition=condition and Condition(condition),
        ends="expires_at" in kept,
        **kept,
    )


class SnoozeSerializer(StrictSerializer[Any]):
    """How long an alert is to wait for nothing."""

    until = serializers.DateTimeField(help_text=_("With an offset; at most a year away."))


class TriggerSerializer(serializers.Serializer[Trigger]):
    """One time that an alert fired: the move that did it, for one unit, in the instrument's currency.

    `at` is when the prices were recorded, `recorded_at` when the alert was told; `previous` null: it was
    the first price.
    """

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    level = NumericSerializerField()
    previous = NumericSerializerField(allow_null=True)
    price = NumericSerializerField()
    low = NumericSerializerField()
    high = NumericSerializerField()

    def to_representation(self, instance: Trigger) -> dict[str, Any]:
        """Tell prices for one unit, in the currency."""
        shown = super().to_representation(instance)
        prices = ("level", "previous", "price", "low", "high")
        return shown | {name: major(instance.alert, getattr(instance, name)) for name in prices}


class NotificationSerializer(serializers.Serializer[Notification]):
    """Something that a person was told; `read_at` null: not read yet.

    `title` and `text` say it in the caller's language, `path` is a page of ours (empty where there is none),
    `data` is for programs. `alert` and `trigger` are null unless an alert fired.
    """

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Notification.Kind.choices)
    event = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    path = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field of ours, not the serializer's
    alert = serializers.UUIDField(source="trigger.alert.uuid", allow_null=True)
    trigger = TriggerSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Notification) -> dict[str, Any]:
        """Write what the socket writes too, and the trigger as the alert's own list does."""
        trigger = instance.trigger
        fired: dict[str, Any] = {"alert": None, "trigger": None}
        if trigger is not None:
            fired = {"alert": str(trigger.alert.uuid), "trigger": TriggerSerializer(trigger).data}
        return payloads.notification(instance) | fired


class ReadSerializer(StrictSerializer[Any]):
    """Which notifications were read: all up to an id, and these."""

    up_to = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=2**63 - 1), max_length=500, required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two."""
        if not attrs:
            raise serializers.ValidationError({"up_to": _("Give the id up to which, or the ids.")})
        return attrs

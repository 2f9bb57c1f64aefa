"""JSON shapes of alerts and notifications."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from alerts import payloads
from alerts.api.clauses import ClauseSerializer, FactSerializer, asked, clauses_of
from alerts.domain.conditions import Condition
from alerts.domain.rules import Kind
from alerts.models import Alert, Notification, Trigger
from alerts.selectors.distances import distances
from alerts.selectors.preview import Preview, PreviewDay
from alerts.services.alerts import LONGEST_NOTE, LONGEST_REST_MINUTES
from alerts.services.changing import AlertChanges
from alerts.services.rules import ClauseData, RuleData
from core.api.fields import NumericSerializerField
from core.api.serializers import StrictSerializer
from core.money import plain


class AlertSerializer(StrictSerializer[Alert]):
    """A person waits for a price, or for a rule of clauses.

    One price (`joined` is one): `instrument`, `condition` and `level`, for one unit in `currency`. A rule:
    `clauses`, of which `all` or `any` must hold; a rule of one price becomes the former. `state`: armed,
    resting (until `rearm_at`: it fired and repeats, or was told to wait), paused, fired (done) or expired.
    `distance` is how far the price has to go to the nearest level, in per cent of the price (5 is 5 % up).
    """

    id = serializers.UUIDField(read_only=True, source="uuid")
    joined = serializers.ChoiceField(choices=Alert.Joined.choices, required=False)
    instrument = serializers.UUIDField(source="instrument.uuid", required=False, allow_null=True)
    symbol = serializers.CharField(read_only=True, source="instrument.symbol", allow_null=True)
    currency = serializers.CharField(read_only=True, source="instrument.currency", allow_null=True)
    condition = serializers.ChoiceField(choices=Alert.CONDITIONS, required=False, allow_blank=True)
    level = NumericSerializerField(positive=True, required=False, allow_null=True)
    clauses = ClauseSerializer(many=True, required=False)
    note = serializers.CharField(max_length=LONGEST_NOTE, default="", allow_blank=True)
    repeats = serializers.BooleanField(default=False)
    cooldown_minutes = serializers.IntegerField(default=15, min_value=1, max_value=LONGEST_REST_MINUTES)
    rearm = serializers.ChoiceField(
        choices=Alert.Rearm.choices,
        default=Alert.Rearm.RETURN.value,
        help_text=_("return: the price has to come back first; holds: it fires again as long as it is so."),
    )
    expires_at = serializers.DateTimeField(default=None, allow_null=True, help_text=_("With an offset."))
    distance = serializers.SerializerMethodField()
    state = serializers.CharField(read_only=True)
    rearm_at = serializers.DateTimeField(read_only=True, allow_null=True)
    fired = serializers.IntegerField(read_only=True)
    fired_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True})
    def get_distance(self, alert: Alert) -> str | None:
        """Tell how far it is, from what was worked out for all that are shown."""
        found = self.context["distances"].get(alert.pk)
        return None if found is None else plain(found)

    def to_representation(self, instance: Alert) -> dict[str, Any]:
        """Tell prices for one unit, in the currency."""
        shown = super().to_representation(instance)
        return shown | {"level": major(instance, instance.level), "clauses": clauses_of(instance)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one price or for clauses, not for both."""
        if attrs.get("clauses") is not None:
            return {name: value for name, value in attrs.items() if name not in PLAIN} | {
                "clauses": [asked(one) for one in attrs["clauses"]]
            }
        missing = [name for name in PLAIN if not attrs.get(name)]
        if missing and not self.partial:
            required = ErrorDetail(str(_("This field is required.")), code="required")
            raise serializers.ValidationError({name: [required] for name in missing})
        return attrs


PLAIN: Final = ("instrument", "condition", "level")


def shown_alert(alert: Alert) -> Any:
    """Write one alert."""
    return AlertSerializer(alert, context={"distances": distances([alert])}).data


def shown_alerts(alerts: Sequence[Alert]) -> Any:
    """Write alerts, with their prices read at once."""
    return AlertSerializer(cast("Any", alerts), many=True, context={"distances": distances(alerts)}).data


def major(alert: Alert, price: Any) -> str | None:
    """Write a price of an alert's instrument for one unit, in its currency; of a rule as it is."""
    unit = Decimal(1) if alert.instrument is None else alert.instrument.quote_unit
    return None if price is None else plain(price * unit)


def data_of(values: dict[str, Any]) -> RuleData:
    """Take clean values as the service wants them."""
    kept = {name: value for name, value in values.items() if name not in {*PLAIN, "clauses", "joined"}}
    clauses = values.get("clauses")
    if clauses is None:
        kind = Kind(values["condition"])
        clauses = [ClauseData(kind, values["instrument"]["uuid"], level=values["level"])]
    joined = values.get("joined", Alert.Joined.ALL)
    return RuleData(Alert.Joined.ALL if joined == Alert.Joined.ONE else joined, clauses, **kept)


def changes_of(values: dict[str, Any]) -> AlertChanges:
    """Take clean values of what is to be another as the service wants them."""
    kept = dict(values)
    listing = kept.pop("instrument", None)
    condition = kept.pop("condition", None)
    if kept.get("joined") == Alert.Joined.ONE:
        del kept["joined"]
    return AlertChanges(
        instrument=listing and listing["uuid"],
        condition=Condition(condition) if condition else None,
        ends="expires_at" in kept,
        **kept,
    )


class AlertPreviewDaySerializer(serializers.Serializer[PreviewDay]):
    """A day on which an alert would have fired, with the close of that day, per unit of today, in `currency`.

    `within`: the range of the day did it, which its close alone would not have.
    """

    date = serializers.DateField(source="day")
    price = NumericSerializerField()
    instrument = serializers.UUIDField(source="instrument.uuid")
    symbol = serializers.CharField(source="instrument.symbol")
    currency = serializers.CharField(source="instrument.currency")
    within = serializers.BooleanField()


class AlertPreviewSerializer(serializers.Serializer[Preview]):
    """The days, ascending; of the kinds in `left_out` daily prices say nothing."""

    days = AlertPreviewDaySerializer(many=True)
    left_out = serializers.ListField(child=serializers.CharField())


class SnoozeSerializer(StrictSerializer[Any]):
    """How long an alert is to wait for nothing."""

    until = serializers.DateTimeField(help_text=_("With an offset; at most a year away."))


class TriggerSerializer(serializers.Serializer[Trigger]):
    """One time that an alert fired: the move that did it, for one unit, in the instrument's currency.

    `at` is when the prices were recorded, `recorded_at` when the alert was told, `took_ms` what lies
    between; `previous` null: it was the first price. Of a rule the prices are those of the clause about a
    price that came last, or null, `level` is null, and `facts` tell what each clause saw.
    """

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    took_ms = serializers.SerializerMethodField()
    level = NumericSerializerField(allow_null=True)
    previous = NumericSerializerField(allow_null=True)
    price = NumericSerializerField(allow_null=True)
    low = NumericSerializerField(allow_null=True)
    high = NumericSerializerField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]  # a field of ours, not the serializer's
    facts = FactSerializer(many=True)

    def get_took_ms(self, trigger: Trigger) -> int:
        """Tell how many milliseconds after the price the alert was told."""
        return max(round((trigger.recorded_at - trigger.at).total_seconds() * 1000), 0)

    def to_representation(self, instance: Trigger) -> dict[str, Any]:
        """Tell prices for one unit, in the currency."""
        shown = super().to_representation(instance)
        unit = unit_of(instance)
        prices = ("level", "previous", "price", "low", "high")
        known = {name: getattr(instance, name) for name in prices}
        told = {name: None if price is None else plain(price * unit) for name, price in known.items()}
        # of one price, facts are no more than what its condition was then
        is_rule = instance.alert.joined != Alert.Joined.ONE
        return shown | told | {"facts": shown["facts"] if is_rule else []}


def unit_of(trigger: Trigger) -> Decimal:
    """Tell what one unit of a trigger's prices is in the currency."""
    instrument = trigger.alert.instrument
    if instrument is not None:
        return Decimal(instrument.quote_unit)
    return next((Decimal(one.get("unit", "1")) for one in trigger.facts if one.get("last")), Decimal(1))


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

"""JSON shapes of channels, of what went there, and of how a person wants to be told."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.models import Attempt, Channel, Delivery, Notification, NotificationSettings
from alerts.selectors.channels import leads_to, tries_of
from alerts.selectors.reasons import worded
from alerts.services.channels import LONGEST_NAME
from alerts.services.settings import HIGHEST_CAP, LOWEST_CAP
from core.api.serializers import StrictSerializer

LONGEST_VALUE = 1000


class TopicsField(serializers.ListField):
    """The kinds of notifications that go to a channel."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.ChoiceField(choices=Notification.Kind.choices)
        super().__init__(child=child, max_length=len(Notification.Kind.values), **kwargs)


class ReasonField(serializers.CharField):
    """Why, in the caller's language; what the other side said as it said it."""

    def to_representation(self, value: str) -> str:
        """Put a code of ours into words."""
        return worded(value)


class ChannelSerializer(serializers.Serializer[Channel]):
    """A way by which a person is told. `leads_to` is what of its settings may be shown.

    `state`: unverified (waits for its proof), active, paused, or disabled (stopped, for the `reason`).
    """

    id = serializers.UUIDField(source="uuid")
    kind = serializers.ChoiceField(choices=Channel.Kind.choices)
    name = serializers.CharField()
    is_account = serializers.BooleanField(help_text=_("It leads to the address of the account."))
    leads_to = serializers.SerializerMethodField()
    topics = TopicsField()
    digest = serializers.ChoiceField(choices=Channel.Digest.choices)
    state = serializers.CharField()
    reason = ReasonField()
    verified_at = serializers.DateTimeField(allow_null=True)
    proof_until = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField()
    used_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_leads_to(self, channel: Channel) -> str:
        """Tell where it leads, without what opens it."""
        return leads_to(channel)


class MadeChannelSerializer(ChannelSerializer):
    """A new channel; `secret` signs what goes to a webhook, and is null for the others."""

    secret = serializers.CharField(allow_null=True)


class NewChannelSerializer(StrictSerializer[Any]):
    """A new channel. `settings` are what its kind needs, as texts.

    email: `address` · webhook: `url` · push: `endpoint`, `p256dh`, `auth` · telegram: `token`, `chat` ·
    slack, discord: `address` (of the incoming webhook) · ntfy: `topic`, perhaps `token` · pushover: `token`,
    `user`.
    """

    kind = serializers.ChoiceField(choices=Channel.Kind.choices)
    name = serializers.CharField(max_length=LONGEST_NAME, default="", allow_blank=True)
    settings = serializers.DictField(child=serializers.CharField(max_length=LONGEST_VALUE))
    topics = TopicsField(default=None, allow_null=True, help_text=_("Null: all kinds."))
    digest = serializers.ChoiceField(choices=Channel.Digest.choices, default=Channel.Digest.NONE)


class ChannelChangeSerializer(StrictSerializer[Any]):
    """What of a channel can be changed; where it leads cannot."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    topics = TopicsField()
    digest = serializers.ChoiceField(choices=Channel.Digest.choices)


class CodeSerializer(StrictSerializer[Any]):
    """The code that arrived."""

    code = serializers.CharField(max_length=20)


class SecretSerializer(serializers.Serializer[Any]):
    """A webhook's secret, by the Standard Webhooks: ``whsec_`` and 32 bytes in base64."""

    secret = serializers.CharField()


class AttemptSerializer(serializers.Serializer[Attempt]):
    """One try: the outcome, the status of HTTP or SMTP, and the first 200 characters of the answer."""

    at = serializers.DateTimeField()
    outcome = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    detail = ReasonField()
    took_ms = serializers.IntegerField()


class DeliverySerializer(serializers.Serializer[Delivery]):
    """What was to go to a channel; `id` is the key by which whoever gets it twice can tell."""

    id = serializers.UUIDField(source="uuid")
    purpose = serializers.CharField()
    notification = serializers.IntegerField(source="notification_id", allow_null=True)
    state = serializers.CharField()
    due_at = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    error = ReasonField()
    created_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    tries = serializers.SerializerMethodField()

    @extend_schema_field(AttemptSerializer(many=True))
    def get_tries(self, delivery: Delivery) -> list[Any]:
        """Tell every try, the last first."""
        return [AttemptSerializer(one).data for one in tries_of(delivery)]


class NotificationSettingsSerializer(StrictSerializer[NotificationSettings]):
    """How a person wants to be told: quiet hours in their own time zone, and messages an hour a channel."""

    quiet_from = serializers.TimeField(allow_null=True, format="%H:%M")
    quiet_until = serializers.TimeField(allow_null=True, format="%H:%M")
    hourly_cap = serializers.IntegerField(min_value=LOWEST_CAP, max_value=HIGHEST_CAP)

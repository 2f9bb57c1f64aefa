"""A person's channels for tests, made through the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alerts.models import Channel, Delivery
from alerts.services.channels import ChannelData, create_channel
from core.actor import Actor

VALUES = {
    "email": {"address": "Other@Example.org"},
    "webhook": {"url": "https://hooks.example.org/florin?key=s3cr3t"},
    "push": {
        "endpoint": "https://updates.push.services.example.org/wpush/v2/s3cr3t",
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
    "telegram": {"token": "123456789:AAs3cr3tAAAAAAAAAAAAAAAAAAAAAAAAAAA", "chat": "-1001234"},
    "slack": {"address": "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/s3cr3tkdnlazkcOXrIdevi7F"},
    "discord": {"address": f"https://discord.com/api/webhooks/1234567890/s3cr3t{'x' * 60}"},
    "ntfy": {"topic": "my-s3cr3t-topic", "token": "tk_s3cr3tabcdefghij"},
    "pushover": {"token": "s3cr3t" + "a" * 24, "user": "u" * 24 + "s3cr3t"},
}


def by(user: Any) -> dict[str, Any]:
    """Name a person as who acts and whose it is."""
    return {"actor": Actor.user(user), "user": user}


@pytest.fixture
def led(ida: Any) -> Callable[..., Channel]:
    """Make a channel of Ida's: ``led("telegram")``."""

    def make(kind: str, **more: Any) -> Channel:
        data = ChannelData(kind=kind, values=more.pop("values", VALUES[kind]), **more)
        return create_channel(actor=Actor.user(ida), user=ida, data=data).channel

    return make


def code_of(channel: Channel) -> str:
    """Read the code that waits to be sent to a channel."""
    proof = Delivery.objects.get(channel=channel, purpose="proof", state="pending")
    return str(proof.content.reveal())

"""What a browser asks when its person wants to be told in it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import selectors as people
from alerts.models import Channel
from alerts.services.channels import ChannelData, create_channel
from alerts.services.push_keys import push_public_key
from core import context
from core.errors import DomainError
from core.pages import actor_of

BAD = 400


@login_required
@require_POST
def push_key(_request: HttpRequest) -> HttpResponse:
    """Answer the key that a browser subscribes with; the first call makes it."""
    return JsonResponse({"key": push_public_key()})


@login_required
@require_POST
def push(request: HttpRequest) -> HttpResponse:
    """Take a browser's subscription; the answer names the page of its channel."""
    device = people.device_words(context.current().agent)
    data = ChannelData(kind=Channel.Kind.PUSH, values=_subscription(request.body), name=device[:60])
    try:
        made = create_channel(actor=actor_of(request), user=request.user, data=data)
    except DomainError as error:
        return JsonResponse({"detail": str(error.detail)}, status=error.status)
    return JsonResponse({"url": reverse("settings-channel", args=[made.channel.uuid])})


def _subscription(body: bytes) -> dict[str, str]:
    """Read what a browser tells as JSON; what is not there is missing from the values."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    keys = told.get("keys")
    found = {"endpoint": told.get("endpoint"), **(keys if isinstance(keys, dict) else {})}
    return {name: found[name] for name in ("endpoint", "p256dh", "auth") if isinstance(found.get(name), str)}

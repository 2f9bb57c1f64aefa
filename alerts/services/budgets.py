"""How often a person may have something sent to where they say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from alerts.models import Channel
from core import limiter, metrics
from core.errors import RateLimited


def spend(name: str, who: str) -> None:
    """Count one more in a named budget.

    Raises:
        RateLimited: it is spent.
    """
    verdict = limiter.spend(limiter.Budget.parse(name, settings.THROTTLES[name]), who)
    if not verdict.allowed:
        metrics.throttled.labels(budget=name).inc()
        raise RateLimited(_("This was done too often. Try again later."), retry_after=verdict.reset)


def spend_proof(user_id: UUID, leads_to: str, host: str) -> None:
    """Count what goes to an address that is not proven: by who has it sent, where it goes, and its host.

    Raises:
        RateLimited: one of them is spent.
    """
    spend("channel-proofs", str(user_id))
    spend("channel-proofs-address", _hashed(leads_to))
    if host:
        spend("channel-proofs-host", _hashed(host))


def host_budget(channel: Channel, config: Mapping[str, str]) -> str:
    """Name the host whose proofs are counted together: of most addresses any path may be asked for.

    Everybody's browsers share the hosts of a few push services, so that those are counted by person. Empty
    where the host is fixed.
    """
    if channel.kind == Channel.Kind.WEBHOOK:
        return urlsplit(config["url"]).hostname or ""
    if channel.kind == Channel.Kind.PUSH:
        return f"{urlsplit(config['endpoint']).hostname}:{channel.owner_id}"
    return ""


def _hashed(text: str) -> str:
    return hashlib.sha256(text.lower().encode()).hexdigest()

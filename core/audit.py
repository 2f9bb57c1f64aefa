"""The audit log: who did what to which object, written in the transaction that did it."""

from __future__ import annotations

from typing import Any

from core import context
from core.actor import Actor
from core.models import AuditEvent, AuditOrigin


def record(
    *,
    actor: Actor,
    verb: str,
    object_type: str,
    object_id: object,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """Write one event, with the request's id; the caller's address goes to an erasable side table.

    `verb` is dotted and in the past (``portfolio.created``); `before` and `after` are JSON-ready.
    """
    origin = context.current()
    event = AuditEvent.objects.create(
        actor_id=actor.user_id,
        actor_label=actor.label,
        verb=verb,
        object_type=object_type,
        object_id=str(object_id),
        request_id=origin.request_id,
        reason=reason,
        before=before,
        after=after,
    )
    if origin.address:
        AuditOrigin.objects.create(event=event, address=origin.address, agent=origin.agent[:300])
    return event

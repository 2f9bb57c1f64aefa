"""Which kind of channel is sent to by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Final

from alerts.transports.base import Transport
from alerts.transports.email import EmailTransport
from alerts.transports.push import PushTransport
from alerts.transports.services import ServiceTransport
from alerts.transports.webhook import WebhookTransport

_MADE_BY: Final[Mapping[str, Callable[[], Transport]]] = {
    "email": EmailTransport,
    "webhook": WebhookTransport,
    "push": PushTransport,
    **{
        kind: partial(ServiceTransport, kind) for kind in ("telegram", "slack", "discord", "ntfy", "pushover")
    },
}


@cache
def of(kind: str) -> Transport:
    """Answer the transport of a kind of channel; there is one a process, used by several threads.

    Raises:
        KeyError: there is none.
    """
    return _MADE_BY[kind]()

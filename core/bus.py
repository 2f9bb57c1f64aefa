"""The event bus: a typed, ordered registry with two phases.

`in_transaction` handlers run inside the publisher's transaction, and their failure aborts
it: use them for what must never be half done. `after_commit` handlers are hints that there
is work; a failure is logged and never undoes anything, so nothing may rely on them alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

import structlog
from django.db import transaction

from core.events import Event

log = structlog.get_logger(__name__)
E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]


class Phase(StrEnum):
    """When a handler runs."""

    IN_TRANSACTION = "in_transaction"
    AFTER_COMMIT = "after_commit"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One handler of one event type; `name` is unique per event type."""

    event: type[Event]
    phase: Phase
    name: str
    handler: Handler


class Bus:
    """Deliver each event to its handlers in the order of their registration."""

    def __init__(self) -> None:
        self._subscriptions: dict[type[Event], list[Subscription]] = defaultdict(list)

    def subscribe(self, event: type[E], phase: Phase) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
        """Register the decorated function for `event`.

        Raises:
            ValueError: a handler of that name already listens to that event.
        """

        def register(handler: Callable[[E], None]) -> Callable[[E], None]:
            name = f"{handler.__module__}.{handler.__qualname__}"
            if any(known.name == name for known in self._subscriptions[event]):
                raise ValueError(f"{name} already listens to {event.__name__}")
            self._subscriptions[event].append(Subscription(event, phase, name, cast("Handler", handler)))
            return handler

        return register

    def publish(self, event: Event) -> None:
        """Run the in-transaction handlers now and the others once the transaction commits."""
        for subscription in self._subscriptions[type(event)]:
            if subscription.phase is Phase.IN_TRANSACTION:
                subscription.handler(event)
            else:
                transaction.on_commit(_guarded(subscription, event))

    def subscriptions(self) -> list[Subscription]:
        """List who listens to what, in order of registration."""
        return [one for many in self._subscriptions.values() for one in many]


def _guarded(subscription: Subscription, event: Event) -> Callable[[], None]:
    def run() -> None:
        try:
            subscription.handler(event)
        except Exception:  # a hint that fails is logged; the work is found again from its rows
            log.exception("bus.handler_failed", handler=subscription.name, event_type=type(event).__name__)

    return run


bus = Bus()

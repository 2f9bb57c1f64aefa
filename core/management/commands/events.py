"""Print who listens to what, and in which phase."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.utils.module_loading import module_has_submodule

from core.bus import bus
from core.events import Event

INDENT = "  "


class Command(BaseCommand):
    help = "List every event with its listeners, in the order in which they are called."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print one paragraph for each event."""
        for event in sorted(known_events(), key=_name):
            self.stdout.write(_name(event))
            for line in _listeners(event) or ["nobody listens"]:
                self.stdout.write(INDENT + line)


def known_events() -> Iterator[type[Event]]:
    """List the event classes in the ``events`` modules of the installed apps."""
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "events"):
            module = import_module(f"{config.name}.events")
            yield from (one for one in vars(module).values() if _is_event_of(one, module.__name__))


def _is_event_of(candidate: object, module: str) -> bool:
    return (
        isinstance(candidate, type)
        and issubclass(candidate, Event)
        and candidate is not Event
        and candidate.__module__ == module
    )


def _listeners(event: type[Event]) -> list[str]:
    return [f"{one.phase:<15} {one.name}" for one in bus.subscriptions() if one.event is event]


def _name(event: type[Event]) -> str:
    return f"{event.__module__}.{event.__qualname__}"

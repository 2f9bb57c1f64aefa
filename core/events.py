"""What every event on the bus is: a frozen dataclass of ids, Decimals and instants."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Say that something happened; subclasses carry ids, never model instances."""

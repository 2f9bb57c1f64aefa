"""What time it is in a world."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from core import clock
from core.models import World


def now_in(world: World) -> datetime:
    """Tell the instant (UTC) in a world: the wall clock's, unless the world has a clock of its own."""
    if world.clock_at is None or world.clock_since is None:
        return clock.now()
    passed = (clock.now() - world.clock_since) / timedelta(microseconds=1)
    return world.clock_at + timedelta(microseconds=round(passed * float(world.clock_speed)))


def stopped(world: World, at: datetime) -> World:
    """Let a world that is in memory stand at an instant, for what is told of that instant later."""
    world.clock_at, world.clock_since, world.clock_speed = at, clock.now(), Decimal(0)
    return world

"""`manage.py stream_quotes`: trades as they happen."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand

from market.services.feeds import stream


class Command(BaseCommand):
    """Follow trades until SIGINT or SIGTERM."""

    help = (
        "Take in trades as they happen, from the first source of the kind Finnhub. Of several such processes "
        "one works, and another takes over when it ends."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Follow until a signal."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await stream(stop)

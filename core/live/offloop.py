"""Reads of the database for sockets, in threads of their own.

Django's async support runs all sync code of a process in one thread, in which one slow page would
make every socket wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Final, ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")
THREADS: Final = 4
LONG_THREADS: Final = 2


@cache
def _pool(name: str, threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix=name)


async def off_loop(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that may wait, beside the event loop."""
    return await _run(_pool("live", THREADS), partial(function, *args, **kwargs))


async def off_loop_long(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that takes long, in threads that nothing quick waits for."""
    return await _run(_pool("live-long", LONG_THREADS), partial(function, *args, **kwargs))


async def _run(pool: ThreadPoolExecutor, function: Callable[[], R]) -> R:
    def run() -> R:
        close_old_connections()
        try:
            return function()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(pool, run)

"""Python's collector of reference cycles, held back where thousands of rows are made that stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the work inside make objects without looking for cycles among all that exist, again and again.

    It is for work that makes many objects, keeps them and ties few into cycles: the collector would take
    as long as the work. Inside another such block it does nothing; of two threads the one that began first
    ends it for both, and the other one is as slow as without.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

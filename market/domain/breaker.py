"""When a source that fails is left alone, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# So many failures in a row, and it is left alone: a minute, then twice as long each time, an hour at most.
THRESHOLD: Final = 3
SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)
_MOST_DOUBLINGS: Final = 6


class State(StrEnum):
    """Whether a source is asked: as usual, not at all, or once to see whether it answers again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


def state(open_until: datetime | None, now: datetime) -> State:
    """Tell the state of a breaker that is open until then, or closed (None)."""
    if open_until is None:
        return State.CLOSED
    return State.OPEN if now < open_until else State.HALF_OPEN


def after_failure(failures: int, now: datetime, *, is_final: bool = False) -> datetime | None:
    """Tell until when a source is left alone after so many failures in a row; None: it is asked again.

    `is_final`: asking again cannot help, as with a key that is refused.
    """
    if is_final:
        return now + LONGEST
    if failures < THRESHOLD:
        return None
    doublings = min(failures - THRESHOLD, _MOST_DOUBLINGS)
    return now + min(SHORTEST * int(2**doublings), LONGEST)

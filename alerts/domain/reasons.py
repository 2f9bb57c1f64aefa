"""Why something was not sent or stopped, as codes that are put into words when they are shown.

What is kept in one column is such a code, or the words of the other side, which are nobody's to translate.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_MARK: Final = "florin:"


class Reason(StrEnum):
    """What we say ourselves; `ANSWERED` with the status."""

    GIVEN_UP = "given_up"
    CLOSED = "closed"
    ADDRESS_UNPROVEN = "address_unproven"
    UNPROVEN = "unproven"
    PAUSED = "paused"
    STOPPED = "stopped"
    STOPPED_BY_STAFF = "stopped_by_staff"
    DROPPED_BY_STAFF = "dropped_by_staff"
    UNWANTED = "unwanted"
    UNWRITTEN = "unwritten"
    TRANSPORT_FAILED = "transport_failed"
    ADDRESS_REFUSED = "address_refused"
    NOT_REACHED = "not_reached"
    NOT_TAKEN = "not_taken"
    KEYS = "keys"
    SETTINGS = "settings"
    ANSWERED = "answered"


def coded(reason: Reason, value: object = "") -> str:
    """Write a reason, with what it needs to be told, as it is kept."""
    return f"{_MARK}{reason}:{value}" if value != "" else f"{_MARK}{reason}"


def decoded(text: str) -> tuple[Reason, str] | None:
    """Read a reason and its value; None: these are words of the other side."""
    name, _colon, value = text.removeprefix(_MARK).partition(":")
    if not text.startswith(_MARK) or name not in set(Reason):
        return None
    return Reason(name), value

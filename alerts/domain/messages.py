"""What a message is, and what comes of sending it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Outcome(StrEnum):
    """What came of a try: `RETRY` may go well later, `REFUSED` never for this message, `GONE` for none."""

    DELIVERED = "delivered"
    RETRY = "retry"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a person is told, in their language: a line, perhaps more words, a page of ours.

    `url` is absolute, or empty where no page of ours tells more. `data` is for programs.
    """

    kind: str
    event: str
    title: str
    text: str
    url: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a channel at once: one thing, or several of a digest or of an hour over the cap.

    `key` stays the same in every try, so that whoever gets it twice can tell. `purpose`: see
    `alerts.models.Delivery.Purpose`; a proof carries its `code`. `at` is when it was written;
    `locale` and `time_zone` (an IANA name) are the reader's.
    """

    key: UUID
    purpose: str
    subject: str
    items: tuple[Item, ...]
    at: datetime
    locale: str
    time_zone: str = "UTC"
    manage_url: str = ""
    unsubscribe_url: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a try. `detail` is the first of what the other side said; `retry_after` in seconds.

    `is_ours`: what failed is on this side (a mail server that is down), and no fault of the channel's.
    `is_proof`: a program answered its proof with the code in it.
    """

    outcome: Outcome
    detail: str = ""
    status: int | None = None
    retry_after: float | None = None
    is_ours: bool = False
    is_proof: bool = False

"""What a kind of stream is made of, and the register of kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import ClassVar

Topic = Hashable


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a stream: its number, and values of topics as JSON, true at that number."""

    seq: int
    values: Mapping[Topic, bytes]


class Feed(ABC):
    """A kind of stream. `name` is on the carrier; `items` names the list of values in a frame.

    `wakes_with` names a stream, by feed and key, at whose hints all streams of this kind read on too.
    `bare`: its one value is the whole frame, and there are no heartbeats.
    `at_once`: what changed is told as soon as it is read, and not gathered for a flush.
    `rest` is for how many seconds after a reading they do not read again, unless for a new topic.
    """

    name: ClassVar[str]
    items: ClassVar[str]
    wakes_with: ClassVar[tuple[str, str] | None] = None
    bare: ClassVar[bool] = False
    at_once: ClassVar[bool] = False
    rest: ClassVar[float] = 0.0

    @abstractmethod
    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        """Read all values of `fresh`, and those of `followed` that changed after the number `after`.

        In one snapshot of the database, in a thread that may wait. `after` None: there is nothing followed.
        A topic without a value is left out.
        """

    @abstractmethod
    def front(self, key: str) -> bytes:
        """Write the JSON members that say in each frame which stream it is of, as in ``"world":1``."""


feeds: dict[str, Feed] = {}


def register(feed: Feed) -> None:
    """Make a kind of stream known.

    Raises:
        ValueError: the name is taken.
    """
    if feed.name in feeds:
        raise ValueError(f"there is a feed {feed.name} already")
    feeds[feed.name] = feed

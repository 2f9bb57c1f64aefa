"""One stream in one process: the newest value of each followed topic, and who follows what."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from core import metrics
from core.live.feeds import Feed, Reading, Topic
from core.live.frames import Frame, listing
from core.live.pipes import Pipe


class Follower:
    """One socket, as the hub sees it.

    `behind`: topics whose change it had no room for; `owes_state`: a snapshot was among them.
    """

    __slots__ = ("behind", "group", "held", "owes_state", "owner", "pipe", "stream", "stuck_since")

    def __init__(self, pipe: Pipe, owner: Any = None) -> None:
        """Begin with nothing; `owner` is whoever the hub tells when it drops the socket."""
        self.pipe, self.owner = pipe, owner
        self.stream: Stream | None = None
        self.group: Group | None = None
        self.held: frozenset[Topic] = frozenset()
        self.behind: set[Topic] = set()
        self.owes_state = False
        self.stuck_since: float | None = None

    @property
    def topics(self) -> frozenset[Topic]:
        """What it follows."""
        return self.group.topics if self.group is not None else frozenset()


class Group:
    """Sockets that follow the same topics, so that a frame is built once for all of them."""

    __slots__ = ("followers", "seq", "topics")

    def __init__(self, topics: frozenset[Topic], seq: int) -> None:
        """Begin empty; `seq` is the stream's number in the last frame to the group."""
        self.topics, self.seq = topics, seq
        self.followers: set[Follower] = set()


class Stream:
    """The newest values of followed topics. `seq` is the number up to which they are true."""

    def __init__(self, feed: Feed, key: str) -> None:
        """Begin with nothing known."""
        self.feed, self.key = feed, key
        self.seq: int | None = None
        self.hinted = 0
        self.values: dict[Topic, tuple[bytes, int]] = {}
        self.groups: dict[frozenset[Topic], Group] = {}
        self.dirty: set[Topic] = set()
        self.missing: set[Topic] = set()
        self.asked_again = False
        self.rests_until = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.reading: asyncio.Task[None] | None = None
        self.waiting: list[asyncio.Future[None]] = []
        self._being_read: set[Topic] = set()
        self._counts: Counter[Topic] = Counter()
        self._front = feed.front(key)

    # what is followed

    def hold(self, follower: Follower, topics: frozenset[Topic]) -> None:
        """Count what a socket wants besides what it has; topics that nobody wanted are read next."""
        new = topics - follower.held
        self._counts.update(new)
        self.missing.update(one for one in new if self._counts[one] == 1)
        follower.held |= new

    def release(self, follower: Follower, keep: frozenset[Topic]) -> None:
        """Forget what a socket wants no more, and the values that nobody wants."""
        gone = follower.held - keep
        follower.held &= keep
        self._counts.subtract(gone)
        for topic in [one for one in gone if self._counts[one] <= 0]:
            del self._counts[topic]
            self.values.pop(topic, None)
            self.dirty.discard(topic)
            self.missing.discard(topic)

    @property
    def is_followed(self) -> bool:
        """Whether anybody wants anything of it."""
        return bool(self._counts)

    def join(self, follower: Follower, topics: frozenset[Topic]) -> None:
        """Move a socket to those that follow the same."""
        self.part(follower)
        group = self.groups.get(topics)
        if group is None:
            group = self.groups[topics] = Group(topics, self.seq or 0)
        group.followers.add(follower)
        follower.group, follower.stream = group, self

    def part(self, follower: Follower) -> None:
        """Take a socket out of its group."""
        group = follower.group
        if group is not None:
            group.followers.discard(follower)
            if not group.followers:
                self.groups.pop(group.topics, None)
            follower.group = None

    def followers(self) -> Iterator[Follower]:
        """Walk over all sockets."""
        for group in list(self.groups.values()):
            yield from list(group.followers)

    # what is known

    def wanted(self) -> tuple[set[Topic], set[Topic], list[asyncio.Future[None]]]:
        """Take what the next reading is to bring: what is followed, what is not known, and who waits."""
        fresh, self.missing = self.missing, set()
        waiting, self.waiting = self.waiting, []
        self._being_read = fresh
        return set(self._counts) - fresh, fresh, waiting

    def put_back(self) -> None:
        """Want again what could not be read."""
        self.missing |= self._being_read & self._counts.keys()
        self._being_read = set()

    def lacks(self, topics: Iterable[Topic]) -> bool:
        """Tell whether some of these topics are yet to be read."""
        return not (self.missing.isdisjoint(topics) and self._being_read.isdisjoint(topics))

    def merge(self, reading: Reading, fresh: Collection[Topic]) -> None:
        """Take in what was read; a number that went back means another database, and all is read anew."""
        self._being_read = set()
        if self.seq is not None and reading.seq < self.seq:
            self.missing = set(self._counts)
        self.seq = reading.seq
        for topic, value in reading.values.items():
            if topic not in self._counts:
                continue
            before = self.values.get(topic)
            if before is not None and before[0] == value:
                continue
            self.values[topic] = (value, reading.seq)
            if topic not in fresh or before is not None:
                self.dirty.add(topic)

    # what is told

    def snapshot(self, topics: Iterable[Topic]) -> Frame:
        """Build the frame with the state of some topics; those without a value are not in it."""
        found = [self.values[one][0] for one in topics if one in self.values]
        if self.feed.bare:
            return Frame(b"".join(found))
        return listing("snapshot", b'%b,"seq":%d' % (self._front, self.seq or 0), self.feed.items, found)

    def delta(self, topics: Iterable[Topic], after: int) -> Frame:
        """Build the frame with topics that changed; it continues frames up to the number `after`."""
        found = [self.values[one][0] for one in topics if one in self.values]
        if self.feed.bare:
            return Frame(b"".join(found))
        front = b'%b,"seq":%d,"after":%d' % (self._front, self.seq or 0, after)
        return listing("delta", front, self.feed.items, found)

    def beat(self) -> Frame:
        """Build the heartbeat."""
        return Frame(b'{"type":"hb",%b,"seq":%d}' % (self._front, self.seq or 0))

    def missed_by(self, follower: Follower) -> Frame:
        """Build the frame that brings a slow socket to the newest state."""
        missed = follower.behind & follower.topics
        if follower.owes_state:
            return self.snapshot(missed)
        return self.delta(missed, 0) if missed else self.beat()

    def changed_since(self, topics: Iterable[Topic], seq: int) -> list[Topic]:
        """List the topics that may have changed after a number; all, if that is from another time."""
        if seq > (self.seq or 0):
            return list(topics)
        return [one for one in topics if one in self.values and self.values[one][1] > seq]

    def flush(self, now: float) -> list[Follower]:
        """Tell every group what changed for it; return the sockets that had no room."""
        dirty, self.dirty = self.dirty, set()
        late: list[Follower] = []
        frames: dict[tuple[frozenset[Topic], int], Frame] = {}
        for group in self.groups.values():
            changed = group.topics & dirty
            if changed:
                made = (changed, group.seq)
                frame = frames.get(made)
                if frame is None:
                    frame = frames[made] = self.delta(changed, group.seq)
                late += _offer(group, frame, changed, now)
                group.seq = self.seq or 0
        return late

    def heartbeat(self, now: float) -> list[Follower]:
        """Tell every socket the number; those without room are late."""
        if self.feed.bare:
            return []
        frame = self.beat()
        late: list[Follower] = []
        for group in self.groups.values():
            late += _offer(group, frame, frozenset(), now)
            group.seq = self.seq or 0
        return late


def _offer(group: Group, frame: Frame, changed: frozenset[Topic], now: float) -> list[Follower]:
    late = []
    for follower in group.followers:
        if follower.stuck_since is not None or not follower.pipe.offer(frame):
            follower.behind |= changed
            if follower.stuck_since is None:
                follower.stuck_since = now
                late.append(follower)
    metrics.live_frames.inc(len(group.followers) - len(late))
    metrics.live_skipped.inc(len(late))
    return late

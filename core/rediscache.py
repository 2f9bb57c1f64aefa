"""The shared cache in Redis, which shelters in the process's memory while Redis does not answer.

Nothing that lives in the cache is the only copy, so a dead Redis must not take the site down:
sessions are in the database too, and counters go on counting, each process for itself. What was
written or deleted meanwhile is deleted in Redis as soon as it answers again, for it is older there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.functional import cached_property
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
T = TypeVar("T")
RETRY_SECONDS = 5.0
MOST_OWED = 10_000
_clients: dict[str, RedisCacheClient] = {}


class ShelteredRedisCache(RedisCache):
    """Redis, else this process's own memory; asks Redis again every five seconds."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._shelter = LocMemCache("shelter", {"OPTIONS": {"MAX_ENTRIES": 50_000}})

    _servers: list[str]
    _options: dict[str, Any]

    @cached_property
    def _cache(self) -> RedisCacheClient:
        # Django makes a cache for each thread, and a server has a thread for each request: the
        # connections must outlive it
        if self._servers[0] not in _clients:
            _clients[self._servers[0]] = RedisCacheClient(self._servers, **self._options)
        return _clients[self._servers[0]]

    @property
    def is_down(self) -> bool:
        """Tell whether Redis did not answer the last time it was asked."""
        return _outage.since is not None

    def _try(self, ask: Callable[[], T], instead: Callable[[], T], *changed: str) -> T:
        if _outage.may_ask():
            try:
                if _outage.since is not None:
                    self._settle()
                return ask()
            except (RedisError, OSError) as error:
                _outage.begin(type(error).__name__)
        _outage.owe(changed)
        return instead()

    def _settle(self) -> None:
        """Delete in Redis what changed without it; raises where it does not answer yet."""
        owed = _outage.owed.copy()
        if owed:
            self._cache.delete_many(list(owed))
        self._shelter.clear()
        _outage.end(owed)

    def _key(self, key: Any, version: int | None) -> str:
        return str(self.make_and_validate_key(key, version=version))

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store a value unless there is one."""
        return self._try(
            lambda: super(ShelteredRedisCache, self).add(key, value, timeout, version),
            lambda: self._shelter.add(key, value, timeout, version),
        )

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Read a value."""
        return self._try(
            lambda: super(ShelteredRedisCache, self).get(key, default, version),
            lambda: self._shelter.get(key, default, version),
        )

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Store a value."""
        self._try(
            lambda: super(ShelteredRedisCache, self).set(key, value, timeout, version),
            lambda: self._shelter.set(key, value, timeout, version),
            self._key(key, version),
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value, in Redis too once it answers again."""
        return self._try(
            lambda: super(ShelteredRedisCache, self).delete(key, version),
            lambda: self._shelter.delete(key, version),
            self._key(key, version),
        )

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add to a counter, at once for everybody who counts. `decr` comes here too.

        Raises:
            ValueError: there is no such counter.
        """
        return self._try(
            lambda: super(ShelteredRedisCache, self).incr(key, delta, version),
            lambda: self._shelter.incr(key, delta, version),
        )

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Tell whether there is a value."""
        return self._try(
            lambda: super(ShelteredRedisCache, self).has_key(key, version),
            lambda: self._shelter.has_key(key, version),
        )


class _Outage:
    """What this process knows of a Redis that does not answer; its threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.since: float | None = None
        self._asked = 0.0
        self.owed: set[str] = set()

    def may_ask(self) -> bool:
        """Tell whether to ask Redis: always, but during an outage one request every five seconds."""
        if self.since is None:
            return True
        with self._lock:
            if time.monotonic() - self._asked < RETRY_SECONDS:
                return False
            self._asked = time.monotonic()
            return True

    def begin(self, reason: str) -> None:
        """Note that Redis does not answer."""
        with self._lock:
            first, self._asked = self.since is None, time.monotonic()
            self.since = self.since or time.monotonic()
        if first:
            log.warning("cache.unreachable", reason=reason)

    def owe(self, keys: tuple[str, ...]) -> None:
        """Note keys to delete once it answers; beyond ten thousand the rest waits for its expiry."""
        if keys and len(self.owed) < MOST_OWED:
            with self._lock:
                self.owed.update(keys)

    def end(self, settled: set[str]) -> None:
        """Note that it answers again."""
        with self._lock:
            if self.since is not None:
                log.warning("cache.back", seconds=round(time.monotonic() - self.since, 1))
            self.since = None
            self.owed -= settled


_outage = _Outage()

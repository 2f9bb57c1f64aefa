"""Protection of sign-in against guessing, for the pages and the API alike.

Wrong guesses are counted twice: by account and network, tightly, and by account over all
networks, loosely. A network from which the account signed in before is exempt from the loose
count, and a new password clears it, so that somebody else's guessing cannot lock the owner out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.models import RefusedSignIns
from accounts.services.tally import sign_in_refused
from core import clock, context, hashing
from core.errors import Overloaded, RateLimited
from core.throttling import network_of

KNOWN_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` open or failed attempts within a window of `seconds`."""

    name: str
    count: int
    seconds: int

    def key(self, *parts: str) -> str:
        """Name the counter of the running window."""
        window = int(clock.now().timestamp()) // self.seconds
        return ":".join(("sign-in", self.name, str(window), *parts))

    def remaining(self) -> int:
        """Tell how many seconds are left of the running window, at least 1."""
        return self.seconds - int(clock.now().timestamp()) % self.seconds


NETWORK = Limit("network", count=10, seconds=300)
ACCOUNT = Limit("account", count=50, seconds=900)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way; it counts as failed until it is told otherwise."""

    account: str
    network: str
    counters: tuple[str, ...]

    def succeeded(self) -> None:
        """Forget the failures of this network and remember that the owner is there."""
        self.withdrawn()
        cache.delete(NETWORK.key(self.account, self.network))
        cache.set(_known_key(self.account, self.network), 1, KNOWN_SECONDS)

    def failed(self) -> None:
        """Let staff see that a sign-in was refused; that it counts needs no word."""
        sign_in_refused(RefusedSignIns.Kind.WRONG)

    def withdrawn(self) -> None:
        """Do not count this attempt: the password was right, the code is yet to come."""
        for counter in self.counters:
            with suppress(ValueError):
                cache.decr(counter)

    @contextmanager
    def unless_overloaded(self) -> Iterator[None]:
        """Count nothing when the password was not looked at."""
        try:
            yield
        except Overloaded:
            self.withdrawn()
            raise


def admit(email: str) -> Attempt:
    """Let an attempt to sign in to an account begin; whether the account exists makes no difference.

    Raises:
        Overloaded: too many sign in at this moment; said before anything is looked up or counted.
        RateLimited: too many wrong guesses; carries the seconds until the next try.
    """
    hashing.require_room()
    account, network = _digest(email), network_of(context.current().address)
    counters = [_counted(NETWORK, account, network)]
    if not cache.get(_known_key(account, network)):
        counters.append(_counted(ACCOUNT, account))
    return Attempt(account, network, tuple(counters))


def clear(email: str) -> None:
    """Forget the failures of an account from everywhere else: its owner has just proven themselves."""
    account = _digest(email)
    cache.delete(ACCOUNT.key(account))
    cache.delete(NETWORK.key(account, network_of(context.current().address)))


def _counted(limit: Limit, *parts: str) -> str:
    key = limit.key(*parts)
    cache.add(key, 0, limit.seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # the cache dropped the counter between the two calls
        cache.set(key, 1, limit.seconds)
        count = 1
    if count > limit.count:
        sign_in_refused(RefusedSignIns.Kind.BLOCKED)
        raise RateLimited(
            _("Too many attempts to sign in. Wait a little, or reset the password."),
            retry_after=limit.remaining(),
        )
    return key


def _known_key(account: str, network: str) -> str:
    return f"sign-in:known:{account}:{network}"


def _digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]

"""Calls to servers elsewhere: to public addresses only, in a time and of a size that are bounded.

Who gives an address may not be who may reach what stands beside this server. So a host's name is
looked up here, every address it has must be a public one, and the connection goes to an address that
was checked, not to what the name means a moment later; a redirect is checked the same way. Hosts of
the operator's own are named in ``OUTBOUND_ALLOWED_HOSTS``.

A call has one deadline for all of it: the lookup, the handshake, the headers and a body that drips.
Its errors name neither address nor parameters, which may hold keys.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
import weakref
import zlib
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import AddressRefused

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_REDIRECTS: Final = 3
# of several addresses, one that is dead leaves time for the next
CONNECT_SECONDS: Final = 3.0
USER_AGENT: Final = "florin"

_SCHEMES: Final = {"http": 80, "https": 443}
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_NO_BODY: Final = frozenset({204, 304})
_GZIP: Final = 31

# Of the addresses that count as global, those that lead somewhere else than to one server out there.
_UNFIT_V4: Final = tuple(
    ipaddress.IPv4Network(one)
    for one in (
        "100.64.0.0/10",  # shared by the customers of a provider (RFC 6598); metadata of a cloud
        "168.63.129.16/32",  # a cloud's own services, by an address that looks public
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
    )
)
# The only space from which public IPv6 addresses are given out (RFC 4291): all that wraps an IPv4 address
# in a prefix of its own (mapped, NAT64) lies outside.
_GIVEN_OUT_V6: Final = ipaddress.IPv6Network("2000::/3")
_UNFIT_V6: Final = tuple(
    ipaddress.IPv6Network(one)
    for one in (
        "2001::/23",  # protocol assignments; Teredo wraps IPv4
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 wraps IPv4
        "3fff::/20",  # documentation
    )
)

_until: ContextVar[float] = ContextVar("outbound_until")


class NotReached(Exception):
    """The server cannot be reached, takes too long, or breaks off; worth another try."""


class NotTaken(Exception):
    """The server answers in a way that is not taken: too large, encoded unasked, sent elsewhere."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: status, headers, and the whole body with its encoding taken off."""

    status: int
    headers: httpx.Headers
    body: bytes


def is_public(address: str) -> bool:
    """Tell whether an IP address leads to a server out there: not into this network, machine or cloud."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _UNFIT_V4)
    return parsed in _GIVEN_OUT_V6 and not any(parsed in network for network in _UNFIT_V6)


def checked_url(url: str) -> str:
    """Return an address that may be called as far as can be told without looking it up.

    Raises:
        AddressRefused: it is no address of http or https, or has a user in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused(_("This is not an address of a server.")) from None
    if parts.scheme not in _SCHEMES or not parts.hostname or port == 0:
        raise AddressRefused(_("An address begins with https:// and the name of a server."))
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(_("An address may not have a user or a password in it."))
    return url


def is_own(host: str, port: int) -> bool:
    """Tell whether a host is one of the operator's own, named in ``OUTBOUND_ALLOWED_HOSTS``."""
    plain = host.lower().rstrip(".")
    return not {plain, f"{plain}:{port}"}.isdisjoint(settings.OUTBOUND_ALLOWED_HOSTS)


def addresses_of(host: str, port: int, seconds: float) -> list[str]:
    """Look a host up; its addresses, which may all be called.

    Raises:
        AddressRefused: one of them is not public, and the host is not in ``OUTBOUND_ALLOWED_HOSTS``.
        NotReached: the name is not known, or the lookup takes longer.
    """
    found = _looked_up(host, port, seconds)
    if not is_own(host, port) and not all(map(is_public, found)):
        raise AddressRefused(_("This address leads into a network that is not public."))
    return found


class Caller:
    """Calls servers. One for each use; its connections are kept open between calls, of any thread.

    `seconds` is for one call with all its redirects. `elsewhere`: whether another host may be where a
    redirect leads; it then gets no headers of ours.
    """

    def __init__(
        self, *, seconds: float = 10.0, most_bytes: int = MOST_BYTES, elsewhere: bool = False
    ) -> None:
        self._seconds, self._most, self._elsewhere = seconds, most_bytes, elsewhere
        self._client = httpx.Client(transport=_Transport(), trust_env=False, timeout=seconds)
        # whoever forgets to close it leaves no connection open
        self._end = weakref.finalize(self, self._client.close)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Read what stands at an address; whatever its status is.

        Raises:
            AddressRefused: it, or where it redirects to, may not be called.
            NotReached: no whole answer came in time.
            NotTaken: the answer is too large, encoded in a way that was not asked for, or leads elsewhere.
        """
        token = _until.set(time.monotonic() + (self._seconds if seconds is None else seconds))
        try:
            return self._followed(checked_url(url), params, dict(headers or {}))
        except httpx.TimeoutException:
            raise NotReached(_("It did not answer in time.")) from None
        except (httpx.RemoteProtocolError, httpx.ReadError):
            raise NotReached(_("It broke off in the middle of its answer.")) from None
        except httpx.TransportError:
            raise NotReached(_("It cannot be reached.")) from None
        except (httpx.InvalidURL, httpx.DecodingError):
            raise NotTaken(_("It sends what is no answer.")) from None
        finally:
            _until.reset(token)

    def close(self) -> None:
        """Close the connections for good."""
        self._end()

    def _followed(self, url: str, params: Mapping[str, str] | None, headers: dict[str, str]) -> Answer:
        target = httpx.URL(url).copy_merge_params(params or {})
        for _hop in range(MOST_REDIRECTS + 1):
            answer, location = self._once(target, headers)
            if location is None:
                return answer
            following = target.join(location)
            checked_url(str(following))
            if target.scheme == "https" and following.scheme != "https":
                raise NotTaken(_("It sends us to an address without https."))
            if _origin(following) != _origin(target):
                if not self._elsewhere:
                    raise NotTaken(_("It sends us to another server."))
                headers = {}
            target = following
        raise NotTaken(_("It sends us from one address to the next."))

    def _once(self, url: httpx.URL, headers: dict[str, str]) -> tuple[Answer, str | None]:
        own = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers}
        with self._client.stream("GET", url, headers=own, follow_redirects=False) as response:
            moved = response.status_code in _MOVED and response.headers.get("location")
            body = b"" if moved or response.status_code in _NO_BODY else _body(response, self._most)
            return Answer(response.status_code, response.headers, body), moved or None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _SCHEMES.get(url.scheme)


def _body(response: httpx.Response, most: int) -> bytes:
    """Read a body of at most so many bytes, also when what was packed unpacks to more.

    Raises:
        NotTaken: it is larger, or not packed as it says.
        NotReached: it breaks off.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise NotTaken(_("It packs its answer in a way that was not asked for."))
    unpacker = zlib.decompressobj(_GZIP) if "gzip" in encoding else None
    body, raw = bytearray(), 0
    for part in response.iter_raw():
        raw += len(part)
        try:
            body += unpacker.decompress(part, most + 1 - len(body)) if unpacker else part
        except zlib.error:
            raise NotTaken(_("Its answer is not packed as it says.")) from None
        if unpacker and unpacker.unused_data:
            raise NotTaken(_("Its answer is not packed as it says."))
        if max(len(body), raw) > most:
            raise NotTaken(_("Its answer is larger than %(most)d bytes.") % {"most": most})
    if unpacker and not unpacker.eof:
        raise NotReached(_("It broke off in the middle of its answer."))
    return bytes(body)


def _looked_up(host: str, port: int, seconds: float) -> list[str]:
    """Ask the resolver in a thread, because nothing else ends a lookup."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answers.put([])

    threading.Thread(target=ask, daemon=True, name="lookup").start()
    try:
        found = answers.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        raise NotReached(_("Its name could not be looked up in time.")) from None
    if not found:
        raise NotReached(_("Its name is not known."))
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _left(timeout: float | None) -> float:
    """Tell how long a step may take; httpcore's own limit counts each read anew."""
    left = _until.get() - time.monotonic()
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends by the call's deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(timeout)
        if left <= 0:
            raise httpcore.ReadTimeout
        return self._inner.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = _left(timeout)
        if left <= 0:
            raise httpcore.WriteTimeout
        self._inner.write(buffer, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = max(_left(timeout), 0.001)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, one after the other."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectTimeout()
        for address in addresses_of(host, port, _left(timeout)):
            left = min(_left(timeout), CONNECT_SECONDS)
            if left <= 0:
                break
            try:
                return _Stream(self._inner.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class _Transport(httpx.HTTPTransport):
    """httpx over connections of ours; it has no argument for them, httpcore has."""

    def __init__(self) -> None:
        super().__init__(verify=_certificates(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_certificates(),
            max_connections=20,
            max_keepalive_connections=5,
            keepalive_expiry=30.0,
            network_backend=_Backend(),
        )


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Load the certificates once: it takes tens of milliseconds."""
    return httpx.create_ssl_context(trust_env=False)

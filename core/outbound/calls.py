"""Calls: one deadline for all of a call, and connections to the addresses that were checked."""

from __future__ import annotations

import ssl
import time
import weakref
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpcore
import httpx
from django.utils.translation import gettext as _

from core.outbound.addresses import SCHEMES, NotReached, addresses_of, checked_target, checked_url

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_REDIRECTS: Final = 3
# of several addresses, one that is dead leaves time for the next
CONNECT_SECONDS: Final = 3.0
# what is sent is answered by a status: for so long the words after it are waited for
BODY_SECONDS: Final = 1.0
USER_AGENT: Final = "florin"

_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_NO_BODY: Final = frozenset({204, 304})
_GZIP: Final = 31

_until: ContextVar[float] = ContextVar("outbound_until")


class NotTaken(Exception):
    """The server answers in a way that is not taken: too large, encoded unasked, sent elsewhere."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: status, headers, and the whole body with its encoding taken off."""

    status: int
    headers: httpx.Headers
    body: bytes


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
        with _deadline(self._seconds if seconds is None else seconds):
            return self._followed(checked_url(url), params, dict(headers or {}))

    def post(
        self,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Send bytes to an address; a redirect is an answer like any other and is not followed.

        Of the body the first so many bytes are kept: what counts is the status, also where the rest of it
        is endless or never comes.

        Raises:
            AddressRefused: it may not be sent to (`checked_target`), or leads to where nobody may call.
            NotReached: no status came in time.
            NotTaken: the answer is none of HTTP.
        """
        own = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})}
        with (
            _deadline(self._seconds if seconds is None else seconds),
            self._client.stream(
                "POST", checked_target(url), content=content, headers=own, follow_redirects=False
            ) as response,
        ):
            return Answer(response.status_code, response.headers, _beginning(response, self._most))

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


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Give a call its time, and its errors the words of this module."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
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


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or SCHEMES.get(url.scheme)


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


def _beginning(response: httpx.Response, most: int) -> bytes:
    """Read the first so many bytes of a body, or what comes of it within a second."""
    body = bytearray()
    _until.set(min(_until.get(), time.monotonic() + BODY_SECONDS))  # put right where the deadline ends
    try:
        for part in response.iter_raw():
            body += part
            if len(body) >= most:
                break
    except (httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ReadError):
        pass
    return bytes(body[:most])


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

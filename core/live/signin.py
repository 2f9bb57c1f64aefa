"""Who opens a socket: the question to the room that knows people, and where a browser may come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from core.ports import Port

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who is signed in. `proof` names what they did it with; `scopes` None: all of them.

    `expires_at` (UTC) is when the proof ends by itself, if it does.
    """

    user: Any
    proof: str
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None


class Doorkeeper(Protocol):
    """Knows sessions and tokens."""

    def by_session(self, session_key: str) -> Caller | None:
        """Tell who a session of the pages is; None when it does not count.

        Raises:
            Forbidden: the account is to be erased.
        """

    def by_token(self, token: str) -> Caller | None:
        """Tell whose a token of the API is; None when it does not count.

        Raises:
            Forbidden: the account is to be erased.
        """

    def standing(self, proofs: Collection[str]) -> set[str]:
        """Tell which proofs still count."""


socket_doors: Port[[], Doorkeeper] = Port("socket_doors")


def doorkeeper() -> Doorkeeper:
    """Return who knows people.

    Raises:
        LookupError: no room has said that it does.
    """
    for name in socket_doors.names():
        return socket_doors.ask(name)
    raise LookupError("nobody answers the port socket_doors")


def header(headers: Headers, name: bytes) -> str:
    """Tell the value of a header; empty where there is none."""
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")


def is_our_host(headers: Headers) -> bool:
    """Tell whether a client asks for a host that is ours."""
    name = urlsplit(f"//{header(headers, b'host')}").hostname or ""
    return validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS)


def is_our_origin(scheme: str, headers: Headers) -> bool:
    """Tell whether a browser comes from a page of ours, or of a site that is trusted with the cookie.

    As Django's check of forms does: the origin is the very host, port and scheme that are asked for, or
    stands in CSRF_TRUSTED_ORIGINS.
    """
    origin = header(headers, b"origin")
    if origin == f"{_page_scheme(scheme, headers)}://{header(headers, b'host')}":
        return True
    return any(_fits(origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS)


def _page_scheme(scheme: str, headers: Headers) -> str:
    proxy = settings.SECURE_PROXY_SSL_HEADER
    if proxy is not None:
        name = proxy[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
        return "https" if header(headers, name).split(",")[0].strip() == proxy[1] else "http"
    return "https" if scheme == "wss" else "http"


def _fits(origin: str, trusted: str) -> bool:
    scheme, mark, rest = trusted.partition("://*.")
    if not mark:
        return origin == trusted
    return origin.startswith(f"{scheme}://") and origin.endswith(f".{rest}")

"""Addresses that people give: which may be called, and where their names lead."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import AddressRefused

SCHEMES: Final = {"http": 80, "https": 443}
# where the servers of strangers may be called with what is not theirs to ask for
_TARGET_PORTS: Final = frozenset({443, 8443})

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


class NotReached(Exception):
    """The server cannot be reached, takes too long, or breaks off; worth another try."""


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
    if parts.scheme not in SCHEMES or not parts.hostname or port == 0:
        raise AddressRefused(_("An address begins with https:// and the name of a server."))
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(_("An address may not have a user or a password in it."))
    return url


def checked_target(url: str) -> str:
    """Return an address that may be sent to: https on port 443 or 8443, or a host of the operator's own.

    Raises:
        AddressRefused: it is none.
    """
    parts = urlsplit(checked_url(url))
    try:
        httpx.URL(url)
    except httpx.InvalidURL:
        raise AddressRefused(_("This is not an address of a server.")) from None
    port = parts.port or SCHEMES[parts.scheme]
    if is_own(parts.hostname or "", port):
        return url
    if parts.scheme != "https":
        raise AddressRefused(_("An address begins with https:// and the name of a server."))
    if port not in _TARGET_PORTS:
        raise AddressRefused(_("The port of an address is 443 or 8443."))
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

"""Keep a source's key with the servers that it was given for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core.errors import ValidationFailed
from core.outbound import is_own
from market.models import PriceSource
from market.selectors import feeds

_SAFE: Final = frozenset({"https", "wss"})
_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_OFFICIAL: Final = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a key is sent to: the kind of the source and the origins of its addresses ("": the official)."""

    kind: str
    origins: frozenset[str]


def reach_of(row: PriceSource) -> Reach:
    """Tell whom the key of a source is sent to."""
    told = {one for _place, one in _origins(row)}
    return Reach(row.kind, frozenset(told if row.base_url else {_OFFICIAL, *told}))


def check_reach(row: PriceSource, was: Reach | None, *, is_key_new: bool) -> None:
    """See that no key goes to a server that it was not given for, and none can be read on its way.

    Raises:
        ValidationFailed: the key was given for other servers, a setting's key would leave the official
            one, or an address has no encryption.
    """
    if not feeds.key_of(row):
        return
    for place, origin in _origins(row):
        parts = urlsplit(origin)
        if parts.scheme not in _SAFE and not is_own(parts.hostname or "", parts.port or 0):
            raise ValidationFailed.of(
                place, _("With a key an address begins with https:// (of a stream: wss://).")
            )
    now = reach_of(row)
    if row.key_setting and now.origins != {_OFFICIAL}:
        raise ValidationFailed.of(
            "key", _("The key of a setting is sent to the official address only: give the key here.")
        )
    if was is not None and not is_key_new and (now.kind != was.kind or now.origins - was.origins):
        raise ValidationFailed.of(
            "key", _("It would be sent to another server: give the key anew, or have it forgotten.")
        )


def _origins(row: PriceSource) -> Iterator[tuple[str, str]]:
    """List scheme, host and port of each address of a source, each with the field that it stands in."""
    for place, value in (("base_url", row.base_url), *_texts("options", row.options)):
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            continue  # no address; whoever needs one there refuses it
        if parts.scheme and parts.hostname:
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            yield place, f"{parts.scheme}://{host}:{port or _PORTS.get(parts.scheme, 0)}"


def _texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(f"{place}.{name}", one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(place, one)

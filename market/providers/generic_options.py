"""The options of a source that staff describe: addresses, where in the answer what stands, how it is written.

All of it is checked when it is entered; what is wrong is named, as ``options.quotes.price``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from core.errors import AddressRefused, ValidationFailed
from core.outbound import checked_url
from market.domain.basis import Adjustment
from market.domain.prices import Quality
from market.providers import reading

JSON: Final = "json"
CSV: Final = "csv"
# as fields: the name under which a row stands, and the row itself where that is no object
KEY: Final = "@key"
VALUE: Final = "@value"
UNIX: Final = "unix"
ISO: Final = "iso"

_HOLE: Final = re.compile(r"\{(\w*)\}")
_QUALITIES: Final = (Quality.LIVE, Quality.DELAYED, Quality.CLOSE)
_ADJUSTED: Final = (Adjustment.NONE, Adjustment.SPLIT)
_LONGEST: Final = 2000
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
# what says where a message goes and where it ends
_NOT_FOR_KEYS: Final = frozenset({"host", "connection", "content-length", "transfer-encoding", "upgrade"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What one part of the options may have: the holes of its address, fields that it needs and may have."""

    holes: frozenset[str]
    needed: tuple[str, ...]
    allowed: tuple[str, ...] = ()


PARTS: Final = {
    "quotes": Kind(
        frozenset({"symbol", "symbols"}),
        ("price",),
        ("symbol", "time", "bid", "ask", "volume", "open", "high", "low", "previous_close", "currency"),
    ),
    "history": Kind(
        frozenset({"symbol", "start", "end"}),
        ("date", "close"),
        ("open", "high", "low", "volume", "currency"),
    ),
    "rates": Kind(frozenset({"base", "quotes", "day"}), ("currency", "rate")),
}
_SETTINGS: Final = frozenset(
    {
        "url", "format", "rows", "separator", "decimal", "time_format", "zone", "quality", "unit",
        "adjusted", "columns",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of request: its address, and how its answer is read."""

    name: str
    url: str
    fields: Mapping[str, str]
    format: str = JSON
    rows: str = ""
    separator: str = ","
    decimal: str = "."
    time_format: str = ISO
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    quality: Quality = Quality.DELAYED
    unit: str = ""
    adjusted: Adjustment = Adjustment.NONE
    columns: tuple[str, ...] = ()

    @property
    def is_batch(self) -> bool:
        """Tell whether one request may ask for many symbols."""
        return "{symbols}" in self.url

    def address(self, **values: str) -> str:
        """Fill the holes; what is filled in cannot end a part of the address."""
        return _HOLE.sub(lambda hole: quote(values[hole[1]], safe=""), self.url)

    def instant(self, value: object) -> datetime | None:
        """Read an instant as the option `time_format` says."""
        if self.time_format in {ISO, UNIX}:
            is_number = reading.number(value) is not None
            return reading.instant(value, self.zone) if is_number == (self.time_format == UNIX) else None
        try:
            # the zone follows
            at = datetime.strptime(str(value).strip(), self.time_format)  # noqa: DTZ007
        except ValueError:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)

    def number(self, value: object) -> object:
        """Write a number of a text with a point."""
        if self.decimal == "." or not isinstance(value, str):
            return value.replace(",", "") if isinstance(value, str) else value
        return value.replace(".", "").replace(",", ".")


def parts_of(options: Mapping[str, Any]) -> dict[str, Part]:
    """Read and check all parts.

    Raises:
        ValidationFailed: there is none, or something of one is wrong; the error names it.
    """
    found = {name: _part(name, options[name]) for name in PARTS if name in options}
    if not found:
        raise wrong("quotes", _("an object with url and price; or give history or rates"))
    return found


def key_place(options: Mapping[str, Any], option: str) -> str:
    """Tell the name of the header or parameter that the key goes in; "" for none.

    Raises:
        ValidationFailed: it is no such name.
    """
    value = options.get(option, "")
    named = isinstance(value, str) and (not value or _NAME.fullmatch(value))
    if not named or value.lower() in _NOT_FOR_KEYS:
        raise wrong(option, _("a name of letters, digits and dashes, such as X-Api-Key"))
    return str(value)


def wrong(name: str, expected: str) -> ValidationFailed:
    """Say which option is wrong and what it should be."""
    place = f"options.{name}"
    names = {"option": place, "expected": expected}
    return ValidationFailed.of(place, _("%(option)s should be %(expected)s.") % names)


def _part(name: str, given: Any) -> Part:
    kind = PARTS[name]
    if not isinstance(given, Mapping):
        raise wrong(name, _("an object"))
    names = (*kind.needed, *kind.allowed)
    unknown = sorted(set(given) - _SETTINGS - set(names))
    if unknown:
        known = ", ".join(sorted((*_SETTINGS, *names)))
        raise wrong(f"{name}.{unknown[0]}", _("left out; known are %(known)s") % {"known": known})
    for one in kind.needed:
        if not _is_text(given.get(one)):
            raise wrong(f"{name}.{one}", _("where in a row it stands"))
    part = Part(name=name, url=_url(name, given.get("url"), kind), **dict(_read(name, given, names)))
    if part.is_batch and "symbol" not in part.fields:
        raise wrong(f"{name}.symbol", _("where in a row the symbol stands, as {symbols} asks for many"))
    return part


def _read(name: str, given: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    fields = {one: given[one] for one in names if one in given}
    for one, place in fields.items():
        if not _is_text(place):
            raise wrong(f"{name}.{one}", _("where in a row it stands"))
    yield "fields", fields
    yield "format", _choice(name, given, "format", (JSON, CSV))
    yield "decimal", _choice(name, given, "decimal", (".", ","))
    yield "quality", Quality(_choice(name, given, "quality", _QUALITIES, Quality.DELAYED))
    yield "adjusted", Adjustment(_choice(name, given, "adjusted", _ADJUSTED))
    yield "rows", _word(name, given, "rows", "")
    yield "unit", _word(name, given, "unit", "")
    yield "separator", _separator(name, given)
    yield "time_format", _time_format(name, given)
    yield "zone", _zone(name, given)
    yield "columns", _columns(name, given)


def _url(name: str, url: Any, kind: Kind) -> str:
    if not _is_text(url) or len(url) > _LONGEST:
        raise wrong(f"{name}.url", _("an address such as https://example.org/{symbol}"))
    try:
        checked_url(url)
    except AddressRefused as error:
        raise ValidationFailed.of(f"options.{name}.url", error.detail) from None
    holes = set(_HOLE.findall(url))
    if not holes <= kind.holes or "{" in urlsplit(url).netloc or "{" in _HOLE.sub("", url):
        known = ", ".join(f"{{{one}}}" for one in sorted(kind.holes))
        raise wrong(
            f"{name}.url", _("an address with only %(known)s in it, behind the host") % {"known": known}
        )
    if name != "rates" and not holes & {"symbol", "symbols"}:
        raise wrong(f"{name}.url", _("an address with the symbol in it, as {symbol}"))
    return str(url)


def _choice(
    name: str, given: Mapping[str, Any], option: str, choices: tuple[str, ...], default: str = ""
) -> str:
    value = given.get(option, default or choices[0])
    if value not in choices:
        raise wrong(f"{name}.{option}", " | ".join(choices))
    return str(value)


def _word(name: str, given: Mapping[str, Any], option: str, default: str) -> str:
    value = given.get(option, default)
    if not isinstance(value, str):
        raise wrong(f"{name}.{option}", _("a text"))
    return value.strip()


def _separator(name: str, given: Mapping[str, Any]) -> str:
    value = given.get("separator", ",")
    if not isinstance(value, str) or len(value) != 1 or value in '\r\n" ':
        raise wrong(f"{name}.separator", _("one character, such as , or ;"))
    return value


def _time_format(name: str, given: Mapping[str, Any]) -> str:
    value = _word(name, given, "time_format", ISO)
    if value not in {ISO, UNIX} and "%" not in value:
        raise wrong(f"{name}.time_format", _("iso, unix, or a pattern such as %%d.%%m.%%Y %%H:%%M") % {})
    return value


def _zone(name: str, given: Mapping[str, Any]) -> ZoneInfo:
    try:
        return ZoneInfo(_word(name, given, "zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong(f"{name}.zone", _("the name of a time zone, such as Europe/Berlin")) from None


def _columns(name: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    value = given.get("columns", [])
    if not isinstance(value, list) or not all(map(_is_text, value)):
        raise wrong(f"{name}.columns", _("the names of the columns, for a table without a head"))
    return tuple(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())

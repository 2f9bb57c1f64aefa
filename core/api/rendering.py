"""JSON in and out without binary floating point."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import IO, Any, NoReturn

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from core.errors import TooLarge
from core.money import plain

_SAFE_EXPONENT = 60
_SAFE_INTEGER = 18
_DEEPEST = 64
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]')
_SUSPECT = re.compile(r"\\u(0000|[dD][89a-fA-F])")


def _encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(plain(value))
    return str(value)


class JSONRenderer(BaseRenderer):
    """Render JSON; a `Decimal` becomes a JSON number digit by digit."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Encode `data`; nothing becomes an empty body."""
        return b"" if data is None else orjson.dumps(data, default=_encode, option=orjson.OPT_NON_STR_KEYS)


class ProblemRenderer(JSONRenderer):
    """The same, for clients that ask for problem documents by name."""

    media_type = "application/problem+json"
    format = "problem"


class JSONParser(BaseParser):
    """Parse JSON with every fractional number as a `Decimal`; NaN, Infinity and a name twice are refused."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read the body, of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes.

        Raises:
            ParseError: it is not UTF-8 or not JSON.
            TooLarge: it is longer.
        """
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:  # of a body sent in chunks no header tells
            raise TooLarge(_("The body is too large."))
        try:
            return load_json(body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error


def load_json(text: str) -> Any:
    """Read JSON from outside, with what `JSONParser` promises.

    Raises:
        ValueError: it is not JSON, or holds text that no database can store.
    """
    if text.count("[") + text.count("{") > _DEEPEST:
        _check_depth(text)
    data = json.loads(
        text, parse_float=_decimal, parse_constant=_refuse, parse_int=_integer, object_pairs_hook=_object
    )
    if _SUSPECT.search(text):
        check_texts(data)
    return data


def _check_depth(text: str) -> None:
    """Refuse what nests so deep that no answer could hold it again, before anything is built of it."""
    depth = 0
    for found in _NESTING.finditer(text):
        mark = found[0]
        depth += (mark in "[{") - (mark in "]}")
        if depth > _DEEPEST:
            raise ValueError(f"it nests deeper than {_DEEPEST} levels")


def check_texts(data: Any) -> None:
    """Refuse NUL and half surrogate pairs in any text: nothing could store them, or answer the latter.

    Raises:
        ValueError: there are some.
    """
    if isinstance(data, str):
        if "\0" in data:
            raise ValueError("a text holds a NUL character")
        data.encode("utf-8")
    elif isinstance(data, list):
        for one in data:
            check_texts(one)
    elif isinstance(data, dict):
        check_texts(list(data.keys()))
        check_texts(list(data.values()))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; of a name that stands in it twice nobody knows which value is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise ValueError(f'"{twice[:40]}" stands twice in one object')
    return found


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if abs(value.adjusted()) > _SAFE_EXPONENT:
        raise ValueError(f"{text[:40]} is out of range")
    return value


def _integer(text: str) -> int | Decimal:
    if len(text) > _SAFE_EXPONENT:
        raise ValueError("a number is too long")
    # the encoder knows no larger integers; as decimals they pass through it digit by digit
    return int(text) if len(text) <= _SAFE_INTEGER else Decimal(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")

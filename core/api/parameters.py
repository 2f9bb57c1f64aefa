"""Query parameters that endpoints share: their reading, and their place in the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from core.errors import ValidationFailed

T = TypeVar("T")
LISTING = [
    OpenApiParameter("skip", int, description="How many rows to pass over (default 0)."),
    OpenApiParameter("limit", int, description="How many rows to answer (default 100, at most 1000)."),
]
START = OpenApiParameter("start", date, description="First day, included (YYYY-MM-DD or DD-MM-YYYY).")
END = OpenApiParameter("end", date, description="Last day, included (YYYY-MM-DD or DD-MM-YYYY).")
DAY = OpenApiParameter("date", date, description="As of the end of this day; today unless given.")

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_EUROPEAN = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def day_parameter(params: Any, name: str) -> date | None:
    """Read a date as YYYY-MM-DD or DD-MM-YYYY; None when it is not given.

    Raises:
        ValidationFailed: it is neither; names the parameter.
    """
    text = params.get(name, "")
    if not text:
        return None
    try:
        return _date(text)
    except ValueError as error:
        message = _("%(name)s must be a date such as 2026-11-22.") % {"name": name}
        raise ValidationFailed.of(name, message, "date") from error


def _date(text: str) -> date:
    if match := _ISO.fullmatch(text):
        year, month, day = match.groups()
    elif match := _EUROPEAN.fullmatch(text):
        day, month, year = match.groups()
    else:
        raise ValueError(text)
    return date(int(year), int(month), int(day))


def uuid_parameter(params: Any, name: str) -> UUID | None:
    """Read a UUID; None when it is not given.

    Raises:
        ValidationFailed: it is none; names the parameter.
    """
    text = params.get(name, "")
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise ValidationFailed.of(name, _("%(name)s must be a UUID.") % {"name": name}, "uuid") from error


def choice_parameter(params: Any, name: str, choices: Sequence[str]) -> str:
    """Read one of `choices`; empty when it is not given.

    Raises:
        ValidationFailed: it is none of them; names the parameter.
    """
    text = str(params.get(name, ""))
    if text and text not in choices:
        message = _("%(name)s must be one of: %(choices)s.")
        raise ValidationFailed.of(name, message % {"name": name, "choices": ", ".join(choices)}, "choice")
    return text


def flag_parameter(params: Any, name: str) -> bool | None:
    """Read true or false (1 or 0); None when it is not given.

    Raises:
        ValidationFailed: it is neither; names the parameter.
    """
    text = str(params.get(name, "")).lower()
    if text not in {"", *_FLAGS}:
        raise ValidationFailed.of(name, _("%(name)s must be true or false.") % {"name": name}, "flag")
    return _FLAGS.get(text)


def number_parameter(params: Any, name: str, most: int) -> int | None:
    """Read a whole number from 1 to `most`; None when it is not given.

    Raises:
        ValidationFailed: it is none; names the parameter.
    """
    text = str(params.get(name, ""))
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        message = _("%(name)s must be a whole number from 1 to %(most)s.") % {"name": name, "most": most}
        raise ValidationFailed.of(name, message, "number")
    return int(text)


def required(params: Any, name: str, read: Callable[[Any, str], T]) -> T:
    """Read what must be given.

    Raises:
        ValidationFailed: it is not; names the parameter.
    """
    found = read(params, name)
    if not found:
        raise ValidationFailed.of(name, _("%(name)s is required.") % {"name": name}, "required")
    return found


def currency_parameter(params: Any, name: str) -> str:
    """Read a currency code in any case; empty when it is not given."""
    return str(params.get(name, "")).strip().upper()

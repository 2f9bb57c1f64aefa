"""Query parameters that endpoints share: their reading, and their place in the OpenAPI document."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from core.errors import ValidationFailed

LISTING = [
    OpenApiParameter("skip", int, description="How many rows to pass over (default 0)."),
    OpenApiParameter("limit", int, description="How many rows to answer (default 100, at most 1000)."),
]
START = OpenApiParameter("start", date, description="First day, included (YYYY-MM-DD or DD-MM-YYYY).")
END = OpenApiParameter("end", date, description="Last day, included (YYYY-MM-DD or DD-MM-YYYY).")
DAY = OpenApiParameter("date", date, description="As of the end of this day; today unless given.")

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_EUROPEAN = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")


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


def currency_parameter(params: Any, name: str) -> str:
    """Read a currency code in any case; empty when it is not given."""
    return str(params.get(name, "")).strip().upper()

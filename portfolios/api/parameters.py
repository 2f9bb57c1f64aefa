"""Query parameters of the REST API of portfolios."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from core.errors import ValidationFailed

START = OpenApiParameter(
    "start", date, description="First day (for periods: its close is the opening value)."
)
END = OpenApiParameter("end", date, description="Last day, included.")
DAY = OpenApiParameter("date", date, description="As of the end of this day; today unless given.")

_ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_EUROPEAN = re.compile(r"^(\d{2})-(\d{2})-(\d{4})$")


def day_parameter(params: Any, name: str) -> date | None:
    """Read a date as YYYY-MM-DD or DD-MM-YYYY; None when it is not given.

    Raises:
        ValidationFailed: it is neither; names the parameter.
    """
    text = params.get(name, "")
    if not text:
        return None
    if match := _ISO.match(text):
        year, month, day = match.groups()
    elif match := _EUROPEAN.match(text):
        day, month, year = match.groups()
    else:
        raise _not_a_date(name)
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise _not_a_date(name) from error


def _not_a_date(name: str) -> ValidationFailed:
    return ValidationFailed.of(
        name, _("%(name)s must be a date such as 2026-11-22.") % {"name": name}, "date"
    )


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

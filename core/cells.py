"""How values stand in files that people take home: cells of a CSV file, values of a JSON file."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.money import plain

GUARD: Final = "'"
# What a spreadsheet may take for a formula, and the mark itself, so that reading undoes it exactly.
_DANGEROUS: Final = frozenset("=+-@\t\r\n'")


def guarded(text: str) -> str:
    """Put a ``'`` before what a spreadsheet would run as a formula."""
    return GUARD + text if text[:1] in _DANGEROUS and text else text


def unguarded(text: str) -> str:
    """Take the guard off again."""
    return text[1:] if text.startswith(GUARD) else text


def csv_cell(value: Any) -> str:
    """Write a value as a cell: nothing for None, texts guarded, instants in UTC, JSON as it is."""
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool | dict | list):
        return json_text(value)
    return str(json_value(value))


def json_value(value: Any) -> Any:
    """Write a value for JSON: decimals and ids as texts, instants in UTC, everything else as it is."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def json_text(value: Any) -> str:
    """Write JSON on one line, letters of all scripts as they are."""
    return json.dumps(value, ensure_ascii=False, default=json_value)

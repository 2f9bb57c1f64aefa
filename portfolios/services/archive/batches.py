"""The imports of an archive with their rows, so that a file is known again and can still be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from core.errors import BrokenArchive, ValidationFailed
from core.records import Record
from portfolios.models import Portfolio, TransactionImport
from portfolios.selectors.archive import DONE
from portfolios.selectors.imports.messages import message
from portfolios.services.archive.context import Restoration
from portfolios.services.bulk import store_as_told
from portfolios.services.imports.mapping import read_mapping
from portfolios.services.imports.stored_rows import Verdict

MOST_ROWS: Final = 200_000
_COLUMNS = (
    "id", "portfolio_id", "user_id", "file_name", "sha256", "mapping", "status", "summary", "applied_at",
    "created_at", "updated_at", "source", "rows", "attempts",
)  # fmt: skip
_VERDICTS = frozenset(one.value for one in Verdict)
_COUNTS = {
    "result": ("imported", "duplicates", "duplicates_since_preview", "left_out", "skipped"),
    "undone": ("removed", "edited"),
}
_LAYOUT = {
    "preset": str, "encoding": str, "delimiter": str, "header_line": int, "date_order": str,
    "date_order_is_sure": bool, "time_zone": str, "own_format": bool, "columns": list,
}  # fmt: skip
_ROW = {
    "symbol": str, "isin": str, "name": str, "currency": str, "fee_currency": str, "tax_currency": str,
    "note": str, "external_id": str, "group": str, "quantity": Decimal, "price": Decimal, "fx_rate": Decimal,
    "fee": Decimal, "tax": Decimal, "line": int, "verdict": str, "findings": list, "cells": list, "kind": str,
    "time": datetime, "day": date, "day_only": bool, "label": str, "instrument": str, "creates": bool,
    "entry": str, "lots": str, "carried": str,
}  # fmt: skip


def restore_imports(work: Restoration) -> None:
    """Make the imports of the portfolios that are made; of their many rows one import's are held at a time.

    Raises:
        BrokenArchive: a line is none of an import that was applied or undone.
    """
    waiting: dict[UUID, list[Any]] = {}
    for row in work.rows("imports"):
        portfolio = work.portfolio(row)
        if portfolio is None:
            continue
        key = row.key("id")
        waiting[key] = _header(work, row, portfolio, key)
        work.batches[key] = portfolio.pk
    with work.storing("imports"):
        for key, rows in _grouped(work, set(waiting)):
            _store(waiting.pop(key), rows)
        for values in waiting.values():
            _store(values, [])


def _store(values: list[Any], rows: list[dict[str, Any]]) -> None:
    store_as_told(TransactionImport, _COLUMNS, [[*values, b"", orjson.dumps(rows).decode(), 0]])


def _header(work: Restoration, row: Record, portfolio: Portfolio, key: UUID) -> list[Any]:
    by_owner = work.owner_id if row.flag("by_owner") else None
    mapping, summary = row.tree("mapping"), row.tree("summary")
    values = [
        work.key(key),
        portfolio.pk,
        by_owner,
        row.text("file_name", 255, needed=True),
        row.text("sha256", 64, needed=True),
        orjson.dumps(mapping).decode(),
        row.choice("status", [one.value for one in DONE]),
        orjson.dumps(summary).decode(),
        row.instant_or_none("applied_at"),
        row.instant("created_at"),
        row.instant("updated_at"),
    ]
    row.done()
    try:
        read_mapping(mapping)
    except (ValidationFailed, AttributeError, TypeError) as error:
        raise BrokenArchive(
            _("This is no mapping."), member=row.member, line=row.line, field="mapping"
        ) from error
    if not _is_summary(summary):
        row.refuse("summary")
    return values


def _is_summary(summary: dict[str, Any]) -> bool:
    """Tell whether a summary has all that pages and endpoints read of one."""
    counts, layout = summary.get("counts"), summary.get("layout")
    if not isinstance(counts, dict) or counts.keys() != _VERDICTS or not _are_counts(counts, _VERDICTS):
        return False
    # `time_zone` and others came later than the first imports
    if not isinstance(layout, dict) or not all(
        isinstance(layout[name], _LAYOUT.get(name, object)) for name in layout
    ):
        return False
    if not all(
        isinstance(one, dict) and {"name", "field"} <= one.keys() for one in layout.get("columns", [])
    ):
        return False
    for name, fields in _COUNTS.items():
        told = summary.get(name)
        if told is not None and (not isinstance(told, dict) or not _are_counts(told, fields)):
            return False
    lists = [summary.get(name) for name in ("findings", "unresolved", "kinds")]
    return all(isinstance(one, list) for one in lists) and _are_findings(summary["findings"])


def _are_counts(told: dict[str, Any], fields: Any) -> bool:
    return all(type(told.get(name)) is int and told[name] >= 0 for name in fields)


def _are_findings(found: list[Any]) -> bool:
    """Tell whether findings can be said."""
    try:
        for one in found:
            texts = (one["code"], one["level"], one["field"], *one["params"], *one["params"].values())
            if not all(isinstance(text, str) for text in texts):
                return False
            message(one)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def _grouped(work: Restoration, keys: set[UUID]) -> Iterator[tuple[UUID, list[dict[str, Any]]]]:
    """Read the rows of one import after the other."""
    done, current, rows = set[UUID](), None, list[dict[str, Any]]()
    known = keys | _there(work)
    for line in work.rows("import_rows"):
        key, row = line.key("import"), line.tree("row")
        line.done()
        if key != current:
            if current in keys and current is not None:
                yield current, rows
            done.add(current or key)
            current, rows = key, []
            if key not in known or (key in done and len(done) > 1):
                line.refuse("import", _("The archive has no such import, or its rows lie apart."))
        if not _is_row(row) or len(rows) >= MOST_ROWS:
            line.refuse("row")
        if key in keys:
            rows.append(row)
    if current in keys and current is not None:
        yield current, rows


def _there(work: Restoration) -> set[UUID]:
    """List the imports of portfolios that the owner has already."""
    if not work.there:
        return set()
    return {row.key("id") for row in work.rows("imports") if row.key("portfolio") in work.there}


def _is_row(row: dict[str, Any]) -> bool:
    """Tell whether a row has what the page of an import shows of one."""
    findings = row.get("findings")
    if (
        row.get("verdict") not in _VERDICTS
        or type(row.get("line")) is not int
        or not isinstance(findings, list)
    ):
        return False
    return all(name in _ROW and _fits(value, _ROW[name]) for name, value in row.items()) and _are_findings(
        findings
    )


def _fits(value: Any, kind: type) -> bool:
    read = _READ.get(kind)
    if read is None:
        return isinstance(value, kind)
    try:
        found = read(value)
    except (ValueError, TypeError, InvalidOperation):
        return False
    return not isinstance(found, Decimal) or found.is_finite()


_READ: Final[dict[type, Callable[[Any], Any]]] = {
    Decimal: Decimal, date: date.fromisoformat, datetime: datetime.fromisoformat,
}  # fmt: skip

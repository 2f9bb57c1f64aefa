"""An import's rows as JSON: decimals as strings, what says nothing left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from market.models import Instrument
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.export import number
from portfolios.domain.csv_import.findings import Finding
from portfolios.domain.csv_import.identity import Facts
from portfolios.domain.entries import EntryKind
from portfolios.services.inputs import TransactionInput

ZERO = Decimal(0)
NEW_INSTRUMENT = "new:"
_TEXTS = (
    "symbol", "isin", "name", "currency", "fee_currency", "tax_currency", "note", "external_id", "group",
    "entry", "lots", "carried",
)  # fmt: skip
_NUMBERS = ("quantity", "price", "fx_rate")
_COSTS = ("fee", "tax")


class Verdict(StrEnum):
    """What becomes of a row: `NEW` and `WARNING` are imported, the others are not."""

    NEW = "new"
    WARNING = "warning"
    DUPLICATE = "duplicate"
    ERROR = "error"
    SKIPPED = "skipped"


IMPORTED = frozenset({Verdict.NEW.value, Verdict.WARNING.value})


@dataclass(slots=True)
class Row:
    """A draft with the instrument that it means and what becomes of it.

    `creates` says that the instrument is to be made, under the draft's label; `choices` are
    those it may be where nobody can tell.
    """

    draft: Draft
    instrument: Instrument | None = None
    creates: bool = False
    choices: tuple[Instrument, ...] = ()
    verdict: Verdict = Verdict.NEW


def facts_of_row(row: Row) -> Facts:
    """Answer what identifies a row without errors."""
    draft = row.draft
    if draft.kind is None or draft.time is None or draft.day is None or draft.quantity is None:
        raise ValueError(f"line {draft.line} has errors and is no transaction")
    instrument = str(row.instrument.uuid) if row.instrument else ""
    return Facts(
        kind=draft.kind.value, time=draft.time, day=draft.day, day_only=draft.day_only,
        instrument=NEW_INSTRUMENT + draft.label if row.creates else instrument,
        quantity=draft.quantity, price=draft.price, currency=draft.currency, fee=draft.fee,
        fee_currency=draft.fee_currency, tax=draft.tax, tax_currency=draft.tax_currency,
        external_id=draft.external_id,
    )  # fmt: skip


def as_json(row: Row) -> dict[str, Any]:
    """Store a row; the cells of the file stay with those that are not imported."""
    draft = row.draft
    stored: dict[str, Any] = {"line": draft.line, "verdict": row.verdict.value}
    if draft.skipped:
        return stored | {"findings": [_skip(draft)], "cells": draft.cells}
    stored |= {
        "kind": draft.kind.value if draft.kind else "",
        "time": draft.time.isoformat() if draft.time else "",
        "day": draft.day.isoformat() if draft.day else "",
        "day_only": draft.day_only,
        "label": draft.label,
        "instrument": str(row.instrument.uuid) if row.instrument else "",
        "creates": row.creates,
        "findings": [finding_as_json(one) for one in draft.findings],
    }
    stored |= {name: getattr(draft, name) for name in _TEXTS}
    stored |= {name: number(getattr(draft, name)) for name in _NUMBERS}
    stored |= {name: number(value) for name in _COSTS if (value := getattr(draft, name))}
    if row.verdict is Verdict.ERROR:
        stored["cells"] = draft.cells
    return {name: value for name, value in stored.items() if value or name == "findings"}


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """Store a finding."""
    return {
        "level": finding.level.value, "code": finding.code, "field": finding.field,
        "params": dict(finding.params),
    }  # fmt: skip


def _skip(draft: Draft) -> dict[str, Any]:
    return {"level": "note", "code": draft.skipped, "field": "", "params": {}}


def facts_of_json(row: Mapping[str, Any], instrument: str) -> Facts:
    """Answer what identifies a stored row, with the instrument (UUID or "") that it has by now."""
    return Facts(
        kind=row["kind"], time=datetime.fromisoformat(row["time"]), day=date.fromisoformat(row["day"]),
        day_only=row.get("day_only", False), instrument=instrument, quantity=Decimal(row["quantity"]),
        price=_decimal(row, "price"), currency=row["currency"], fee=Decimal(row.get("fee", 0)),
        fee_currency=row.get("fee_currency", ""), tax=Decimal(row.get("tax", 0)),
        tax_currency=row.get("tax_currency", ""), external_id=row.get("external_id", ""),
    )  # fmt: skip


def input_of(
    row: Mapping[str, Any], instrument: Instrument | None, fingerprint: str, group: UUID | None
) -> TransactionInput:
    """Make a transaction of a stored row, precisely as it was shown."""
    return TransactionInput(
        kind=EntryKind(row["kind"]), time=datetime.fromisoformat(row["time"]), instrument=instrument,
        quantity=Decimal(row["quantity"]), price=_decimal(row, "price"), currency=row["currency"],
        fee=Decimal(row.get("fee", 0)), fee_currency=row.get("fee_currency", ""),
        tax=Decimal(row.get("tax", 0)), tax_currency=row.get("tax_currency", ""),
        fx_rate=_decimal(row, "fx_rate"), note=row.get("note", ""), external_id=row.get("external_id", ""),
        group=group, fingerprint=fingerprint,
    )  # fmt: skip


def _decimal(row: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(row[name]) if name in row else None

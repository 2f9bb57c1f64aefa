"""What an archive keeps beside the ledgers: former states, dismissed findings, presets, tags."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from django.utils.translation import gettext as _

from core.errors import ValidationFailed
from portfolios.models import ImportPreset, InstrumentTag, QualityDismissal, TransactionRevision
from portfolios.selectors.quality import REGISTRY
from portfolios.services.archive.context import Restoration
from portfolios.services.bulk import store_as_told
from portfolios.services.imports.mapping import read_mapping
from portfolios.services.inputs import FIELDS

MOST_PRESETS: Final = 100
_NUMBERS = frozenset({"quantity", "price", "fee", "tax", "fx_rate"})
_REVISION = ("id", "transaction_id", "version", "changed_at", "changed_by", "state")
_DISMISSAL = ("id", "portfolio_id", "issue_id", "code", "dismissed_by", "dismissed_at")
_PRESET = ("id", "user_id", "name", "mapping", "created_at", "updated_at")
_TAG = ("user_id", "instrument_id", "name", "created_at")


def restore_history(work: Restoration) -> None:
    """Store what transactions were before, and the findings that were dismissed.

    A finding's id is made of the portfolio's, so that under other ids dismissed findings come back.

    Raises:
        BrokenArchive: a line is none of the kind.
    """
    with work.storing("revisions"):
        store_as_told(TransactionRevision, _REVISION, _revisions(work))
    left_out = 0
    with work.storing("dismissals"):
        rows = list(_dismissals(work))
        if work.is_copy:
            left_out, rows = len(rows), []
        store_as_told(QualityDismissal, _DISMISSAL, rows)
    work.result["dismissals_left_out"] = left_out


def _revisions(work: Restoration) -> Iterator[tuple[Any, ...]]:
    for row in work.rows("revisions"):
        key, entry = row.key("id"), work.entry(row, "transaction")
        if entry is None:
            continue
        state = row.tree("state")
        values = (
            work.key(key),
            entry,
            row.whole("version"),
            row.instant("changed_at"),
            work.owner_id if row.flag("by_owner") else None,
        )
        row.done()
        if not _is_state(state):
            row.refuse("state")
        yield (*values, orjson.dumps(_here(work, state)).decode())


def _is_state(state: dict[str, Any]) -> bool:
    """Tell whether a former state has what the history of a transaction reads."""
    lots = state.get("lots", [])
    if state.keys() - {*FIELDS, "deleted", "lots"} or not isinstance(lots, list):
        return False
    try:
        for lot in lots:
            UUID(lot["transaction"])
            Decimal(lot["quantity"])
        for name in FIELDS:
            value = state.get(name)
            if value is not None and not isinstance(value, str):
                return False
            if value and name in _NUMBERS and not Decimal(value).is_finite():
                return False
        datetime.fromisoformat(state["time"])
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        return False
    return isinstance(state.get("deleted", False), bool)


def _here(work: Restoration, state: dict[str, Any]) -> dict[str, Any]:
    """Tell a former state with the ids that its instrument and its lots have here."""
    told = dict(state)
    if told.get("instrument"):
        told["instrument"] = work.renamed(told["instrument"])
    if "lots" in told:
        told["lots"] = [
            {**one, "transaction": str(work.key(UUID(one["transaction"])))} for one in told["lots"]
        ]
    return told


def _dismissals(work: Restoration) -> Iterator[tuple[Any, ...]]:
    for row in work.rows("dismissals"):
        portfolio = work.portfolio(row)
        if portfolio is None:
            continue
        values = (
            work.key(row.key("id")),
            portfolio.pk,
            row.key("issue_id"),
            row.choice("code", REGISTRY),
            work.owner_id if row.flag("by_owner") else None,
            row.instant("dismissed_at"),
        )
        row.done()
        yield values


def restore_own(work: Restoration) -> None:
    """Store the owner's presets and tags that they do not have; a preset's name and a tag stand once.

    Raises:
        BrokenArchive: a line is none of the kind.
    """
    mine = ImportPreset.objects.filter(user_id=work.owner_id)
    known = set(mine.values_list("name", flat=True))
    fresh = [values for values in _presets(work) if values[2] not in known][: MOST_PRESETS - len(known)]
    taken = set(
        ImportPreset.objects.filter(pk__in=[key for key, *_rest in fresh]).values_list("pk", flat=True)
    )
    rows = [(uuid5(key, work.owner_id.hex) if key in taken else key, *rest) for key, *rest in fresh]
    with work.storing("import_presets"):
        work.result["presets"] = store_as_told(ImportPreset, _PRESET, rows)
    tagged = {
        (instrument, name.lower())
        for instrument, name in InstrumentTag.objects.filter(user_id=work.owner_id).values_list(
            "instrument_id", "name"
        )
    }
    with work.storing("tags"):
        tags = [values for values in _tags(work) if (values[1], values[2].lower()) not in tagged]
        work.result["tags"] = store_as_told(InstrumentTag, _TAG, tags)


def _presets(work: Restoration) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(work.rows("import_presets"), start=1):
        key, name, mapping = row.key("id"), row.text("name", 80, needed=True), row.tree("mapping")
        times = row.instant("created_at"), row.instant("updated_at")
        row.done()
        if number > MOST_PRESETS:
            row.refuse("id", _("These are too many."))
        told = _with_ids_of_here(work, mapping)
        try:
            read_mapping(told)
        except (ValidationFailed, AttributeError, TypeError):
            row.refuse("mapping", _("This is no mapping."))
        yield key, work.owner_id, name, orjson.dumps(told).decode(), *times


def _with_ids_of_here(work: Restoration, mapping: dict[str, Any]) -> dict[str, Any]:
    symbols = mapping.get("symbols")
    if not isinstance(symbols, dict):
        return mapping
    here = {label: work.renamed(one) if isinstance(one, str) else one for label, one in symbols.items()}
    return {**mapping, "symbols": here}


def _tags(work: Restoration) -> Iterator[tuple[Any, ...]]:
    for row in work.rows("tags"):
        instrument = work.instrument(row)
        name, at = row.text("name", InstrumentTag.NAME_LENGTH, needed=True), row.instant("created_at")
        row.done()
        if instrument is None or "," in name or " ".join(name.split()) != name:
            row.refuse("name")
        yield work.owner_id, instrument.pk, name, at

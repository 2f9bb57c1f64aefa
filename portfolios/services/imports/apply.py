"""Bring a previewed import into the ledger: all of it, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.bus import bus
from core.errors import Conflict, FieldError, ValidationFailed
from market.models import Instrument
from market.services.instruments import InstrumentData, create_instrument
from portfolios.domain.csv_import.identity import Likeness, fingerprints, group_ids, matches
from portfolios.events import ImportFinished
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, TransactionImport
from portfolios.selectors.imports.messages import message
from portfolios.selectors.imports.present import present
from portfolios.services.bulk import uncollected
from portfolios.services.imports.lots import keep_lots
from portfolios.services.imports.preview import counted, locked_import
from portfolios.services.imports.reading import by_preset
from portfolios.services.imports.stored_rows import IMPORTED, Verdict, facts_of_json, input_of
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import add_transactions

_MOST_NAMED = 50


@transaction.atomic
def apply_import(
    *, actor: Actor, portfolio_id: UUID, import_id: UUID, strict: bool = False
) -> TransactionImport:
    """Add the rows that the preview showed as new or with a warning, exactly as shown.

    Rows that came into the portfolio since the preview are duplicates now: they are left out and
    counted. `strict` refuses the whole import when any row has an error.

    Raises:
        NotFound: no such import, or the actor is no member.
        Conflict: it was applied or undone already, or has nothing to import.
        ValidationFailed: `strict`, and rows have errors; names each by its line.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    batch = locked_import(portfolio, import_id, TransactionImport.Status.PREVIEWED)
    return bring_in(actor, portfolio, batch, strict=strict)


def bring_in(
    actor: Actor, portfolio: Portfolio, batch: TransactionImport, *, strict: bool
) -> TransactionImport:
    """Add an import's rows to a portfolio that the caller has locked.

    Raises:
        Conflict, ValidationFailed: as `apply_import`.
    """
    if strict:
        _refuse_errors(batch.rows)
    if not any(row["verdict"] in IMPORTED for row in batch.rows):
        raise Conflict(_("No row of this file can be imported."), code="import-empty")
    created = _created_instruments(actor, portfolio, batch)
    with uncollected():
        there: dict[str, UUID] = {}
        rows, inputs = _inputs(portfolio, batch, created, there)
        if inputs:
            made = add_transactions(
                actor=actor,
                portfolio_id=portfolio.pk,
                inputs=inputs,
                import_batch=batch,
                allow_shortfall=True,
                allow_doubtful=True,
            )
            there |= {row["entry"]: one.pk for row, one in zip(rows, made, strict=True) if "entry" in row}
            keep_lots(list(zip(rows, made, strict=True)), there)
    _close(actor, batch, imported=len(inputs), created=created)
    return batch


def _refuse_errors(rows: Sequence[Mapping[str, Any]]) -> None:
    faulty = [row for row in rows if row["verdict"] == Verdict.ERROR.value]
    if faulty:
        errors = tuple(
            FieldError(f"rows[{row['line']}].{one['field']}", message(one), one["code"])
            for row in faulty[:_MOST_NAMED]
            for one in row["findings"]
            if one["level"] == "error"
        )
        detail = _("%(count)s rows have errors. Nothing was imported.") % {"count": len(faulty)}
        raise ValidationFailed(detail, errors=errors, code="import-errors")


def _created_instruments(
    actor: Actor, portfolio: Portfolio, batch: TransactionImport
) -> dict[str, Instrument]:
    """Make the instruments that the user asked for, by label; one that is there already serves."""
    first: dict[str, dict[str, Any]] = {}
    for row in batch.rows:
        if row.get("creates") and row["verdict"] in IMPORTED:
            first.setdefault(row["label"], row)
    return {label: _own_instrument(actor, portfolio, batch, row) for label, row in first.items()}


def _own_instrument(
    actor: Actor, portfolio: Portfolio, batch: TransactionImport, row: dict[str, Any]
) -> Instrument:
    wanted: dict[str, Any] = next(
        choice
        for label in (row["label"], row.get("symbol"), row.get("isin"), row.get("name"))
        if isinstance(choice := batch.mapping["symbols"].get(label), dict)
    )
    symbol = (wanted.get("symbol") or row.get("symbol") or row.get("isin") or row["label"])[:40].upper()
    found = Instrument.objects.filter(owner=actor.user_id, symbol=symbol, exchange=None).first()
    if found is not None and actor.user_id is not None:
        return found
    data = InstrumentData(
        symbol=symbol,
        name=wanted.get("name") or row.get("name") or symbol,
        currency=wanted.get("currency") or row.get("currency") or portfolio.currency,
        kind=wanted.get("kind") or Instrument.Kind.STOCK,
        isin=row.get("isin", ""),
    )
    return create_instrument(actor=actor, data=data)


def _inputs(
    portfolio: Portfolio, batch: TransactionImport, created: Mapping[str, Instrument], there: dict[str, UUID]
) -> tuple[list[dict[str, Any]], list[TransactionInput]]:
    """Make the transactions of the rows that are still new, with those rows; mark the others as duplicates.

    `there` gets the transactions that the others are, by what our own files call their rows.

    Fingerprints count twins over all rows of the file, so rows that were duplicates take part. The
    groups of a broker's preset are named alike in every export, so that what comes later joins them.
    """
    rows = [row for row in batch.rows if row["verdict"] not in {Verdict.ERROR.value, Verdict.SKIPPED.value}]
    ids = {row["instrument"] for row in rows if "instrument" in row}
    known = {str(one.uuid): one for one in Instrument.objects.filter(uuid__in=ids)}
    instruments = [
        created.get(row["label"]) if row.get("creates") else known.get(row.get("instrument", ""))
        for row in rows
    ]
    facts = [
        facts_of_json(row, str(one.uuid) if one else "") for row, one in zip(rows, instruments, strict=True)
    ]
    names = fingerprints(facts)
    found = matches(facts, names, (one.known for one in present(portfolio)))
    space = portfolio.pk if by_preset(batch.summary) else batch.pk
    groups = group_ids((row.get("group", "") for row in rows), space)
    new, inputs = [], []
    for row, instrument, name, match in zip(rows, instruments, names, found, strict=True):
        is_there = match is not None and match.likeness is not Likeness.SIMILAR
        if match is not None and is_there and "entry" in row:
            there[row["entry"]] = match.id
        if row["verdict"] not in IMPORTED:
            continue
        if is_there:
            row["verdict"] = Verdict.DUPLICATE.value
        else:
            new.append(row)
            inputs.append(input_of(row, instrument, name, groups.get(row.get("group", ""))))
    return new, inputs


def _close(
    actor: Actor, batch: TransactionImport, *, imported: int, created: Mapping[str, Instrument]
) -> None:
    shown = batch.summary["counts"]
    counts = counted(batch.rows)
    batch.summary["counts"] = counts
    batch.summary["result"] = {
        "imported": imported,
        "duplicates": counts["duplicate"],
        "duplicates_since_preview": counts["duplicate"] - shown["duplicate"],
        "left_out": counts["error"],
        "skipped": counts["skipped"],
        "instruments_created": sorted(one.symbol for one in created.values()),
    }
    batch.status = TransactionImport.Status.APPLIED
    batch.applied_at = clock.now()
    batch.source = b""
    batch.save(update_fields=["status", "applied_at", "source", "rows", "summary", "updated_at"])
    audit.record(
        actor=actor,
        verb="import.applied",
        object_type="transaction_import",
        object_id=batch.pk,
        after={"portfolio": str(batch.portfolio_id), "sha256": batch.sha256, **batch.summary["result"]},
    )
    finished(batch, actor.user_id, "applied", imported)


def finished(batch: TransactionImport, user_id: UUID | None, outcome: str, rows: int) -> None:
    """Say what came of a file, in the transaction that ends it; nobody is told of one that is nobody's."""
    if user_id is not None:
        bus.publish(
            ImportFinished(
                import_id=batch.pk,
                portfolio_id=batch.portfolio_id,
                user_id=user_id,
                outcome=outcome,
                rows=rows,
                at=clock.now(),
            )
        )

"""Lots that a file of our own chose for sales or brought: checked in the preview, kept with the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import Finding, error, warning
from portfolios.domain.csv_import.lots import carried_read, chosen_read
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ZERO, exact
from portfolios.models import CarriedLots, ReliefLink, Transaction
from portfolios.selectors.transfers import told
from portfolios.services.bulk import store


def lot_findings(draft: Draft) -> list[Finding]:
    """Tell what is wrong with the lots of a row: they are not of its kind, or do not add up to it."""
    found = []
    if draft.lots and not _is_choice(draft):
        found.append(error("not-lots", "lots", column="lots"))
    if draft.carried and not _is_brought(draft):
        found.append(error("not-lots", "carried", column="carried"))
    return found


def _is_choice(draft: Draft) -> bool:
    try:
        chosen = chosen_read(draft.lots)
    except ValueError:
        return False
    with exact():
        total = sum((quantity for _key, quantity in chosen), ZERO)
    return draft.kind is EntryKind.SELL and total == draft.quantity


def _is_brought(draft: Draft) -> bool:
    try:
        carried_read(draft.carried)
    except ValueError:
        return False
    return draft.kind is EntryKind.TRANSFER_IN


def note_lost_lots(drafts: Sequence[Draft]) -> None:
    """Say of sales whose lots are not all in the file: they take theirs by the portfolio's method."""
    there = {one.entry for one in drafts if one.kind in {EntryKind.BUY, EntryKind.TRANSFER_IN}}
    for draft in drafts:
        if draft.lots and any(key not in there for key, _quantity in chosen_read(draft.lots)):
            draft.findings.append(warning("lots-not-there", "lots"))


def keep_lots(rows: Sequence[tuple[Mapping[str, Any], Transaction]], there: Mapping[str, UUID]) -> None:
    """Keep the lots of rows that became transactions; `there` are the transactions by their rows' entries."""
    links, carried = [], []
    for row, made in rows:
        if row.get("lots"):
            chosen = chosen_read(row["lots"])
            if all(key in there for key, _quantity in chosen):
                links += [
                    ReliefLink(sale=made, acquisition_id=there[key], quantity=quantity)
                    for key, quantity in chosen
                ]
        if row.get("carried"):
            lots = carried_read(row["carried"])
            carried.append(CarriedLots(transaction=made, base=lots[0].base, lots=told(lots)))
    ReliefLink.objects.bulk_create(links)
    store(carried)

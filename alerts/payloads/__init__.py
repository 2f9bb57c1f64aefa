"""JSON of what people were told, shared by the API, the socket and the pages."""

from __future__ import annotations

from typing import Any

from alerts.models import Notification, Trigger
from alerts.selectors.words import words
from core.cells import json_value


def notification(row: Notification) -> dict[str, Any]:
    """Write what a person was told, in the active language; instants in UTC. `read_at` null: not read yet.

    `path` is a page of ours, empty where there is none. `data` is for programs; who else it is about is told
    by words only.
    """
    said = words(row)
    return {
        "id": row.pk,
        "kind": row.kind,
        "event": row.event,
        "title": said.title,
        "text": said.text,
        "path": said.path,
        "data": {name: value for name, value in row.data.items() if name != "person"} | _fired(row.trigger),
        "created_at": json_value(row.created_at),
        "read_at": json_value(row.read_at),
    }


def _fired(trigger: Trigger | None) -> dict[str, Any]:
    """Write what fired an alert: prices are for one unit, in the currency of the instrument."""
    if trigger is None:
        return {}
    told = {"alert": str(trigger.alert.uuid), "number": trigger.number, "at": json_value(trigger.at)}
    listing = trigger.alert.instrument
    if listing is None:
        return told
    prices = {name: getattr(trigger, name) for name in ("level", "previous", "price")}
    unit = listing.quote_unit
    in_units = {name: None if price is None else json_value(price * unit) for name, price in prices.items()}
    return told | {"symbol": listing.symbol, "currency": listing.currency} | in_units

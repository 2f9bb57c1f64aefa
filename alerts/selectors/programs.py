"""What programs are told of a notification: ids, names and numbers as texts, instants in UTC."""

from __future__ import annotations

from typing import Any

from alerts.models import Notification, Trigger
from core.cells import json_value


def data_of(notification: Notification) -> dict[str, Any]:
    """Tell what it was about, and what fired an alert; who else it is about is told by words only."""
    kept = {name: value for name, value in notification.data.items() if name != "person"}
    return kept | _fired(notification.trigger)


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

"""What the pages of the market share."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core.money import MINOR_UNITS, plain
from market.models import DailyBar, Instrument

BAD = 400
BAR_FIELDS = ("open", "high", "low", "close", "volume")


def tabs(current: str) -> list[dict[str, Any]]:
    """List the pages that stand beside each other."""
    pages = [("market", _("Overview")), ("watchlists", _("Watchlists")), ("rates", _("Exchange rates"))]
    return [{"name": label, "url": reverse(name), "current": name == current} for name, label in pages]


def codes() -> list[str]:
    """List the currencies that a field suggests."""
    return sorted(MINOR_UNITS)


def is_own(request: HttpRequest, instrument: Instrument) -> bool:
    """Tell whether the instrument is the caller's own."""
    return instrument.owner_id is not None and instrument.owner_id == request.user.pk


def page_url(url: str, asked: dict[str, str]) -> str:
    """Write a list's address up to the number of the page."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{url}?{query}{'&' if query else ''}page="


def bar_cells(bar: DailyBar, *, given: bool = False) -> list[str]:
    """Write a bar as the cells of a CSV row: the date, then plain decimals; empty where not known.

    `given`: as its source gave it, where that had adjusted it for splits.
    """
    prefix = "given_" if given and bar.adjusted_as_of is not None else ""
    values = (getattr(bar, f"{prefix}{name}") for name in BAR_FIELDS)
    return [bar.date.isoformat(), *("" if value is None else plain(value) for value in values)]

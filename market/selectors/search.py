"""Instruments in the search box."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.ports import SearchHit
from market.selectors import instruments


def find(user: Any, text: str, limit: int) -> list[SearchHit]:
    """Find instruments that the user may see by symbol, name or ISIN, the best match first."""
    return [
        SearchHit(
            title=one.symbol,
            subtitle=f"{one.name} · {one.get_kind_display()}",
            url=reverse("instrument", args=[one.uuid]),
            kind="instrument",
        )
        for one in instruments.search(user, text, limit)
    ]

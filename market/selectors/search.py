"""Instruments in the search box."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.ports import SearchHit
from market.models import Instrument
from market.selectors import instruments


def find(user: Any, text: str, limit: int) -> list[SearchHit]:
    """Find the instruments that the user may see by symbol, name or ISIN; the best match first."""
    return [
        SearchHit(
            title=f"{one.symbol} · {one.name}",
            subtitle=_about(one),
            url=reverse("instrument", args=[one.uuid]),
            kind=_("Instruments"),
        )
        for one in instruments.search(user, text, limit)
    ]


def _about(one: Instrument) -> str:
    parts = [one.get_kind_display(), one.exchange_id or "", one.currency]
    parts += [_("yours")] if one.owner_id else []
    parts += [_("fictional")] if one.is_fictional else []
    return " · ".join(part for part in parts if part)

"""Portfolios in the search box."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.ports import SearchHit
from portfolios.selectors.portfolios import visible_to


def find(user: Any, text: str, limit: int) -> list[SearchHit]:
    """Find the user's portfolios by a part of their name."""
    return [
        SearchHit(
            title=portfolio.name,
            subtitle=_("Portfolio in %(currency)s") % {"currency": portfolio.currency},
            url=reverse("portfolio", args=[portfolio.pk]),
            kind=_("Portfolios"),
        )
        for portfolio in visible_to(user).filter(name__icontains=text)[:limit]
    ]

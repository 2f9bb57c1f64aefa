"""Portfolios in the search box."""

from __future__ import annotations

from typing import Any

from core.ports import SearchHit
from portfolios.models import Portfolio
from portfolios.selectors.search import find


def test_search_names_the_group_in_words_and_finds_ones_own_only(
    portfolio: Portfolio, investor: Any, stranger: Any
) -> None:
    assert find(investor, portfolio.name[1:], 5) == [
        SearchHit(
            title=portfolio.name,
            subtitle="Portfolio in EUR",
            url=f"/portfolios/{portfolio.pk}/",
            kind="Portfolios",
        )
    ]
    assert find(stranger, portfolio.name, 5) == []

"""A person's trades of one instrument, over all their portfolios."""

from __future__ import annotations

from typing import Any

from core.ports import OwnTrade
from portfolios.models import Transaction
from portfolios.selectors.portfolios import real_of

# More arrows than that on one chart hide each other; the newest count.
MOST = 500
_KINDS = (Transaction.Kind.BUY, Transaction.Kind.SELL)


def own_trades(user: Any, instrument_id: int) -> list[OwnTrade]:
    """List the purchases and sales in the person's own real portfolios, oldest first; the newest 500."""
    rows = Transaction.objects.filter(
        portfolio__in=real_of(user), instrument=instrument_id, kind__in=_KINDS, deleted_at=None
    ).order_by("-time", "-sequence")
    told = rows.values_list("day", "kind", "quantity", "price", "currency", "portfolio__name")[:MOST]
    return [
        OwnTrade(day, side, quantity, price, currency, where)
        for day, side, quantity, price, currency, where in reversed(told)
        if price is not None
    ]

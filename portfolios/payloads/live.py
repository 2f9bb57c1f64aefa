"""JSON of what moves on an open page: amounts as the page shows them, so that its columns add up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from uuid import UUID

import orjson
from django.utils import translation

from accounts.models import User
from core.errors import NotFound
from core.live.feeds import Feed, Reading, Topic
from core.models import LIVE_WORLD
from market.models import Instrument
from market.selectors.quotes import log_head
from portfolios.domain.allocation import Slice
from portfolios.domain.prices import PriceUsed
from portfolios.payloads import amount, ratio
from portfolios.selectors import overview
from portfolios.selectors.live import EverythingNow, PortfolioNow, everything_now, portfolio_now
from portfolios.selectors.positions import PositionRow

TOTALS = ("value", "unrealised", "day_change")


def portfolio(now: PortfolioNow, by: str) -> dict[str, Any]:
    """Write a portfolio as of now; amounts in its currency, positions by the instrument's id."""
    valued = now.valued
    return {
        "portfolio": now.ledger.portfolio.pk,
        "currency": now.ledger.base,
        "date": valued.day,
        "as_of": valued.as_of,
        "incomplete": valued.incomplete,
        "total": amount(valued.total),
        "day_change": amount(now.day_change),
        "day_return": ratio(now.day_return),
        "positions": {str(row.instrument.uuid): _row(row) for row in now.table.held},
        "totals": {name: amount(now.table.totals[name]) for name in TOTALS},
        "allocation": _allocation(by, now.slices),
    }


def everything(now: EverythingNow, by: str) -> dict[str, Any]:
    """Write everything a person has as of now; amounts in their currency, positions over all portfolios."""
    found = now.found
    return {
        "currency": found.currency,
        "date": found.day,
        "incomplete": found.incomplete,
        "total": amount(found.total),
        "day_change": amount(found.day_change),
        "day_return": ratio(overview.day_return(found)),
        "portfolios": {
            str(part.portfolio.pk): {
                "value": amount(part.value),
                "day_change": amount(part.day_change),
                "incomplete": part.incomplete,
            }
            for part in found.parts
        },
        "positions": {
            str(row.instrument.uuid): {
                **_price(row.instrument, row.price, row.quality),
                "value": amount(row.value),
                "unrealised": amount(row.unrealised),
                "day_change": amount(row.day_change),
                "share": amount(row.share),
            }
            for row in now.holdings
        },
        "allocation": _allocation(by, now.slices),
    }


def _row(row: PositionRow) -> dict[str, Any]:
    return {
        **_price(row.instrument, row.view.price, row.quality),
        "value": amount(row.value),
        "unrealised": amount(row.unrealised),
        "gain_ratio": amount(row.gain_ratio),
        "day_change": amount(row.day_change),
        "share": amount(row.share),
    }


def _price(instrument: Instrument, price: PriceUsed | None, quality: str) -> dict[str, Any]:
    return {
        "symbol": instrument.symbol,
        "price": None if price is None else amount(price.price),
        "price_currency": None if price is None else price.currency,
        "price_as_of": None if price is None else price.as_of,
        "price_at": None if price is None else price.at,
        "price_quality": quality,
    }


def _allocation(by: str, slices: Iterable[Slice[str]]) -> dict[str, Any]:
    """Write the slices that the page draws; the small ones are one."""
    shown = overview.shown(list(slices))
    rows = [{**one, "value": amount(one["value"]), "share": amount(one["share"])} for one in shown]
    return {"by": by, "items": rows}


class PortfolioFeed(Feed):
    """What a person's open pages show; its key is the person's id, a topic `Shown`.

    Values hang on prices, so that it is read whenever those of the live world move, at most once a second.
    """

    name: ClassVar[str] = "portfolios"
    items: ClassVar[str] = "figures"
    wakes_with: ClassVar[tuple[str, str] | None] = ("prices", str(LIVE_WORLD))
    rest: ClassVar[float] = 1.0

    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        """Work all topics out anew; what has not changed is the same to the byte."""
        seq = log_head(LIVE_WORLD)
        user = User.objects.get(pk=key)
        with translation.override(user.language):
            shown = [cast("Shown", one) for one in {*followed, *fresh}]
            return Reading(seq, {one: figures_of(user, one) for one in shown})

    def front(self, key: str) -> bytes:
        """Name the person."""
        return b'"user":"%b"' % key.encode()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: a portfolio, or everything (`portfolio` None), spread by a grouping."""

    portfolio: UUID | None
    by: str


def figures_of(user: User, shown: Shown) -> bytes:
    """Write what a page shows as of now; a portfolio that `user` may no longer see is gone."""
    if shown.portfolio is None:
        return orjson.dumps(everything(everything_now(user, shown.by), shown.by), option=orjson.OPT_UTC_Z)
    try:
        found = portfolio(portfolio_now(user, shown.portfolio, shown.by), shown.by)
    except NotFound:
        found = {"portfolio": shown.portfolio, "gone": True}
    return orjson.dumps(found, option=orjson.OPT_UTC_Z)

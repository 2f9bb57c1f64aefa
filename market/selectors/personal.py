"""What the market keeps of a person, told as tables: their own instruments, prices, rates, watchlists."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from core.personal import table
from core.ports import PersonalTable
from market.models import (
    CorporateAction,
    DailyBar,
    FxRate,
    Instrument,
    SymbolSpan,
    Tick,
    Watchlist,
    WatchlistItem,
)

INSTRUMENT = ("instrument", "instrument__uuid")
_INSTRUMENT = (
    ("id", "uuid"), "symbol", "name", "kind", "isin", ("exchange", "exchange_id"), "currency", "quote_unit",
    "sector", "country", "coin_id", "is_fictional", "created_at", "updated_at",
)  # fmt: skip
_ACTION = (
    ("id", "uuid"), INSTRUMENT, "kind", "ex_date", "pay_date", "numerator", "denominator", "amount",
    "currency", ("target", "target__uuid"), "cost_share", "cash_in_lieu", "pays_out", "old_symbol",
    "new_symbol", "source", "created_at", "updated_at",
)  # fmt: skip


def tables_of(user_id: UUID) -> Iterator[PersonalTable]:
    """Tell what a person made: instruments with their prices, rates, watchlists."""
    yield table("own_instruments", Instrument.objects.filter(owner_id=user_id).order_by("id"), _INSTRUMENT)
    spans = SymbolSpan.objects.filter(instrument__owner_id=user_id).order_by("instrument_id", "valid_from")
    yield table("own_symbols", spans, (INSTRUMENT, "symbol", "valid_from", "valid_to"))
    bars = DailyBar.objects.filter(instrument__owner_id=user_id).order_by("instrument_id", "world_id", "date")
    prices = (
        "open", "high", "low", "close", "volume", "source", "adjusted_as_of", "given_open", "given_high",
        "given_low", "given_close", "given_volume",
    )  # fmt: skip
    yield table("own_prices", bars, (INSTRUMENT, ("world", "world__name"), "date", *prices))
    ticks = Tick.objects.filter(instrument__owner_id=user_id).order_by("instrument_id", "at", "seq")
    sizes = ("price", "quantity", "bid", "bid_size", "ask", "ask_size", "open_interest")
    yield table("own_ticks", ticks, (INSTRUMENT, ("world", "world__name"), "at", "seq", *sizes))
    actions = CorporateAction.objects.filter(instrument__owner_id=user_id).order_by("pk")
    yield table("own_corporate_actions", actions, _ACTION)
    rates = FxRate.objects.filter(owner_id=user_id).order_by("world_id", "base", "quote", "date")
    columns = (("world", "world__name"), "base", "quote", "date", "rate", "source")
    yield table("own_rates", rates, columns)
    lists = Watchlist.objects.filter(owner_id=user_id).order_by("position", "pk")
    yield table("watchlists", lists, (("id", "uuid"), "name", "position", "created_at", "updated_at"))
    items = WatchlistItem.objects.filter(watchlist__owner_id=user_id).order_by("watchlist", "position", "pk")
    on_list = (("watchlist", "watchlist__uuid"), INSTRUMENT, "position", "added_at")
    yield table("watchlist_items", items, (*on_list, ("symbol", "instrument__symbol")))

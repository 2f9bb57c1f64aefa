"""Routes of the REST API of the market."""

from __future__ import annotations

from django.urls import path

from market.api import actions, instruments, prices, rates, tickers, ticks, watchlists

ONE = "api/v1/instruments/<uuid:uuid>"
WATCHLIST = "api/v1/watchlists/<uuid:watchlist_id>"

urlpatterns = [
    path("api/v1/instruments", instruments.InstrumentListView.as_view(), name="api-instruments"),
    path(ONE, instruments.InstrumentView.as_view(), name="api-instrument"),
    path(f"{ONE}/bars", prices.BarListView.as_view(), name="api-bars"),
    path(f"{ONE}/corporate-actions", actions.CorporateActionListView.as_view(), name="api-corporate-actions"),
    path(
        "api/v1/corporate-actions/<uuid:uuid>",
        actions.CorporateActionView.as_view(),
        name="api-corporate-action",
    ),
    path("api/v1/ticks", ticks.TickListView.as_view(), name="api-ticks"),
    path("api/v1/tickers", tickers.TickersView.as_view(), name="api-tickers"),
    path("api/v1/tickers/<uuid:tick_id>", tickers.TicksView.as_view(), name="api-ticker-orders"),
    path("api/v1/ohlc", tickers.OhlcView.as_view(), name="api-ohlc"),
    path("api/v1/rates", rates.RateListView.as_view(), name="api-rates"),
    path("api/v1/coins", rates.CoinListView.as_view(), name="api-coins"),
    path("api/v1/exchanges", rates.ExchangeListView.as_view(), name="api-exchanges"),
    path("api/v1/watchlists", watchlists.WatchlistListView.as_view(), name="api-watchlists"),
    path(WATCHLIST, watchlists.WatchlistView.as_view(), name="api-watchlist"),
    path(f"{WATCHLIST}/items", watchlists.WatchlistItemsView.as_view(), name="api-watchlist-items"),
    path(f"{WATCHLIST}/items/<uuid:uuid>", watchlists.WatchlistItemView.as_view(), name="api-watchlist-item"),
]

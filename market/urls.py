"""Addresses of the pages of the market."""

from __future__ import annotations

from datetime import date

from django.urls import include, path, register_converter

from market.views import chart, instrument, listing, logo, overview, own, prices, rates, watchlists


class DayConverter:
    """A date in an address: 2026-11-20."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Read the date; a ValueError means that the address does not match."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Write the date."""
        return value.isoformat()


register_converter(DayConverter, "day")

_ONE = [
    path("", instrument.instrument, name="instrument"),
    path("chart/", chart.instrument_chart, name="instrument-chart"),
    path("bars/", instrument.instrument_bars, name="instrument-bars"),
    path("bars.csv", instrument.instrument_bars_csv, name="instrument-bars-csv"),
    path("bars/<day:day>/delete/", prices.bar_delete, name="instrument-bar-delete"),
    path("logo", logo.instrument_logo, name="instrument-logo"),
    path("prices/", prices.instrument_prices, name="instrument-prices"),
    path("actions/", prices.action_create, name="instrument-action"),
    path("actions/<uuid:action>/delete/", prices.action_delete, name="instrument-action-delete"),
    path("star/", watchlists.instrument_star, name="instrument-star"),
    path("unstar/", watchlists.instrument_unstar, name="instrument-unstar"),
    path("edit/", own.instrument_edit, name="instrument-edit"),
    path("delete/", own.instrument_delete, name="instrument-delete"),
]

_WATCHLIST = [
    path("rename/", watchlists.watchlist_rename, name="watchlist-rename"),
    path("delete/", watchlists.watchlist_delete, name="watchlist-delete"),
    path("add/", watchlists.watchlist_add, name="watchlist-add"),
    path("move/", watchlists.watchlist_move, name="watchlist-move"),
    path("<uuid:uuid>/remove/", watchlists.watchlist_remove, name="watchlist-remove"),
]

urlpatterns = [
    path("market/", listing.market, name="market"),
    path("market/movers/", overview.market_movers, name="market-movers"),
    path("market/watchlists/", watchlists.watchlists, name="watchlists"),
    path("market/watchlists/new/", watchlists.watchlist_create, name="watchlist-create"),
    path("market/watchlists/<uuid:watchlist_id>/", include(_WATCHLIST)),
    path("market/new/", own.instrument_create, name="instrument-create"),
    path("market/rates/", rates.rates, name="rates"),
    path("market/rates/delete/", rates.rate_delete, name="rate-delete"),
    path("market/<uuid:uuid>/", include(_ONE)),
]

"""Instruments, prices, rates and corporate actions."""

from __future__ import annotations

from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "market"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answer the ports for the admin's dashboard, the search box, readiness and personal data."""
        from core import ports
        from core.live.feeds import register
        from market import receivers  # noqa: F401  # subscribes itself
        from market.payloads import PriceFeed
        from market.payloads.tickers import TickerFeed
        from market.selectors import health, panels, personal, search, source_panels, watchlists
        from market.services.erasure import erase_market_data

        register(PriceFeed())
        register(TickerFeed())
        ports.staff_powers.register(self.name, staff_powers)
        ports.admin_panels.register("prices", panels.freshness, needs=["market.view_instrument"])
        ports.admin_panels.register("sources", source_panels.panel, needs=["market.view_pricesource"])
        source_panels.register()
        ports.search.register(self.name, search.find)
        ports.held_instruments.register(self.name, watchlists.watched_instruments)
        ports.health_checks.register("prices", health.check_prices)
        ports.health_checks.register("sources", health.check_sources)
        ports.personal_tables.register(self.name, personal.tables_of)
        ports.personal_erasers.register(self.name, lambda user_id: erase_market_data(user_id=user_id))


def staff_powers() -> dict[str, set[str]]:
    """Tell what roles of staff may do with public market data."""
    from core.roles import StaffRole, keep, see

    reference = see("market", "instrument", "symbolspan", "corporateaction", "exchange", "coin")
    shown = reference | see(
        "market",
        "dailybar",
        "fxrate",
        "priceimport",
        "quote",
        "heldquote",
        "pricesource",
        "sourcesymbol",
        "historycheck",
        "replay",
    )
    kept = keep("market", "instrument", "corporateaction", "pricesource", "sourcesymbol")
    written = {
        f"market.{one}"
        for one in (
            "change_dailybar",
            "change_fxrate",
            "add_priceimport",
            "change_exchange",
            "add_replay",
            "add_tick",
            "change_heldquote",
            "change_replay",
        )
    }
    return {
        StaffRole.SUPPORT: reference,
        StaffRole.MARKET_DATA: shown | kept | written,
        StaffRole.AUDITOR: shown,
    }

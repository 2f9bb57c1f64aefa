"""Instruments, prices, rates and corporate actions."""

from __future__ import annotations

from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "market"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answer the ports for the admin's dashboard, the search box and readiness."""
        from core import ports
        from market.selectors import health, panels, search

        ports.admin_panels.register(self.name, panels.freshness)
        ports.search.register(self.name, search.find)
        ports.health_checks.register("prices", health.check_prices)

"""Instruments, prices, rates and corporate actions."""

from __future__ import annotations

from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "market"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answer the port for the admin's dashboard."""
        from core import ports
        from market.selectors import panels

        ports.admin_panels.register(self.name, panels.freshness)

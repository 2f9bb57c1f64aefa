"""Portfolios, transactions and what they are worth."""

from __future__ import annotations

from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    name = "portfolios"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Subscribe to events and answer the ports of the rooms below."""
        from core import ports
        from portfolios import receivers
        from portfolios.selectors import panels, portfolios, search

        ports.held_instruments.register(receivers.__name__, portfolios.held_instruments)
        ports.instrument_in_use.register(self.name, portfolios.instrument_in_use)
        ports.search.register(self.name, search.find)
        ports.staff_powers.register(self.name, staff_powers)
        ports.admin_panels.register("imports", panels.imports, needs=["portfolios.view_transactionimport"])


def staff_powers() -> dict[str, set[str]]:
    """Tell what roles of staff may see of portfolios; support sees nothing of what is in them."""
    from core.roles import StaffRole, see

    return {
        StaffRole.SUPPORT: see("portfolios", "transactionimport"),
        StaffRole.AUDITOR: see(
            "portfolios",
            "portfolio",
            "portfoliomember",
            "transaction",
            "transactionimport",
            "transactionrevision",
        ),
    }

"""Portfolios, transactions and what they are worth."""

from __future__ import annotations

from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    name = "portfolios"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answer the ports of the rooms below."""
        from core import ports
        from core.live.feeds import register
        from portfolios import receivers  # noqa: F401  # they subscribe themselves
        from portfolios.payloads.live import PortfolioFeed
        from portfolios.selectors import panels, personal, portfolios, search, trades
        from portfolios.services.erasure import erase_portfolios_of

        register(PortfolioFeed())
        ports.held_instruments.register(self.name, portfolios.held_instruments)
        ports.own_trades.register(self.name, trades.own_trades)
        ports.instrument_in_use.register(self.name, portfolios.instrument_in_use)
        ports.search.register(self.name, search.find)
        ports.staff_powers.register(self.name, staff_powers)
        ports.admin_panels.register("imports", panels.imports, needs=["portfolios.view_transactionimport"])
        ports.personal_tables.register(self.name, personal.tables_of)
        ports.personal_erasers.register(self.name, lambda user_id: erase_portfolios_of(user_id=user_id))
        ports.erasure_losses.register(self.name, personal.losses)


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

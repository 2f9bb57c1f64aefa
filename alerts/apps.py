"""Alerts and notifications."""

from __future__ import annotations

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen, and answer the ports of the rooms below."""
        from alerts import receivers  # noqa: F401  # they subscribe themselves
        from alerts.payloads.inbox import NotificationFeed
        from alerts.selectors import alerts, health, panels, personal, search
        from alerts.services.erasure import erase_alerts_of
        from core import ports
        from core.live.feeds import register

        register(NotificationFeed())
        ports.search.register(self.name, search.find)
        ports.personal_tables.register(self.name, personal.tables_of)
        ports.personal_erasers.register(self.name, lambda user_id: erase_alerts_of(user_id=user_id))
        ports.instrument_in_use.register(self.name, alerts.waits_for)
        ports.held_instruments.register(self.name, alerts.watched_instruments)
        ports.admin_panels.register(self.name, panels.panel, needs=["alerts.view_delivery"])
        ports.health_checks.register(self.name, health.check_alerts)
        ports.staff_powers.register(self.name, staff_powers)
        panels.register()


def staff_powers() -> dict[str, set[str]]:
    """Tell what roles of staff may do; support sees that something is there and where it hangs, not what."""
    from core.roles import StaffRole, see

    shown = see("alerts", "alert", "channel", "delivery", "attempt", "notification")
    told = see("alerts", "clause", "trigger", "outbox")
    kept = {"alerts.change_delivery", "alerts.change_channel"}
    return {
        StaffRole.SUPPORT: shown | kept,
        StaffRole.AUDITOR: shown | told,
        StaffRole.ADMIN: shown | told | kept | {"alerts.change_outbox"},
    }

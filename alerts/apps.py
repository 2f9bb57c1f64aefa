"""Alerts and notifications."""

from __future__ import annotations

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen, and answer the ports of the rooms below."""
        from alerts import receivers  # noqa: F401  # they subscribe themselves
        from alerts.selectors import alerts, personal, search
        from alerts.services.erasure import erase_alerts_of
        from core import ports

        ports.search.register(self.name, search.find)
        ports.personal_tables.register(self.name, personal.tables_of)
        ports.personal_erasers.register(self.name, lambda user_id: erase_alerts_of(user_id=user_id))
        ports.instrument_in_use.register(self.name, alerts.waits_for)
        ports.held_instruments.register(self.name, alerts.watched_instruments)

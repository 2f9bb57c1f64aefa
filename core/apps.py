"""The ground floor as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and the health checks of the platform itself."""
        from core import checks, health

        checks.register()
        health.register()

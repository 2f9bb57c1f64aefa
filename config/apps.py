"""The roof: composes the apps and holds the commands of the whole platform."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Write the schedule after migrations, once the scheduler's tables are there."""
        from config.schedule import install

        post_migrate.connect(install, sender=self, dispatch_uid="config.schedule")

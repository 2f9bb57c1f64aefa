"""The roof: composes the apps and holds the commands of the whole platform."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Write the schedule after migrations, once the scheduler's tables are there."""
        from core.ports import staff_powers

        # Django sends the signal for apps that have models, which this one has not.
        scheduler = apps.get_app_config("django_celery_beat")
        post_migrate.connect(_install_schedule, sender=scheduler, dispatch_uid="config.schedule")
        staff_powers.register(self.name, powers_of_staff)


def _install_schedule(plan: object = None, **_kwargs: Any) -> None:
    """Install it after migrating; emptying the tables of a test sends the same signal, without a plan."""
    from config.schedule import install

    if plan is not None:
        install()


def powers_of_staff() -> dict[str, set[str]]:
    """Tell which roles of staff keep the schedule, and who sees what became of its jobs."""
    from core.roles import StaffRole, keep, see

    jobs = see("core", "jobrun")
    return {
        StaffRole.ADMIN: jobs | keep("django_celery_beat", "periodictask"),
        StaffRole.AUDITOR: jobs | see("django_celery_beat", "periodictask"),
    }

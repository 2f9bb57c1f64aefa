"""The roof: composes the apps and holds the commands of the whole platform."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Write the schedule after migrations, once the scheduler's tables are there."""
        from config.schedule import install
        from core.ports import staff_powers

        post_migrate.connect(install, sender=self, dispatch_uid="config.schedule")
        staff_powers.register(self.name, powers_of_staff)


def powers_of_staff() -> dict[str, set[str]]:
    """Tell which roles of staff keep the schedule, and who sees what became of its jobs."""
    from core.roles import StaffRole, keep, see

    jobs = see("core", "jobrun")
    return {
        StaffRole.ADMIN: jobs | keep("django_celery_beat", "periodictask"),
        StaffRole.AUDITOR: jobs | see("django_celery_beat", "periodictask"),
    }

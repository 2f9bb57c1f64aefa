"""The ground floor as a Django app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.management.color import no_style
from django.db import connection
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register checks and fields, listen to tasks, report errors; make the live world with the tables."""
        from core import checks, health, jobs, panels, personal, rotation, sentry, tasklog

        checks.register()
        health.register()
        rotation.register()
        personal.register()
        tasklog.install()
        jobs.install()
        panels.register()
        sentry.install()
        post_migrate.connect(make_live_world, sender=self, dispatch_uid="core.live_world")


def make_live_world(**_kwargs: Any) -> None:
    """Make the one live world, which every price and portfolio names unless told otherwise."""
    from core.models import LIVE_WORLD, World

    _, made = World.objects.get_or_create(pk=LIVE_WORLD, defaults={"kind": World.Kind.LIVE, "name": "Live"})
    if made:
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [World]):
                cursor.execute(statement)

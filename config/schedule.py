"""What runs when: the periodic tasks of all apps, as rows of the scheduler.

Staff may change a time or switch a task off in the admin, and a restart keeps their choice:
only what is missing is added.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from celery.schedules import crontab
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from accounts.tasks import SCHEDULE as PEOPLE
from alerts.tasks import SCHEDULE as ALERTS
from core.tasks import SCHEDULE as CORE
from market.tasks import SCHEDULE as MARKET
from portfolios.tasks import SCHEDULE as PORTFOLIOS

SCHEDULE: dict[str, crontab | timedelta] = {**CORE, **PEOPLE, **MARKET, **PORTFOLIOS, **ALERTS}


def install(**_kwargs: Any) -> None:
    """Add the periodic tasks that the database lacks; runs after every migration."""
    known = set(PeriodicTask.objects.filter(name__in=SCHEDULE).values_list("name", flat=True))
    for name, when in SCHEDULE.items():
        if name not in known:
            PeriodicTask.objects.create(name=name, task=name, **_when(when))


def _when(when: crontab | timedelta) -> dict[str, Any]:
    if isinstance(when, timedelta):
        seconds = int(when.total_seconds())
        row, _made = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
        # a worker that was away finds one call, not one for every interval
        return {"interval": row, "expire_seconds": seconds}
    return {"crontab": _row(when)}


def _row(when: crontab) -> CrontabSchedule:
    row: CrontabSchedule = CrontabSchedule.from_schedule(when)
    row.timezone = ZoneInfo("UTC")
    if row.pk is None:
        row.save()
    return row

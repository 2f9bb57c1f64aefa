"""The schedule of background tasks, as staff keep it: what may run, when, and who changed it why."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from celery import current_app
from celery.schedules import ParseException, crontab
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from core import audit
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed

POWER = "django_celery_beat.change_periodictask"
FIELDS_OF_CRONTAB = 5
LONGEST_NAME = 200
SHORTEST = {"seconds": 10}
PERIODS = ("seconds", "minutes", "hours", "days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When a task runs: `when` in the five fields of cron (UTC), or `every` so many of `period`."""

    name: str
    task: str
    enabled: bool = True
    when: str = ""
    every: int | None = None
    period: str = ""
    description: str = ""


def choosable() -> list[str]:
    """Name the tasks that may be scheduled: ours, those that need nothing told."""
    current_app.loader.import_default_modules()
    own = {name: task for name, task in current_app.tasks.items() if not name.startswith("celery.")}
    return sorted(name for name, task in own.items() if _needs_nothing(task))


def _needs_nothing(task: Any) -> bool:
    parameters = inspect.signature(task.run).parameters.values()
    return all(
        one.default is not one.empty or one.kind in {one.VAR_POSITIONAL, one.VAR_KEYWORD}
        for one in parameters
    )


@transaction.atomic
def save_task(*, actor: Actor, task_id: int | None, plan: Plan, reason: str) -> PeriodicTask:
    """Put a task on the schedule, or change how it runs.

    Raises:
        Forbidden: the actor may not keep the schedule.
        NotFound: there is no such task.
        ValidationFailed: a value is wrong; names the field.
        Conflict: another task has the name.
    """
    _require(actor)
    row = _locked(task_id) if task_id is not None else PeriodicTask()
    before = _shown(row) if task_id is not None else None
    if plan.task not in {*choosable(), row.task}:
        raise ValidationFailed.of("task", _("This is no task of the platform that can be scheduled."))
    row.name, row.task = _name(plan.name, row), plan.task
    row.enabled, row.description = plan.enabled, plan.description
    row.crontab, row.interval = _schedule(plan)
    row.solar = row.clocked = None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(_("Another task is called so.")) from error
    _note(actor, "schedule.changed" if before else "schedule.added", row, reason, before, _shown(row))
    return row


@transaction.atomic
def switch_task(*, actor: Actor, task_id: int, on: bool, reason: str) -> None:
    """Switch a task on or off; off, it runs no more until somebody switches it on.

    Raises:
        Forbidden: the actor may not keep the schedule.
        NotFound: there is no such task.
        Conflict: it is so already.
    """
    _require(actor)
    row = _locked(task_id)
    if row.enabled == on:
        raise Conflict(_("It is on already.") if on else _("It is off already."))
    row.enabled = on
    if on:
        row.last_run_at = None  # it does not catch up on what it missed
    row.save()
    _note(actor, "schedule.switched_on" if on else "schedule.switched_off", row, reason)


@transaction.atomic
def run_task(*, actor: Actor, task_id: int, reason: str) -> None:
    """Send a task to a worker now, once, besides its schedule.

    Raises:
        Forbidden: the actor may not keep the schedule.
        NotFound: there is no such task, or the platform has no such code any more.
    """
    _require(actor)
    row = _locked(task_id)
    current_app.loader.import_default_modules()
    task = current_app.tasks.get(row.task)
    if task is None:
        raise NotFound(_("The platform has no task %(task)s.") % {"task": row.task})
    _note(actor, "schedule.run_by_hand", row, reason)
    headers = {"periodic_task_name": row.name}
    transaction.on_commit(lambda: task.apply_async(headers=headers))


@transaction.atomic
def delete_task(*, actor: Actor, task_id: int, reason: str) -> None:
    """Take a task off the schedule. One that is the platform's own comes back when it next migrates.

    Raises:
        Forbidden: the actor may not keep the schedule.
        NotFound: there is no such task.
    """
    _require(actor)
    row = _locked(task_id)
    _note(actor, "schedule.deleted", row, reason, _shown(row))
    row.delete()
    PeriodicTasks.update_changed()


def words_of(row: PeriodicTask) -> str:
    """Tell when a task runs, in the words of cron or as an interval."""
    if row.crontab is not None:
        one = row.crontab
        return f"{one.minute} {one.hour} {one.day_of_month} {one.month_of_year} {one.day_of_week}"
    return str(row.interval or "")


def _require(actor: Actor) -> None:
    if not actor.may(POWER):
        raise Forbidden(_("You may not keep the schedule."))


def _locked(task_id: int) -> PeriodicTask:
    row = PeriodicTask.objects.select_for_update().filter(pk=task_id).first()
    if row is None:
        raise NotFound(_("There is no such task."))
    return row


def _name(text: str, row: PeriodicTask) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME:
        raise ValidationFailed.of("name", _("Give it a name of at most 200 characters."))
    if PeriodicTask.objects.filter(name=name).exclude(pk=row.pk).exists():
        raise Conflict(_("Another task is called so."))
    return name


def _schedule(plan: Plan) -> tuple[CrontabSchedule | None, IntervalSchedule | None]:
    if bool(plan.when.strip()) == bool(plan.every):
        raise ValidationFailed.of("when", _("Say either when it runs, or how often."))
    return (_crontab(plan.when), None) if plan.when.strip() else (None, _interval(plan))


def _crontab(text: str) -> CrontabSchedule:
    parts = text.split()
    if len(parts) != FIELDS_OF_CRONTAB:
        raise ValidationFailed.of("when", _("Cron has five fields: minute, hour, day, month, weekday."))
    minute, hour, day_of_month, month_of_year, day_of_week = parts
    given = {
        "minute": minute, "hour": hour, "day_of_month": day_of_month, "month_of_year": month_of_year,
        "day_of_week": day_of_week,
    }  # fmt: skip
    try:
        crontab(**given)
    except (ParseException, ValueError) as error:
        raise ValidationFailed.of("when", _("Cron does not know this: %(why)s") % {"why": error}) from error
    found, _made = CrontabSchedule.objects.get_or_create(**given, timezone=ZoneInfo("UTC"))
    return found


def _interval(plan: Plan) -> IntervalSchedule:
    if plan.period not in PERIODS:
        raise ValidationFailed.of("period", _("Choose seconds, minutes, hours or days."))
    every = plan.every or 0
    if every < SHORTEST.get(plan.period, 1):
        raise ValidationFailed.of("every", _("Not more often than every 10 seconds."))
    found, _made = IntervalSchedule.objects.get_or_create(every=every, period=plan.period)
    return found


def _shown(row: PeriodicTask) -> dict[str, Any]:
    return {"task": row.task, "when": words_of(row), "enabled": row.enabled}


def _note(actor: Actor, verb: str, row: PeriodicTask, reason: str, *states: dict[str, Any] | None) -> None:
    """Write it down, with what was before and what is now where the two differ."""
    before, after = (*states, None, None)[:2]
    audit.record(
        actor=actor,
        verb=verb,
        object_type="periodic_task",
        object_id=row.pk,
        before=before,
        after=after or {"name": row.name},
        reason=reason,
    )

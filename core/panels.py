"""What the dashboard tells of the ground floor: jobs, queues and the database."""

from __future__ import annotations

import threading
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask
from kombu.exceptions import ChannelError, OperationalError
from redis.exceptions import RedisError

from core import beat, clock
from core.models import JobRun
from core.ports import Panel, PanelRow, admin_panels

LATE_AFTER = timedelta(minutes=10)
LONG_QUEUE = 1000
LARGEST = 4
CROWDED = 0.8
LONG_TRANSACTION = timedelta(minutes=10)
_LEADS = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (classid::bigint << 32) | objid::bigint = %s
"""
_LARGEST = """
SELECT c.relname, pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = current_schema()
ORDER BY c.relpages DESC LIMIT %s
"""
_ACTIVITY = """
SELECT count(*), current_setting('max_connections')::int,
       coalesce(extract(epoch FROM now() - min(xact_start)), 0)::float8
FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
"""


def register() -> None:
    """Answer the dashboard's port."""
    admin_panels.register("jobs", jobs, needs=["core.view_jobrun", "django_celery_beat.view_periodictask"])
    admin_panels.register("queues", queues, needs=["core.view_jobrun"])
    admin_panels.register("database", database, needs=["core.view_jobrun"])


def jobs() -> Panel:
    """Tell of each job of the schedule that failed or is late, and how the others did."""
    runs = JobRun.objects.in_bulk()
    tasks = list(PeriodicTask.objects.filter(enabled=True).select_related("crontab", "interval"))
    failed = [name for name, run in runs.items() if run.state == JobRun.State.FAILED]
    late = [task for task in tasks if _is_late(task)]
    rows = [
        PanelRow(_short(name), _failure(runs[name]), "bad", reverse("admin:core_jobrun_change", args=[name]))
        for name in failed
    ]
    rows += [PanelRow(_short(one.name), _overdue(one), "warn", _task_url(one)) for one in late]
    listing = reverse("admin:core_jobrun_changelist")
    done = [run for run in runs.values() if run.state == JobRun.State.DONE]
    rows.append(PanelRow(_("Done when last run"), f"{len(done)} / {len(runs)}", url=listing))
    off = PeriodicTask.objects.filter(enabled=False).count()
    schedule = reverse("admin:django_celery_beat_periodictask_changelist")
    state = "warn" if off else "good"
    rows.append(PanelRow(_("Switched off"), str(off), state, f"{schedule}?enabled__exact=0"))
    return Panel(str(_("Jobs")), rows)


def _is_late(task: PeriodicTask) -> bool:
    if task.last_run_at is None:
        return False
    return bool(task.schedule.remaining_estimate(task.last_run_at) < -LATE_AFTER)


def _overdue(task: PeriodicTask) -> str:
    return _("late; last sent %(time)s ago") % {"time": timesince(task.last_run_at, depth=1)}


def _failure(run: JobRun) -> str:
    ago = timesince(run.failed_at, depth=1) if run.failed_at else ""
    return _("failed %(time)s ago") % {"time": ago}


def _task_url(task: PeriodicTask) -> str:
    return reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])


def _short(name: str) -> str:
    """Name a task as people say it: ``accounts.tasks.purge_sessions`` is accounts: purge sessions."""
    app, _dot, last = name.partition(".tasks.")
    return f"{app}: {last.replace('_', ' ')}" if last else name


def queues() -> Panel:
    """Tell whether the schedule runs, and how much work waits."""
    with connection.cursor() as cursor:
        cursor.execute(_LEADS, [beat.LOCK_KEY])
        leads = cursor.fetchone()[0] > 0
    rows = [
        PanelRow(_("The schedule"), _("runs") if leads else _("runs nowhere"), "good" if leads else "bad"),
        *_waiting(),
    ]
    last = JobRun.objects.aggregate(last=Max("finished_at"))["last"]
    if last is not None:
        ago = _("%(time)s ago") % {"time": timesince(last, depth=1)}
        rows.append(PanelRow(_("Last job ended"), ago, url=reverse("admin:core_jobrun_changelist")))
    return Panel(str(_("Queues")), rows)


def _waiting() -> list[PanelRow]:
    """Measure the queue: in Redis for all workers, in one process by that process's own memory."""
    from celery import current_app

    name = current_app.conf.task_default_queue
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
            length = _length(broker, name)
    except (OperationalError, RedisError, OSError) as error:
        return [PanelRow(_("The broker"), type(error).__name__, "bad")]
    state = "warn" if length > LONG_QUEUE else "good"
    rows = [PanelRow(_("Waiting in “%(queue)s”") % {"queue": name}, f"{length}", state)]
    if not settings.REDIS_URL:
        works = any(one.name == "worker" for one in threading.enumerate())
        words = _("a thread of this process") if works else _("not in this process")
        rows.append(PanelRow(_("The worker"), words, "good" if works else "warn"))
    return rows


def _length(broker: object, name: str) -> int:
    try:
        answer = broker.default_channel.queue_declare(name, passive=True)  # type: ignore[attr-defined]
    except ChannelError:  # a queue that holds nothing is not there
        return 0
    return int(answer.message_count)


def database() -> Panel:
    """Tell how large the database is, which tables are the largest, and who keeps it busy."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
        cursor.execute(_ACTIVITY)
        used, most, oldest = cursor.fetchone()
        cursor.execute(_LARGEST, [LARGEST])
        tables = cursor.fetchall()
    long = timedelta(seconds=oldest) > LONG_TRANSACTION
    rows = [
        PanelRow(_("Size"), filesizeformat(size)),
        PanelRow(_("Connections"), f"{used} / {most}", "warn" if used > most * CROWDED else "good"),
        PanelRow(
            _("Oldest transaction"), timesince(clock.now() - timedelta(seconds=oldest), depth=1),
            "warn" if long else "good",
        ),
    ]  # fmt: skip
    for name, bytes_, about in tables:
        words = _("%(size)s, %(rows)s rows") % {"size": filesizeformat(bytes_), "rows": f"{about:,}"}
        rows.append(PanelRow(name, words))
    return Panel(str(_("Database")), rows)

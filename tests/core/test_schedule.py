"""The schedule of tasks: kept by staff who may, validated, audited, and only with tasks of the platform."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from config import schedule as platform_schedule
from core import schedule
from core.actor import Actor
from core.adminsite import FlorinAdminSite
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.models import AuditEvent

pytestmark = pytest.mark.django_db
TASK = "core.tasks.purge_idempotency_keys"
SYSTEM = Actor.system("test")
NOBODY = Actor(user_id=None, label="user:x", is_staff=True)


def plan(**values) -> schedule.Plan:
    given = {"name": "Mine", "task": TASK, "when": "17 3 * * *", **values}
    return schedule.Plan(**given)


def save(**values) -> PeriodicTask:
    return schedule.save_task(actor=SYSTEM, task_id=None, plan=plan(**values), reason="needed")


@pytest.fixture
def staff(django_user_model) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("sam@example.org", "pw"))
    return client


def test_task_is_put_on_the_schedule_with_its_reason():
    row = save()
    assert (row.task, schedule.words_of(row), str(row.crontab.timezone)) == (TASK, "17 3 * * *", "UTC")
    event = AuditEvent.objects.get(verb="schedule.added")
    assert (event.object_id, event.reason) == (str(row.pk), "needed")
    assert event.after == {"task": TASK, "when": "17 3 * * *", "enabled": True}


def test_change_keeps_what_was_before():
    row = save()
    schedule.save_task(
        actor=SYSTEM, task_id=row.pk, plan=plan(when="", every=5, period="minutes"), reason="oftener"
    )
    row.refresh_from_db()
    assert (row.crontab, row.interval.every, row.interval.period) == (None, 5, "minutes")
    event = AuditEvent.objects.get(verb="schedule.changed")
    assert (event.before["when"], event.after["when"]) == ("17 3 * * *", "every 5 minutes")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"task": "os.system"}, "task"),
        ({"task": "celery.backend_cleanup"}, "task"),
        ({"name": " "}, "name"),
        ({"when": "17 3 * *"}, "when"),
        ({"when": "99 3 * * *"}, "when"),
        ({"when": "a b c d e"}, "when"),
        ({"when": ""}, "when"),
        ({"every": 5, "period": "minutes"}, "when"),
        ({"when": "", "every": 5, "period": "microseconds"}, "period"),
        ({"when": "", "every": 1, "period": "seconds"}, "every"),
    ],
)
def test_wrong_value_is_named_at_its_field(values, field):
    with pytest.raises(ValidationFailed) as refused:
        save(**values)
    assert [one.field for one in refused.value.errors] == [field]
    assert not PeriodicTask.objects.filter(name__in=["Mine", " "]).exists()


def test_name_is_had_once():
    save()
    with pytest.raises(Conflict):
        save()


def test_schedules_are_shared_and_not_doubled():
    before = IntervalSchedule.objects.count()
    save()
    save(name="Other")
    assert CrontabSchedule.objects.filter(minute="17", hour="3").count() == 1
    assert IntervalSchedule.objects.count() == before


def test_who_may_not_keep_the_schedule_changes_nothing():
    row = save()
    for work in (
        lambda: schedule.save_task(actor=NOBODY, task_id=row.pk, plan=plan(), reason="x"),
        lambda: schedule.switch_task(actor=NOBODY, task_id=row.pk, on=False, reason="x"),
        lambda: schedule.run_task(actor=NOBODY, task_id=row.pk, reason="x"),
        lambda: schedule.delete_task(actor=NOBODY, task_id=row.pk, reason="x"),
    ):
        with pytest.raises(Forbidden):
            work()
    assert PeriodicTask.objects.get(pk=row.pk).enabled


def test_switch_works_once_each_way():
    row = save()
    schedule.switch_task(actor=SYSTEM, task_id=row.pk, on=False, reason="noisy")
    assert not PeriodicTask.objects.get(pk=row.pk).enabled
    with pytest.raises(Conflict):
        schedule.switch_task(actor=SYSTEM, task_id=row.pk, on=False, reason="noisy")
    schedule.switch_task(actor=SYSTEM, task_id=row.pk, on=True, reason="mended")
    assert PeriodicTask.objects.get(pk=row.pk).enabled
    assert AuditEvent.objects.get(verb="schedule.switched_off").reason == "noisy"


def test_run_now_sends_the_task_once_it_is_audited(monkeypatch, django_capture_on_commit_callbacks):
    from celery import current_app

    row, sent = save(), []
    monkeypatch.setattr(
        current_app.tasks[TASK], "apply_async", lambda **options: sent.append(options["headers"])
    )
    with django_capture_on_commit_callbacks(execute=True):
        schedule.run_task(actor=SYSTEM, task_id=row.pk, reason="now")
    assert sent == [{"periodic_task_name": "Mine"}]
    assert AuditEvent.objects.filter(verb="schedule.run_by_hand").count() == 1


def test_task_whose_code_is_gone_cannot_run():
    row = PeriodicTask.objects.create(
        name="old", task="gone.tasks.old", crontab=CrontabSchedule.objects.create()
    )
    with pytest.raises(NotFound):
        schedule.run_task(actor=SYSTEM, task_id=row.pk, reason="now")


def test_tasks_that_must_be_told_something_are_not_chosen():
    names = schedule.choosable()
    assert TASK in names
    assert [name for name in names if name.startswith("celery.")] == []


def test_admin_changes_a_task_by_its_form(staff):
    row = save()
    url = reverse("admin:django_celery_beat_periodictask_change", args=[row.pk])
    page = staff.get(url)
    assert page.context["adminform"].form["when"].value() == "17 3 * * *"
    body = {"name": "Mine", "task": TASK, "enabled": "on", "when": "5 4 * * 1", "every": "", "period": ""}
    refused = staff.post(url, body)
    assert refused.context["adminform"].form.errors.keys() == {"reason"}
    assert staff.post(url, {**body, "reason": "quieter"}).status_code == 302
    row.refresh_from_db()
    assert schedule.words_of(row) == "5 4 * * 1"
    assert AuditEvent.objects.get(verb="schedule.changed").reason == "quieter"


def test_admin_puts_a_task_on_the_schedule(staff):
    body = {"name": "x", "task": TASK, "enabled": "on", "every": "5", "period": "hours", "reason": "new"}
    assert staff.post(reverse("admin:django_celery_beat_periodictask_add"), body).status_code == 302
    assert str(PeriodicTask.objects.get(name="x").interval) == "every 5 hours"


def test_admin_refuses_a_task_that_is_not_ours(staff):
    body = {"name": "x", "task": "os.system", "enabled": "on", "when": "5 4 * * 1", "reason": "x"}
    page = staff.post(reverse("admin:django_celery_beat_periodictask_add"), body)
    assert page.context["adminform"].form.errors.keys() == {"task"}
    assert not PeriodicTask.objects.filter(name="x").exists()


@pytest.mark.parametrize(
    ("action", "verb"),
    [
        ("switch_off", "schedule.switched_off"),
        ("run", "schedule.run_by_hand"),
        ("take_off", "schedule.deleted"),
    ],
)
def test_admin_acts_on_a_task_with_a_reason(staff, action, verb):
    row = save()
    body = {"action": action, "_selected_action": [row.pk], "confirmed": "yes", "reason": "because"}
    staff.post(reverse("admin:django_celery_beat_periodictask_changelist"), body)
    assert AuditEvent.objects.get(verb=verb).reason == "because"


def test_packages_bring_no_pages_for_what_is_hidden():
    from django.contrib import admin

    assert isinstance(admin.site, FlorinAdminSite)
    assert not admin.site.is_registered(SolarSchedule)
    assert not admin.site.is_registered(CrontabSchedule)
    assert type(admin.site._registry[PeriodicTask]).__module__ == "core.admin.schedule"


def test_migrating_puts_what_is_missing_on_the_schedule_and_keeps_what_staff_changed():
    PeriodicTask.objects.all().delete()
    call_command("migrate", "django_celery_beat", verbosity=0)
    names = set(PeriodicTask.objects.values_list("name", flat=True))
    assert names == set(platform_schedule.SCHEDULE)
    PeriodicTask.objects.filter(name=TASK).update(enabled=False)
    call_command("migrate", "django_celery_beat", verbosity=0)
    assert PeriodicTask.objects.get(name=TASK).enabled is False
    assert PeriodicTask.objects.count() == len(names)

"""The dashboard: who sees which panel, what needs somebody, and that one failure stays one."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from config import schedule
from core import audit, clock, panels
from core.actor import Actor
from core.adminsite import charts
from core.adminsite.panels import gather
from core.beat import BeatLock
from core.models import JobRun
from core.ports import Columns, Panel, PanelRow, admin_panels

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(django_user_model):
    return django_user_model.objects.create_superuser("sam@example.org", "correct horse battery")


@pytest.fixture
def staff(boss) -> Client:
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture
def only(monkeypatch):
    """Have only the panels of this test."""
    monkeypatch.setattr(admin_panels, "_providers", {})
    monkeypatch.setattr(admin_panels, "_needs", {})
    return admin_panels


def job(name: str, state: str = "done", **values) -> JobRun:
    now = clock.now()
    given = {"state": state, "started_at": now, "finished_at": now, "milliseconds": 5, **values}
    return JobRun.objects.create(name=name, **given)


def states(panel: Panel) -> dict[str, str]:
    return {str(row.label): row.state for row in panel.rows}


def test_panel_that_fails_says_so_and_the_others_stand(only, staff):
    only.register("broken", lambda: connection.cursor().execute("SELECT nothing FROM nowhere"))
    only.register("whole", lambda: Panel("Whole", [PanelRow("Rows", "7")]))
    page = staff.get(reverse("admin:index"))
    assert page.status_code == 200
    shown = page.context["dashboard"].panels
    assert [(one.title, one.state) for one in shown] == [("broken", "failed"), ("Whole", "good")]
    assert "could not be read" in page.content.decode()


def test_panel_that_takes_too_long_is_ended(only, boss, monkeypatch):
    monkeypatch.setattr("core.adminsite.panels.MILLISECONDS", 50)
    only.register("slow", lambda: connection.cursor().execute("SELECT pg_sleep(20)"))
    assert [one.state for one in gather(boss).panels] == ["failed"]
    assert type(boss).objects.count() == 1  # the connection is still of use


def test_what_matters_comes_worst_first_and_parts_are_left_out(only, boss):
    rows = [PanelRow("a", "1", "warn"), PanelRow("b", "2"), PanelRow("c", "3", "bad")]
    only.register("one", lambda: Panel("One", [*rows, PanelRow("d", "4", "bad", is_part=True)]))
    found = gather(boss)
    assert [row.label for _panel, row in found.matters] == ["c", "a"]
    assert found.panels[0].state == "bad"


def test_panel_is_for_who_may_see_what_stands_behind_it(only, django_user_model):
    only.register("people", lambda: Panel("People"), needs=["accounts.view_user"])
    only.register("jobs", lambda: Panel("Jobs"), needs=["core.view_jobrun"])
    helper = django_user_model.objects.create_user("hal@example.org", "pw", is_staff=True)
    assert gather(helper).panels == []
    helper.user_permissions.add(Permission.objects.get(codename="view_user"))
    helper = django_user_model.objects.get(pk=helper.pk)
    assert [one.title for one in gather(helper).panels] == ["People"]


def test_every_panel_names_what_it_needs():
    for name in admin_panels.names():
        assert admin_panels.needs(name), name


def test_dashboard_costs_the_same_for_many_rows(staff, django_user_model):
    def grow(count: int) -> int:
        for _ in range(count):
            user = django_user_model.objects.create_user(f"{uuid4()}@example.org", "pw")
            audit.record(actor=Actor.user(user), verb="x.done", object_type="x", object_id="1")
            job(f"x.tasks.{uuid4().hex}", "failed", failed_at=clock.now())
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse("admin:index"))
        return len(queries)

    grow(1)
    first = grow(1)
    assert grow(10) == first
    assert first <= 62


def test_jobs_panel_names_the_failed_the_late_and_the_switched_off(db):
    schedule.install()
    PeriodicTask.objects.update(last_run_at=clock.now())
    job("market.tasks.fetch_prices", "failed", failed_at=clock.now() - timedelta(hours=2))
    job("market.tasks.other")
    late = PeriodicTask.objects.get(name="accounts.tasks.purge_refresh_tokens")
    PeriodicTask.objects.filter(pk=late.pk).update(last_run_at=clock.now() - timedelta(days=3))
    PeriodicTask.objects.filter(name__endswith="purge_sessions").update(enabled=False)
    rows = panels.jobs().rows
    told = [(row.label, row.value.replace("\xa0", " "), row.state) for row in rows]
    assert told == [
        ("market: fetch prices", "failed 2 hours ago", "bad"),
        ("accounts: purge refresh tokens", "late; last sent 3 days ago", "warn"),
        ("Done when last run", "1 / 2", "good"),
        ("Switched off", "1", "warn"),
    ]


@pytest.mark.django_db(transaction=True)
def test_queues_panel_knows_whether_the_schedule_runs():
    assert states(panels.queues())["The schedule"] == "bad"
    lock = BeatLock()
    assert lock.held()
    try:
        assert states(panels.queues())["The schedule"] == "good"
    finally:
        lock.release()


@pytest.mark.redis
def test_queues_panel_measures_the_queue_in_redis(redis_url, settings, monkeypatch):
    from celery import Celery

    app = Celery("measured", broker=redis_url, set_as_current=False)
    monkeypatch.setattr("celery.current_app", app)
    settings.REDIS_URL = redis_url
    waiting = next(row for row in panels.queues().rows if "Waiting" in row.label)
    assert waiting.value == "0"
    for _ in range(3):
        app.send_task("nobody.does.this")
    waiting = next(row for row in panels.queues().rows if "Waiting" in row.label)
    assert waiting.value == "3"
    app.control.purge()


def test_queues_panel_says_that_the_broker_is_gone(settings, monkeypatch):
    from celery import Celery

    monkeypatch.setattr("celery.current_app", Celery(broker="redis://127.0.0.1:1/0", set_as_current=False))
    assert states(panels.queues())["The broker"] == "bad"


def test_database_panel_tells_sizes_and_connections():
    labels = [row.label for row in panels.database().rows]
    assert labels[:3] == ["Size", "Connections", "Oldest transaction"]
    assert len(labels) == 3 + panels.LARGEST


def test_columns_are_read_as_a_sentence():
    chart = Columns("Sign-ups", [("Nov 26", 2), ("Nov 27", 9), ("Nov 28", 1)])
    assert charts.words(chart) == "Sign-ups: 12, most on Nov 27 (9); on Nov 28 1"
    assert charts.words(Columns("Sign-ups", [("a", 0), ("b", 0)])) == "Sign-ups: none from a to b"


def test_columns_draw_a_bar_a_count_and_escape_their_words():
    drawn = charts.columns(Columns("<b>", [("a", 0), ("b", 1000), ("c", 1)]))
    assert drawn.count('class="column"') == 3
    assert [drawn.count(f'height="{height}"') for height in (charts.HEIGHT, charts.LEAST)] == [1 + 3, 1]
    assert "<b>" not in drawn
    assert "style=" not in drawn
    assert charts.columns(Columns("x")) == ""

"""Mail to the admins: about each error once, cleaned, bounded in an hour, never in the way."""

from __future__ import annotations

import logging

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client

from core.adminmail import AdminMailHandler

pytestmark = pytest.mark.django_db
NOON = "2026-03-02T12:00:10Z"


@pytest.fixture(autouse=True)
def _admins(settings):
    cache.clear()
    settings.ADMINS = [("", "ops@example.org")]
    settings.ROOT_URLCONF = "tests.core.sample_urls"


def fail(**headers: str) -> None:
    answer = Client(raise_request_exception=False).post(
        "/api/test/secretive?token=t0kens3cret",
        {"email": "grace@example.org", "password": "passw0rds3cret"},
        content_type="application/json",
        headers={"Authorization": "Bearer b3arers3cret", "Cookie": "sessionid=s3ss10ns3cret", **headers},
    )
    assert answer.status_code == 500


def test_error_is_mailed_with_where_and_what_and_without_secrets():
    fail(**{"X-Request-Id": "the-request-1"})
    (one,) = mail.outbox
    assert one.recipients() == ["ops@example.org"]
    assert one.subject.endswith("RuntimeError in test-secretive")
    assert "Request: POST test-secretive" in one.body
    assert "Request id: the-request-1" in one.body
    assert "fail_with_secrets" in one.body
    assert "RuntimeError: the mail to [removed] failed" in one.body
    text = one.message().as_string()
    assert [word for word in ("s3cret", "grace@example.org", "passw0rd", "b3arer") if word in text] == []


@time_machine.travel(NOON, tick=False)
def test_storm_of_errors_is_bounded_and_the_last_mail_says_so(settings):
    settings.ADMIN_EMAILS_PER_HOUR = 3
    for _ in range(20):
        fail()
    assert len(mail.outbox) == 3
    assert [("last one of this hour" in one.body) for one in mail.outbox] == [False, False, True]
    with time_machine.travel("2026-03-02T13:00:10Z", tick=False):
        fail()
    assert len(mail.outbox) == 4


def test_nobody_is_mailed_where_nobody_is_named(settings):
    settings.ADMINS = []
    fail()
    assert mail.outbox == []


@pytest.mark.parametrize("status", ["missing", "conflict"])
def test_what_is_no_error_of_ours_is_not_mailed(status):
    Client().get(f"/api/test/raise/{status}")
    Client().get("/nowhere")
    Client().post("/accounts/login/", {"login": "x", "password": "y"})
    assert mail.outbox == []


def test_mail_server_that_is_down_changes_no_answer(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    fail()


def test_subject_is_one_line_and_short():
    record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "a\nBcc: b@example.org " + "x" * 500, (), None)
    AdminMailHandler().emit(record)
    (one,) = mail.outbox
    assert "\n" not in one.subject
    assert len(one.subject) < 150
    assert "b@example.org" not in one.message().as_string()

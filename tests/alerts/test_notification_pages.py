"""The bell and the notification centre: the reader's own, marked by POST, filtered, and one query a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from alerts.models import Notification
from alerts.selectors.notifications import bell_of
from alerts.services.notifications import notify
from core import clock

pytestmark = pytest.mark.django_db
LIST, LATEST, READ = (reverse(f"notification-{name}") for name in ("list", "latest", "read"))


@pytest.fixture
def browser(ida) -> Client:
    client = Client()
    client.force_login(ida)
    return client


def tell(user: Any, *names: str) -> list[int]:
    for name in names:
        data = {"channel": name, "reason": "it is gone"}
        notify(users=[user.pk], kind=Notification.Kind.CHANNEL, event="channel_stopped", data=data)
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("pk", flat=True))


def page(browser: Client, address: str, **headers: str) -> str:
    return browser.get(address, headers=headers).content.decode()


def test_centre_shows_what_the_reader_was_told_and_nobody_else(browser, ida, django_user_model):
    bob = django_user_model.objects.create_user("bob@example.org", "x")
    tell(ida, "<i>mine</i>")
    tell(bob, "his")
    shown = page(browser, LIST)
    assert "&lt;i&gt;mine&lt;/i&gt;" in shown
    assert "<i>mine" not in shown
    assert "his" not in page(browser, LATEST)


def test_filters_and_pieces(browser, ida):
    first, _second = tell(ida, "one", "two")
    notify(users=[ida.pk], kind=Notification.Kind.SECURITY, event="password_changed", data={})
    browser.post(READ, {"id": first})
    assert "Notifications no longer go to one" not in page(browser, f"{LIST}?unread=1")
    assert "Notifications no longer go to two" in page(browser, f"{LIST}?unread=1&kind=channel")
    assert "Your password was changed" not in page(browser, f"{LIST}?kind=channel")
    assert "Nothing of this kind yet" in page(browser, f"{LIST}?kind=import")
    piece = page(browser, LIST, hx_request="true")
    assert piece.lstrip().startswith('<div id="notifications"')
    assert "stand here" in page(signed_in("eva@example.org"), LIST)


def signed_in(email: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(email, "x"))
    return client


def test_marking_changes_only_ones_own_and_tells_scripts_what_is_left(browser, ida, django_user_model):
    bob = django_user_model.objects.create_user("bob@example.org", "x")
    ids, theirs = tell(ida, "one", "two", "three"), tell(bob, "his")
    assert browser.post(READ, {"id": ids[0]}).headers["Location"] == LIST
    answer = browser.post(READ, {"up_to": theirs[0]}, headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (
        204,
        '{"notifications-read": {"unread": 0}}',
    )
    assert Notification.objects.filter(read_at=None).get().user == bob
    assert browser.post(READ, {"id": "x"}).status_code == 400
    assert browser.get(READ).status_code == 405
    assert Client().get(LIST).status_code == 302


def test_bell_costs_one_query_and_counts_no_further_than_it_shows(browser, ida):
    now = clock.now()
    rows = [Notification(user=ida, kind="security", event="token_reused", created_at=now) for _ in range(120)]
    made = Notification.objects.bulk_create(rows)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = bell_of(ida)
    assert (found.unread, found.words, found.last, len(queries)) == (100, "99+", made[-1].pk, 1)
    with CaptureQueriesContext(connection) as queries:
        shown = page(browser, reverse("settings-tokens"))
    assert sum("alerts_notification" in one["sql"] for one in queries) == 1
    assert 'aria-label="Notifications: 99+ unread"' in shown
    with CaptureQueriesContext(connection) as queries:
        assert "data-bell" not in page(Client(), reverse("account_login"))
    assert not any("alerts_notification" in one["sql"] for one in queries)


def test_nothing_is_to_be_marked_where_all_is_read(browser, ida):
    assert "data-up-to hidden>" in page(browser, LIST)
    tell(ida, "one")
    assert "data-up-to>" in page(browser, LIST)

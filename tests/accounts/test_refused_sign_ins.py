"""Refused sign-ins are counted by day, over the API and on the pages, and shown to staff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import services
from accounts.admin import panels
from accounts.errors import InvalidCredentials
from accounts.models import RefusedSignIns
from core import clock
from core.errors import RateLimited
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def counted() -> dict[str, int]:
    rows = RefusedSignIns.objects.filter(day=clock.today("UTC"))
    return dict(rows.values_list("kind", "count"))


def test_wrong_password_counts_whether_or_not_there_is_an_account(ada):
    for email in (ada.email, "nobody@example.org"):
        with pytest.raises(InvalidCredentials):
            services.sign_in(email=email, password="wrong")
    assert counted() == {"wrong": 2}


def test_right_password_counts_nothing(ada):
    services.sign_in(email=ada.email, password=PASSWORD)
    assert counted() == {}


def test_guess_that_is_held_back_is_counted_apart(ada):
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            services.sign_in(email=ada.email, password="wrong")
    with pytest.raises(RateLimited):
        services.sign_in(email=ada.email, password="wrong")
    assert counted() == {"wrong": 10, "blocked": 1}


def test_pages_count_too(client, ada):
    client.post(reverse("account_login"), {"login": ada.email, "password": "wrong"})
    assert counted() == {"wrong": 1}
    client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
    assert counted() == {"wrong": 1}


def fill(days: dict[int, int], kind: str = "wrong") -> None:
    today = clock.today("UTC")
    for ago, count in days.items():
        RefusedSignIns.objects.create(day=today - timedelta(days=ago), kind=kind, count=count)


@pytest.mark.parametrize(
    ("days", "state"),
    [
        ({}, "good"),
        ({0: 50}, "good"),
        ({0: 51}, "warn"),
        ({0: 290, 1: 1300}, "good"),
        ({0: 301, 1: 1300}, "warn"),
    ],
)
def test_panel_warns_of_a_day_unlike_the_others(days, state):
    fill(days)
    assert panels.refused_sign_ins().rows[0].state == state


def test_panel_draws_two_weeks():
    fill({0: 4, 13: 26, 14: 99})
    fill({0: 3}, "blocked")
    panel = panels.refused_sign_ins()
    assert [row.value for row in panel.rows] == ["7", "3", "2"]
    assert [count for _day, count in panel.chart.values] == [26, *[0] * 12, 7]


def test_old_counts_go():
    fill({0: 1, 400: 1})
    services.purge_sessions()
    assert RefusedSignIns.objects.count() == 1

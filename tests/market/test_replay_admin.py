"""Staff make and hold worlds that play history again, in the admin."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from core.models import World
from market.models import Replay

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Crash", "symbols": "stk", "starts_at": "2020-02-01T00:00",
    "ends_at": "2020-05-01T00:00", "speed": "3600",
}  # fmt: skip


@pytest.fixture
def staff(django_user_model: Any) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("sam@example.org", "pw"))
    return client


def hold(client: Client, replay: Replay, action: str) -> None:
    sent = {"action": action, ACTION_CHECKBOX_NAME: replay.pk, "confirmed": "1", "reason": "a test"}
    assert client.post(reverse("admin:market_replay_changelist"), sent).status_code == 302


def test_a_world_is_made_paused_sped_up_resumed_and_ended(staff, instrument):
    stock = instrument("STK")
    answer = staff.post(reverse("admin:market_replay_add"), NEW)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    replay = Replay.objects.get()
    assert (replay.starts_at, replay.instruments) == (datetime(2020, 2, 1, tzinfo=UTC), [stock.pk])
    hold(staff, replay, "pause")
    assert World.objects.get(pk=replay.pk).clock_speed == 0
    change = reverse("admin:market_replay_change", args=[replay.pk])
    assert "Crash" in staff.get(change).content.decode()
    assert staff.post(change, {"speed": "60"}).status_code == 302
    hold(staff, replay, "resume")
    assert World.objects.get(pk=replay.pk).clock_speed == Decimal(60)
    hold(staff, replay, "finish")
    replay.refresh_from_db()
    assert replay.ended_at is not None
    assert "ended" in staff.get(reverse("admin:market_replay_changelist")).content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"symbols": "NONE"}, "symbols"),
        ({"speed": "0"}, "speed"),
        ({"ends_at": "2020-01-01T00:00"}, "ends_at"),
    ],
)
def test_what_is_no_replay_is_told_at_its_field(staff, instrument, wrong, field):
    instrument("STK")
    answer = staff.post(reverse("admin:market_replay_add"), {**NEW, **wrong})
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Replay.objects.exists()

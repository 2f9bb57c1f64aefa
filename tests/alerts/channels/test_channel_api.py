"""Channels over the API: what it takes, what it tells once, and what it never tells."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts import services as people
from alerts.models import Channel, Delivery
from alerts.selectors.channels import config_of
from alerts.selectors.messages import letter_of
from tests.alerts.channels.conftest import VALUES, code_of

pytestmark = pytest.mark.django_db
HOME, TIMES = "/api/v1/notification-channels", "/api/v1/notification-settings"


class Api:
    def __init__(self) -> None:
        pair = people.sign_up(email="ida@example.org", password="correct horse battery")
        self.headers = {"Authorization": f"Bearer {pair.access}"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return Client().generic(
            method.upper(),
            path,
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={**self.headers, **headers},
        )


@pytest.fixture
def api(db: None) -> Api:
    return Api()


@pytest.mark.parametrize("kind", VALUES)
def test_channel_is_made_and_no_answer_tells_its_settings(api, kind):
    asked = {"kind": kind, "settings": VALUES[kind], "name": "Mine", "topics": ["alert"]}
    answer = api("post", HOME, asked, **{"Idempotency-Key": "one"})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    channel = Channel.objects.get(uuid=made["id"])
    secret = config_of(channel).get("secret") if kind == "webhook" else None
    assert (made["state"], made["topics"], made["secret"]) == ("unverified", ["alert"], secret)
    assert answer["Cache-Control"] == "no-store"
    where = f"{HOME}/{made['id']}"
    text = b"".join(api("get", path).content for path in (HOME, where, f"{where}/deliveries")).decode()
    assert made["id"] in text
    assert "s3cr3t" not in text + answer.content.decode()
    assert secret is None or secret not in text
    with connection.cursor() as cursor:  # nor does the memory of answers keep it
        cursor.execute("SELECT count(*) FROM core_idempotencykey")
        assert cursor.fetchone() == (0,)


def test_channel_is_proven_changed_tried_and_deleted(api):
    made = api("post", HOME, {"kind": "telegram", "settings": VALUES["telegram"]}).json()
    where = f"{HOME}/{made['id']}"
    channel = Channel.objects.get(uuid=made["id"])
    wrong = api("post", f"{where}/verify", {"code": "1"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "code")
    assert api("post", f"{where}/verify", {"code": code_of(channel)}).json()["state"] == "active"
    changed = api("patch", where, {"topics": ["import"], "digest": "hourly"}).json()
    assert (changed["topics"], changed["digest"], changed["name"]) == (["import"], "hourly", "Telegram")
    assert api("patch", where, {"kind": "email"}).status_code == 400
    test = api("post", f"{where}/test")
    assert (test.status_code, test.json()["purpose"]) == (202, "test")
    told = api("get", f"{where}/deliveries").json()
    assert [one["purpose"] for one in told["items"]] == ["test", "proof"]
    assert api("post", f"{where}/rotate-secret").status_code == 404
    assert api("delete", where).status_code == 204
    assert api("get", where).status_code == 404


def test_wrong_settings_are_named_and_made_nothing(api):
    answer = api("post", HOME, {"kind": "webhook", "settings": {"url": "https://10.0.0.1/", "x": "y"}})
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["x"]
    inner = api("post", HOME, {"kind": "webhook", "settings": {"url": "https://10.0.0.1/"}})
    assert [(one["field"], one["code"]) for one in inner.json()["errors"]] == [("url", "address-refused")]
    assert Channel.objects.filter(is_account=False).count() == 0


def test_settings_are_told_and_changed(api):
    assert api("get", TIMES).json() == {"quiet_from": None, "quiet_until": None, "hourly_cap": 20}
    night = {"quiet_from": "22:00", "quiet_until": "07:30"}
    assert api("patch", TIMES, night).json() == {**night, "hourly_cap": 20}
    assert api("patch", TIMES, {"quiet_from": None}).status_code == 400
    assert api("patch", TIMES, {"quiet_from": None, "quiet_until": None}).status_code == 200


@pytest.mark.parametrize("kind", ["email", "webhook", "push"])
def test_message_of_a_proof_leads_to_the_page_that_takes_the_code(led, settings, kind):
    channel = led(kind)
    proof = Delivery.objects.get()
    message = letter_of(channel, proof.uuid, [proof]).message
    code = code_of(channel)
    path = f"/settings/notifications/{channel.uuid}/verify/?code={code}"
    assert (message.code, message.items[0].url) == (code, f"{settings.PUBLIC_URL}{path}")

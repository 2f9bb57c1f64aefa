"""A program gets signed JSON, and can tell that it is ours, and whether it had it before."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from alerts.domain.messages import Item, Message, Outcome, Result
from alerts.models import Attempt, Delivery
from alerts.services.delivery.drain import drain
from alerts.transports.webhook import WebhookTransport, retry_after
from core.outbound import Caller
from tests.alerts.delivery.conftest import SECRET, states
from tests.market.quotes.told import NOON
from tests.support.sources import Source, endless, says, silent

KEY = UUID("0197a2d4-0000-7000-8000-000000000001")
OTHER = "whsec_" + base64.b64encode(b"another key of thirty-two bytes!").decode()


def verified(secret: str, asked: Any) -> bool:
    """Verify as the documentation shows it."""
    headers = asked.headers
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + asked.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mine = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(mine, one) for one in headers["webhook-signature"].split())


def message() -> Message:
    item = Item("alert", "fired", "SHR rose", "note", "https://f.example.org/a/", NOON, {"price": "11"})
    return Message(KEY, "notice", "SHR rose", (item,), NOON, "en")


def sent(source: Source, config: dict[str, str] | None = None) -> Result:
    transport = WebhookTransport(Caller(seconds=0.3, most_bytes=65_536))
    return transport.send({"url": f"{source.url}/hook", "secret": SECRET, **(config or {})}, message())


def test_body_is_of_the_standard_and_signed(hook, traveller):
    assert sent(hook) == Result(Outcome.DELIVERED, "taken", 200)
    asked = hook.asked[0]
    assert json.loads(asked.body) == {
        "type": "alert.fired",
        "timestamp": "2024-03-06T12:00:00+00:00",
        "data": {"title": "SHR rose", "text": "note", "url": "https://f.example.org/a/", "price": "11"},
    }
    assert (asked.headers["webhook-id"], asked.headers["webhook-timestamp"]) == (
        str(KEY),
        str(int(NOON.timestamp())),
    )
    assert asked.headers["content-type"] == "application/json"
    assert (verified(SECRET, asked), verified(OTHER, asked)) == (True, False)


def test_example_of_the_standard_is_signed_as_it_says():
    """The vector of standard-webhooks' own specification and libraries."""
    from alerts.transports.webhook import signature

    content = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    assert signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", content) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_program_of_the_documentation_verifies_and_refuses_nonsense(hook):
    sent(hook)
    page = (Path(__file__).parents[3] / "docs/notifications/delivery.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0], names)  # of our own page
    asked = hook.asked[0]
    found = [
        names["is_ours"](SECRET, {**asked.headers, "webhook-signature": one}, asked.body)
        for one in (asked.headers["webhook-signature"], "v1,é", "")
    ]
    assert found == [True, False, False]


def test_both_secrets_sign_until_the_old_one_ends(hook, traveller):
    until = (NOON + timedelta(hours=1)).isoformat()
    sent(hook, {"former_secrets": [{"secret": SECRET, "until": until}, {"secret": OTHER, "until": until}]})
    assert len(hook.asked.pop().headers["webhook-signature"].split()) == 3
    rotated = {"old_secret": OTHER, "old_until": until}  # as it was kept at first
    sent(hook, rotated)
    assert (verified(SECRET, hook.asked[0]), verified(OTHER, hook.asked[0])) == (True, True)
    traveller.move_to(NOON + timedelta(hours=1))
    sent(hook, rotated)
    assert (verified(SECRET, hook.asked[1]), verified(OTHER, hook.asked[1])) == (True, False)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (says("", 204), Outcome.DELIVERED),
        (says("", 410), Outcome.GONE),
        (says("", 302, Location="http://127.0.0.1:1/"), Outcome.RETRY),
        (says("", 404), Outcome.RETRY),
        (says("", 500), Outcome.RETRY),
        (endless(), Outcome.DELIVERED),
        (silent(), Outcome.RETRY),
    ],
)
def test_what_comes_of_an_answer(hook, reply, outcome):
    hook.on("/hook", reply)
    assert sent(hook).outcome == outcome


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/"],
)
def test_address_that_leads_inward_is_refused(settings, url):
    settings.OUTBOUND_ALLOWED_HOSTS = []
    found = WebhookTransport().send({"url": url, "secret": SECRET}, message())
    assert (found.outcome, found.status) == (Outcome.REFUSED, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30.0), ("", None), ("soon", None), ("Wed, 06 Mar 2024 12:01:00 GMT", 60.0), ("-1", None)],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    assert retry_after(text, NOON) == seconds


@pytest.mark.django_db
def test_alert_that_fires_reaches_the_program_with_its_prices(web, hook, armed, share, tell):
    alert = armed(share, "crosses_up", "10", note="Sell half")
    tell(share, "9", 1)
    tell(share, "11", 2)
    from alerts.services.evaluation import evaluate

    evaluate(world_id=1)
    drain()
    told = json.loads(hook.asked[0].body)
    one = Delivery.objects.get()
    assert told["type"] == "alert.fired"
    assert told["data"] == {
        "id": one.notification_id,
        "title": "SHR rose through 10.00\N{NO-BREAK SPACE}EUR: it is at 11.00\N{NO-BREAK SPACE}EUR",
        "text": "Sell half",
        "url": f"http://localhost:8000/alerts/{alert.uuid}/",
        "alert": str(alert.uuid),
        "number": 1,
        "at": told["data"]["at"],
        "symbol": "SHR",
        "currency": "EUR",
        "level": "10",
        "previous": "9",
        "price": "11",
    }
    assert (states(), Attempt.objects.get().detail) == (["delivered"], "taken")

"""Push services over real HTTP, and what apprise is made to send; its services are outside."""

from __future__ import annotations

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import http_ece
import jwt
import pytest
import requests
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import translation

from alerts.domain.channels import read
from alerts.domain.messages import Item, Message, Outcome
from alerts.selectors.reasons import own, worded
from alerts.services.push_keys import push_public_key
from alerts.transports.push import PushTransport
from alerts.transports.services import ServiceTransport, url_of
from tests.alerts.channels.conftest import VALUES
from tests.support.sources import Reply, Source, says, silent

AT = datetime(2024, 3, 6, 12, tzinfo=UTC)
KEY = UUID("018bcfe5-687c-700e-920e-77fbe4e43474")
NASTY = "A <b>&</b> @everyone <!channel>"


def message(*titles: str, code: str = "", text: str = "") -> Message:
    items = tuple(
        Item("alert", "fired", one, text, "https://f.example.org/alerts/?a=1", AT) for one in titles
    )
    return Message(KEY, "notice", "Two things happened", items, AT, "en", code=code)


# push


@pytest.fixture
def service() -> Any:
    source = Source()
    yield source
    source.close()


@pytest.fixture
def browser_keys(service: Source, settings: Any) -> Any:
    """A browser's subscription at the service: its config, and the keys that open what it gets."""
    settings.OUTBOUND_ALLOWED_HOSTS = frozenset({f"127.0.0.1:{service.server.server_port}"})
    pair = ec.generate_private_key(ec.SECP256R1())
    point = pair.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    told = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
    return {"endpoint": f"{service.url}/push/s3cr3t", "p256dh": told, "auth": "A" * 22}, pair


@pytest.mark.django_db
def test_browser_can_open_what_the_service_gets(service, browser_keys):
    config, pair = browser_keys
    public = push_public_key()
    service.on("/push/s3cr3t", says("", 201))
    with time_machine.travel(AT, tick=False):
        found = PushTransport().send(config, message("ACME reached 10", text="It was at 9."))
    assert (found.outcome, found.status) == (Outcome.DELIVERED, 201)
    (asked,) = service.asked
    opened = http_ece.decrypt(asked.body, private_key=pair, auth_secret=b"\0" * 16, version="aes128gcm")
    assert json.loads(opened) == {
        "title": "ACME reached 10", "body": "It was at 9.", "url": "/alerts/?a=1", "tag": str(KEY),
    }  # fmt: skip
    kept = ("content-encoding", "ttl", "urgency", "topic")
    assert [asked.headers[one] for one in kept] == ["aes128gcm", "86400", "high", "AYvP5Wh8cA6SDnf75OQ0dA"]
    scheme, token, key = asked.headers["authorization"].replace(",", "").split()
    assert (scheme, key) == ("vapid", f"k={public}")
    raw = base64.urlsafe_b64decode(public + "=")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    claims = jwt.decode(
        token.removeprefix("t="),
        point,
        algorithms=["ES256"],
        audience=service.url,
        options={"verify_exp": False},
    )
    until = int((AT + timedelta(hours=12)).timestamp())
    assert claims == {"aud": service.url, "exp": until, "sub": "mailto:florin@localhost"}


@pytest.mark.django_db
def test_note_that_proves_a_browser_shows_the_code_and_the_log_does_not(service, browser_keys):
    config, pair = browser_keys
    push_public_key()
    service.on("/push/s3cr3t", says("12345678", 201))
    found = PushTransport().send(config, message("Proof", code="12345678"))
    assert (found.outcome, found.detail) == (Outcome.DELIVERED, "")
    opened = http_ece.decrypt(
        service.asked[0].body, private_key=pair, auth_secret=b"\0" * 16, version="aes128gcm"
    )
    assert json.loads(opened)["body"] == "12345678"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reply", "outcome", "after"),
    [
        (says("no such subscription", 410), Outcome.GONE, None),
        (says("", 404), Outcome.GONE, None),
        (says("", 429, Retry_After="7"), Outcome.RETRY, 7.0),
        (says("", 503), Outcome.RETRY, None),
        (says("too large", 413), Outcome.REFUSED, None),
        (Reply(status=302, headers={"Location": "http://169.254.169.254/"}), Outcome.REFUSED, None),
    ],
)
def test_what_the_push_service_answers_decides(service, browser_keys, reply, outcome, after):
    push_public_key()
    service.on("/push/s3cr3t", reply)
    found = PushTransport().send(browser_keys[0], message("A"))
    assert (found.outcome, found.status, found.retry_after) == (outcome, reply.status, after)
    assert len(service.asked) == 1


@pytest.mark.django_db
def test_push_service_that_says_nothing_is_tried_again(service, browser_keys, monkeypatch):
    monkeypatch.setattr("alerts.transports.push.SECONDS", 0.2)
    push_public_key()
    service.on("/push/s3cr3t", silent())
    assert PushTransport().send(browser_keys[0], message("A")).outcome == Outcome.RETRY


@pytest.mark.django_db
@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://169.254.169.254/x",
        "https://100.64.0.1/x", "https://[64:ff9b::7f00:1]/x", "https://[2002:7f00:1::]/x", "https://2130706433/",
        "http://updates.example.org/x", "https://updates.example.org:22/x",
    ],
)  # fmt: skip
def test_push_never_goes_inward(endpoint, monkeypatch):
    push_public_key()
    found = PushTransport().send({**VALUES["push"], "endpoint": endpoint}, message("A"))
    assert (found.outcome, found.status) == (Outcome.REFUSED, None)


@pytest.mark.django_db
def test_key_that_is_no_point_counts_as_gone():
    push_public_key()
    config = {**VALUES["push"], "p256dh": "A" * 87}
    assert PushTransport().send(config, message("A")).outcome == Outcome.GONE


# apprise

HOSTS = {
    "telegram": "https://api.telegram.org/bot123456789:AAs3cr3tAAAAAAAAAAAAAAAAAAAAAAAAAAA/sendMessage",
    "slack": VALUES["slack"]["address"],
    "discord": VALUES["discord"]["address"],
    "ntfy": "https://ntfy.sh/",
    "pushover": "https://api.pushover.net/1/messages.json",
}
SAID = {
    "telegram": "<b>A &lt;b&gt;&amp;&lt;/b&gt; @everyone &lt;!channel&gt;</b>",
    "slack": "A &lt;b&gt;&amp;&lt;/b&gt; @everyone &lt;!channel&gt;",
    "discord": "A <b>&</b> @\u200beveryone <!channel>",
    "ntfy": NASTY,
    "pushover": "A+%3Cb%3E%26%3C%2Fb%3E+%40everyone+%3C%21channel%3E",
}


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Note what would leave, and answer the given status."""
    sent: list[Any] = []

    class Outside:
        status = 200
        fails = False
        wait = ""

    def send(_adapter: Any, request: Any, **more: Any) -> Any:
        sent.append((request, more["timeout"], more.get("proxies")))
        if Outside.fails:
            raise requests.ConnectionError(f"cannot reach {request.url}")
        answer = requests.Response()
        answer.status_code, answer._content = Outside.status, b"ok"
        answer.request, answer.url = request, request.url
        if Outside.wait:
            answer.headers["Retry-After"] = Outside.wait
        if Outside.status == 302:
            answer.headers["Location"] = "http://169.254.169.254/"
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    Outside.sent = sent  # type: ignore[attr-defined]
    return Outside


def config_for(kind: str) -> dict[str, str]:
    return read(kind, VALUES[kind]).config


@pytest.mark.parametrize("kind", HOSTS)
def test_service_is_called_at_its_own_host_with_harmless_text(outside, kind):
    found = ServiceTransport(kind).send(config_for(kind), message(NASTY, text="More"))
    assert found.outcome == Outcome.DELIVERED
    ((request, timeout, _proxies),) = outside.sent
    assert (request.method, request.url, timeout) == ("POST", HOSTS[kind], (4, 8))
    body = request.body if isinstance(request.body, str) else request.body.decode()
    said = json.loads(body) if body.startswith("{") else body
    assert SAID[kind] in (said if isinstance(said, str) else " ".join(map(str, _texts(said))))
    assert "More" in body


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    else:
        yield value


@pytest.mark.parametrize("kind", HOSTS)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [(302, Outcome.REFUSED), (400, Outcome.REFUSED), (429, Outcome.RETRY), (503, Outcome.RETRY)],
)
def test_what_a_service_answers_decides_and_no_redirect_is_followed(outside, kind, status, outcome):
    outside.status = status
    found = ServiceTransport(kind).send(config_for(kind), message("A"))
    assert (found.outcome, found.status) == (outcome, status)
    assert {request.url for request, *_rest in outside.sent} == {HOSTS[kind]}


@pytest.mark.parametrize(
    ("kind", "status"), [("telegram", 403), ("slack", 404), ("discord", 404), ("ntfy", 403)]
)
def test_place_that_is_gone_is_told_apart(outside, kind, status):
    outside.status = status
    assert ServiceTransport(kind).send(config_for(kind), message("A")).outcome == Outcome.GONE


@pytest.mark.parametrize("kind", HOSTS)
def test_failure_tells_and_logs_no_secret(outside, kind, caplog, capfd):
    outside.fails = True
    with caplog.at_level(logging.DEBUG):
        found = ServiceTransport(kind).send(config_for(kind), message("A"))
    assert found.outcome == Outcome.RETRY
    said = capfd.readouterr()
    assert "s3cr3t" not in f"{found} {caplog.text} {said.out} {said.err}"


@pytest.mark.parametrize("kind", HOSTS)
def test_code_and_every_line_of_a_digest_arrive(outside, kind):
    ServiceTransport(kind).send(config_for(kind), message(code="12345678"))
    ServiceTransport(kind).send(config_for(kind), message(*(f"Line-{number}-" for number in range(30))))
    text = "".join(str(request.body) for request, *_rest in outside.sent)
    assert "12345678" in text
    assert [number for number in range(30) if f"Line-{number}-" not in text] == []


@pytest.mark.parametrize("kind", HOSTS)
def test_summary_that_is_long_is_one_message_that_counts_the_rest(outside, kind):
    told = message(*(f"Line-{number}- <é> {'x' * 180}" for number in range(100)))
    assert ServiceTransport(kind).send(config_for(kind), told).outcome == Outcome.DELIVERED
    ((request, *_rest),) = outside.sent
    text = str(request.body)
    listed = text.count("Line-")
    assert 0 < listed < 40
    assert f"{100 - listed} more" in text.replace("+", " ")
    assert "notifications" in text


@pytest.mark.parametrize("kind", HOSTS)
def test_long_text_of_one_thing_is_cut_and_keeps_its_link(outside, kind):
    ServiceTransport(kind).send(config_for(kind), message("A", text="<&>" * 3000))
    ((request, *_rest),) = outside.sent
    assert "f.example.org" in str(request.body)


@pytest.mark.parametrize("kind", HOSTS)
def test_service_says_how_long_it_wants_nothing(outside, kind):
    outside.status, outside.wait = 429, "90"
    found = ServiceTransport(kind).send(config_for(kind), message("A"))
    assert (found.outcome, found.retry_after) == (Outcome.RETRY, 90.0)


@pytest.mark.parametrize(("language", "said"), [("en", "It answered 503."), ("de", "It answered 503.")])
def test_reason_is_kept_as_a_code_and_put_into_words_for_who_reads(outside, language, said):
    outside.status = 503
    found = ServiceTransport("slack").send(config_for("slack"), message("A"))
    assert found.detail == "florin:answered:503"
    with translation.override(language):
        assert worded(found.detail) == said
    assert (worded("<busy>"), own("<busy>"), worded("florin:paused")) == (
        "<busy>", "", "The channel was paused.",
    )  # fmt: skip


def test_address_is_built_of_quoted_parts():
    config = {"topic": "a/b?c@d", "token": "x@evil.example/#"}
    assert url_of("ntfy", config).startswith("ntfys://x%40evil.example%2F%23@ntfy.sh/a%2Fb%3Fc%40d/?")

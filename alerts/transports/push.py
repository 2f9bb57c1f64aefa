"""Push messages to browsers (RFC 8030, 8188, 8291, 8292), by the one client that calls addresses of others.

A subscription's address is what a browser tells, so that it is treated like any that a person gives.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from alerts.domain.reasons import Reason, coded
from alerts.models import Outbox
from alerts.transports.base import Message, Outcome, Result
from alerts.transports.webhook import not_sent, retry_after
from alerts.transports.wording import FEW
from core import clock
from core.errors import AddressRefused
from core.outbound import Answer, Caller, NotReached, NotTaken

SECONDS: Final = 10.0
MOST_BYTES: Final = 8 * 1024
# how long the push service keeps it for a browser that is off
KEPT_SECONDS: Final = 24 * 3600
TOKEN_LASTS: Final = timedelta(hours=12)
# 4096 bytes with the encryption are what every service takes (RFC 8291, 4); text is cut well below
MOST_TEXT: Final = 600
_GONE: Final = frozenset({404, 410})
_LATER: Final = frozenset({408, 425, 429})
_REDIRECT, _SERVER_ERROR = 300, 500


class PushTransport:
    """Encrypts for the browser, signs for the service, and sends."""

    def __init__(self) -> None:
        self._caller = Caller(seconds=SECONDS, most_bytes=MOST_BYTES)

    def send(self, config: Mapping[str, Any], message: Message) -> Result:
        """Try once, within ten seconds."""
        endpoint = config["endpoint"]
        try:
            body = _encrypted(config, _payload(message))
        except ValueError:  # keys that are no point of the curve
            return Result(Outcome.GONE, coded(Reason.KEYS))
        headers = {
            "Authorization": _authorization(endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_SECONDS),
            "Urgency": "high",
            "Topic": _topic(message),
        }
        try:
            answer = self._caller.post(endpoint, content=body, headers=headers)
        except (AddressRefused, NotReached, NotTaken) as error:
            return not_sent(error)
        found = _result(answer)
        return replace(found, detail="") if message.code else found


def _payload(message: Message) -> bytes:
    first = message.items[0] if message.items else None
    told = {
        "title": (first.title if first and len(message.items) == 1 else message.subject)[:MOST_TEXT],
        "body": "" if first is None else _body(message)[:MOST_TEXT],
        "url": _within(first.url) if first else "",
        "tag": str(message.key),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _within(url: str) -> str:
    """Take a page of ours without the host: the browser opens it where its worker came from."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _body(message: Message) -> str:
    if message.code:
        return message.code
    if len(message.items) == 1:
        return "" if message.items[0].text == message.items[0].title else message.items[0].text
    return "\n".join(one.title for one in message.items[:FEW])


def _encrypted(config: Mapping[str, Any], data: bytes) -> bytes:
    from pywebpush import WebPusher  # heavy; only its encryption is used

    keys = {"p256dh": config["p256dh"], "auth": config["auth"]}
    encoded = WebPusher({"endpoint": config["endpoint"], "keys": keys}).encode(data)
    return bytes(encoded["body"])


def _authorization(endpoint: str) -> str:
    outbox = Outbox.objects.get(pk=1)
    key = outbox.push_private
    if key is None:
        raise Outbox.DoesNotExist
    number = int.from_bytes(base64.urlsafe_b64decode(key.reveal() + "="), "big")
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((clock.now() + TOKEN_LASTS).timestamp()),
        "sub": _contact(),
    }
    token = jwt.encode(claims, ec.derive_private_key(number, ec.SECP256R1()), algorithm="ES256")
    return f"vapid t={token}, k={outbox.push_public}"


def _contact() -> str:
    """Tell push services whom to turn to: they take https, or an address of mail."""
    if settings.PUBLIC_URL.startswith("https://"):
        return settings.PUBLIC_URL
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


def _topic(message: Message) -> str:
    """Name the message by its key, at most 32 characters: a second try replaces the first, unread."""
    return base64.urlsafe_b64encode(message.key.bytes).rstrip(b"=").decode()


def _result(answer: Answer) -> Result:
    status, detail = answer.status, answer.body.decode(errors="replace")[:200]
    if status < _REDIRECT:
        return Result(Outcome.DELIVERED, detail, status)
    if status in _GONE:
        return Result(Outcome.GONE, detail, status)
    if status in _LATER or status >= _SERVER_ERROR:
        wait = retry_after(answer.headers.get("retry-after", ""), clock.now())
        return Result(Outcome.RETRY, detail, status, wait)
    return Result(Outcome.REFUSED, detail, status)

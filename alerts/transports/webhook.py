"""Signed messages to programs, in the way of Standard Webhooks (standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from alerts.domain.channels import former_secrets
from alerts.domain.reasons import Reason, coded
from alerts.transports.base import Message, Outcome, Result
from core import clock
from core.errors import AddressRefused
from core.outbound import Answer, Caller, NotReached, NotTaken

SECONDS: Final = 10.0
MOST_BYTES: Final = 64 * 1024
LONGEST_DETAIL: Final = 200
LONGEST_ECHO: Final = 1000
PREFIX: Final = "whsec_"
_GONE: Final = 410


class WebhookTransport:
    """Posts JSON to an address, signed with the secret of its channel."""

    def __init__(self, caller: Caller | None = None) -> None:
        self._caller = caller or Caller(seconds=SECONDS, most_bytes=MOST_BYTES)

    def send(self, config: Mapping[str, Any], message: Message) -> Result:
        """Post once; any status but 2xx and 410 may become another later."""
        body = body_of(message)
        now = clock.now()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": str(message.key),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures(config, message, now, body),
        }
        try:
            answer = self._caller.post(config["url"], content=body, headers=headers)
        except (AddressRefused, NotReached, NotTaken) as error:
            return not_sent(error)
        found = result_of(answer, now)
        if not message.code:
            return found
        # an answer that repeats what was sent would tell the code to whoever reads the log of the channel
        return replace(found, detail="", is_proof=_echoes(answer.body, message.code))


def _echoes(body: bytes, code: str) -> bool:
    """Tell whether an answer is the code, as text or as JSON ``{"code": …}``, and not all that was sent."""
    try:
        text = body[:LONGEST_ECHO].decode().strip()
        told = json.loads(text) if text.startswith("{") else text
    except (ValueError, RecursionError):
        return False
    return (told.get("code") if isinstance(told, dict) else told) == code


def body_of(message: Message) -> bytes:
    """Write what happened: its type, when it did, and what it was about; a proof has its code."""
    item = message.items[0]
    code = {"code": message.code} if message.code else {}
    told = {
        "type": f"{item.kind}.{item.event}",
        "timestamp": item.at.isoformat(),
        "data": {"title": item.title, "text": item.text, "url": item.url, **code, **item.data},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def signatures(config: Mapping[str, Any], message: Message, now: datetime, body: bytes) -> str:
    """Sign with the secret, and with the former ones as long as they still count."""
    secrets = [config["secret"], *(one["secret"] for one in former_secrets(config, now))]
    content = f"{message.key}.{int(now.timestamp())}.".encode() + body
    return " ".join(signature(one, content) for one in secrets)


def signature(secret: str, content: bytes) -> str:
    """Sign ``id.timestamp.body`` with a secret, whose key is base64 behind its prefix."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def result_of(answer: Answer, now: datetime) -> Result:
    """Read what a server answered."""
    detail = answer.body[: LONGEST_DETAIL * 4].decode(errors="replace")[:LONGEST_DETAIL].replace("\0", "")
    if 200 <= answer.status < 300:  # noqa: PLR2004  # what HTTP calls success
        return Result(Outcome.DELIVERED, detail, answer.status)
    if answer.status == _GONE:
        return Result(Outcome.GONE, detail, answer.status)
    wait = retry_after(answer.headers.get("retry-after", ""), now)
    return Result(Outcome.RETRY, detail, answer.status, wait)


def not_sent(error: Exception) -> Result:
    """Tell what came of a call that brought no answer."""
    if isinstance(error, AddressRefused):
        return Result(Outcome.REFUSED, coded(Reason.ADDRESS_REFUSED))
    reason = Reason.NOT_REACHED if isinstance(error, NotReached) else Reason.NOT_TAKEN
    return Result(Outcome.RETRY, coded(reason))


def retry_after(text: str, now: datetime) -> float | None:
    """Read the header of that name: seconds, or an HTTP date; None where it says nothing that counts."""
    plain = text.strip()
    if plain.isascii() and plain.isdecimal():
        return float(plain[:9])
    try:
        return max(0.0, (parsedate_to_datetime(plain) - now).total_seconds())
    except (TypeError, ValueError):
        return None

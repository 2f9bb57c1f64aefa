"""Answers that are given before Django is asked: to whom sends too much, too slowly or too often."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import orjson
import structlog

from core.errors import DomainError, Overloaded, RateLimited
from core.ids import uuid7

log = structlog.get_logger(__name__)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Refused(Exception):
    """The request ends here, with an answer of this status."""

    def __init__(self, error: DomainError, status: int | None = None) -> None:
        super().__init__(error.detail)
        self.error, self.status = error, status or error.status


async def answer(scope: MutableMapping[str, Any], send: Send, refused: Refused) -> None:
    """Send the refusal over ASGI, and write its line of the log."""
    status, head, body = written(refused, scope.get("headers", ()))
    headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in head.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def written(
    refused: Refused, headers: Iterable[tuple[bytes, bytes]] = ()
) -> tuple[int, dict[str, str], bytes]:
    """Write status, head and body of a refusal, as the API answers errors, and its line of the log."""
    request_id = id_of(headers)
    error = refused.error
    body = {
        "type": error.code,
        "title": str(error.title),
        "status": refused.status,
        "detail": str(error.detail),
        "request_id": request_id,
    }
    head = {
        "content-type": "application/problem+json",
        "x-request-id": request_id,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "connection": "close",
    }
    if isinstance(error, Overloaded | RateLimited):
        head["retry-after"] = str(error.retry_after)
    log.info("request.refused", request_id=request_id, status=refused.status, code=error.code)
    return refused.status, head, orjson.dumps(body)


def id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Tell the request's id: the caller's, when it is harmless, else a new one."""
    given = next((value for name, value in headers if name.lower() == b"x-request-id"), b"")
    text = given.decode("latin-1")
    return text if SAFE_ID.fullmatch(text) else str(uuid7())

"""The user service that ``USER_SERVICE_URL`` names: it tells whose a token is that is not ours.

The whole exchange has a deadline and a size, follows no redirect, and takes neither proxies nor
credentials from the environment. Whatever is not plainly a yes or a no is a failure of the service.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import httpx
import stamina
import structlog
from django.utils.translation import gettext as _

from core.errors import DependencyUnavailable

logger = structlog.get_logger(__name__)
DEADLINE = 4.0
CONNECT_SECONDS = 1.0
ATTEMPTS = 3
MAX_BYTES = 64 * 1024
MAX_SUBJECT = 255
REFUSALS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
ID_NAMES = ("id", "user_id", "uuid", "sub")
WRAPPERS = ("user", "data")
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout)


class NotReached(Exception):
    """The service answered nothing in time: it is down, and not only this token's answer wrong."""


def subject_of(url: str, token: str) -> str | None:
    """Ask the service at `url` whose the token is; its id of the user, or None where it refuses.

    Raises:
        NotReached: it cannot be reached, or does not answer in time.
        DependencyUnavailable: it answers neither yes nor no.
    """
    # a thread of its own: the caller's may run an event loop already
    with ThreadPoolExecutor(1) as pool:
        status, body = pool.submit(asyncio.run, _asked(url, token)).result()
    if status in REFUSALS:
        return None
    found = _subject(body) if status == HTTPStatus.OK else ""
    if found == "":
        logger.warning("user_service.unclear", status=status)
        raise DependencyUnavailable(_("The user service gave an answer that we do not understand."))
    return found


async def _asked(url: str, token: str) -> tuple[int, bytes]:
    try:
        async with asyncio.timeout(DEADLINE):
            # as a context, because the log of a repeated call would carry its arguments
            async for attempt in stamina.retry_context(
                on=NOT_REACHED, attempts=ATTEMPTS, wait_initial=0.05, wait_max=0.2, wait_jitter=0.05
            ):
                with attempt:
                    return await _exchange(url, token)
    except (httpx.HTTPError, TimeoutError) as error:
        logger.warning("user_service.unreachable", error=type(error).__name__)
        raise NotReached from None
    raise NotReached


async def _exchange(url: str, token: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "florin"}
    timeout = httpx.Timeout(DEADLINE, connect=CONNECT_SECONDS)
    async with (
        httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                return response.status_code, b""
        return response.status_code, body


def _subject(body: bytes) -> str | None:
    """Read the user's id; None where the user is closed, empty where the body does not tell."""
    try:
        read: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(read, dict):
        return ""
    inner = next((read[name] for name in WRAPPERS if isinstance(read.get(name), dict)), read)
    if inner.get("is_active", inner.get("active", True)) is False:
        return None
    value = next((inner[name] for name in ID_NAMES if inner.get(name) is not None), None)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return text if 0 < len(text) <= MAX_SUBJECT and text.isprintable() else ""

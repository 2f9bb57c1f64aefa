"""One client for all sources: bounded, repeated where that helps, counted, and silent about keys."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import stamina
from django.core.cache import cache
from django.utils.translation import gettext as _

from core import outbound
from core.errors import AddressRefused
from market.errors import (
    ProviderFailed,
    ProviderLimited,
    ProviderRefused,
    ProviderUnavailable,
    ProviderUnknown,
    ProviderUnreadable,
)

ATTEMPTS: Final = 3
# what is kept to ask "has it changed?" with
KEPT_SECONDS: Final = 24 * 3600
KEPT_BYTES: Final = 1024 * 1024
LONGEST_WAIT: Final = 24 * 3600
LONGEST_MESSAGE: Final = 200
GONE: Final = "…"
# so short a key is also part of ordinary words
SHORTEST_SECRET: Final = 4


class Client:
    """Reads from one source. `params` and `headers` go with every request and may hold the key.

    `timeout` is in seconds, for a call with all its repetitions. `spend` is called before each request
    with what it costs. `secrets` never show in an error.
    """

    wait_initial = 0.2
    wait_max = 2.0

    def __init__(
        self,
        *,
        base_url: str,
        timeout: float = 10.0,
        spend: Callable[[int], None] | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        most_bytes: int = outbound.MOST_BYTES,
        elsewhere: bool = False,
    ) -> None:
        self._base, self._timeout, self._spend = base_url.rstrip("/"), timeout, spend
        self._headers, self._params = dict(headers or {}), dict(params or {})
        self._secrets = tuple(one for one in secrets if len(one) >= SHORTEST_SECRET)
        self._caller = outbound.Caller(seconds=timeout, most_bytes=most_bytes, elsewhere=elsewhere)

    def get_json(self, path: str = "", params: Mapping[str, Any] | None = None, *, cost: int = 1) -> Any:
        """Read JSON; its numbers are Decimals, and what is no number (NaN, Infinity) is None.

        Raises:
            ProviderUnavailable: no whole answer came in time, or the source fails inside.
            ProviderLimited: no request is left.
            ProviderRefused: the key is refused, or the address may not be called.
            ProviderUnknown: it says 404.
            ProviderUnreadable: it is not JSON.
            ProviderFailed: it refuses the request for another reason.
        """
        body = self._read(path, params, cost, "application/json")
        try:
            return json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=lambda _text: None)
        except (ValueError, RecursionError, InvalidOperation):
            raise ProviderUnreadable(self._unlike(body, "JSON")) from None

    def get_text(self, path: str = "", params: Mapping[str, Any] | None = None, *, cost: int = 1) -> str:
        """Read text, such as CSV or XML, in UTF-8.

        Raises:
            ProviderUnreadable: it is a page of HTML, empty, or not UTF-8; see `get_json` for the rest.
        """
        body = self._read(path, params, cost, "text/csv, application/xml, text/plain, */*;q=0.5")
        if not body.strip() or _is_html(body):
            raise ProviderUnreadable(self._unlike(body, _("text")))
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ProviderUnreadable(self._unlike(body, "UTF-8")) from None

    def get_bytes(self, path: str = "", *, cost: int = 1) -> bytes:
        """Read a file.

        Raises:
            ProviderUnreadable: it is a page of HTML, or empty; see `get_json` for the rest.
        """
        body = self._read(path, None, cost, "*/*")
        if not body or _is_html(body):
            raise ProviderUnreadable(self._unlike(body, _("a file")))
        return body

    def clean(self, text: object) -> str:
        """Make a message of a source fit to be shown: short, one line, without the key that some repeat."""
        plain = " ".join(str(text).split())
        for secret in self._secrets:
            plain = plain.replace(secret, GONE)
        shown = "".join(one for one in plain if one.isprintable())
        return shown if len(shown) <= LONGEST_MESSAGE else f"{shown[:LONGEST_MESSAGE]}{GONE}"

    def _read(self, path: str, params: Mapping[str, Any] | None, cost: int, accept: str) -> bytes:
        asked = {name: str(value) for name, value in (params or {}).items() if value is not None}
        url = path if path.startswith(("http://", "https://")) else f"{self._base}{path}"
        end = time.monotonic() + self._timeout
        for attempt in stamina.retry_context(
            on=_again,
            attempts=ATTEMPTS,
            timeout=self._timeout,
            wait_initial=self.wait_initial,
            wait_max=self.wait_max,
            wait_jitter=self.wait_initial,
        ):
            with attempt:
                if self._spend is not None:
                    self._spend(cost)
                return self._once(url, asked, accept, end - time.monotonic())
        raise ProviderUnavailable

    def _once(self, url: str, params: dict[str, str], accept: str, seconds: float) -> bytes:
        place = self._place(url, params)
        known = cache.get(place)
        headers = {**self._headers, "Accept": accept, **(known[0] if known else {})}
        try:
            answer = self._caller.get(
                url, params={**params, **self._params}, headers=headers, seconds=seconds
            )
        except AddressRefused as error:
            raise ProviderRefused(error.detail) from None
        except outbound.NotReached as error:
            raise ProviderUnavailable(str(error)) from None
        except outbound.NotTaken as error:
            raise ProviderUnreadable(str(error)) from None
        if answer.status == HTTPStatus.NOT_MODIFIED and known:
            return bytes(known[1])
        if answer.status != HTTPStatus.OK:
            raise self._failed(answer)
        self._keep(place, answer)
        return answer.body

    def _place(self, url: str, params: Mapping[str, str]) -> str:
        """Name what is kept of an answer; another key is another place."""
        asked = json.dumps([url, sorted(params.items()), sorted(self._params.items()), self._secrets])
        return f"provider:{hashlib.sha256(asked.encode()).hexdigest()}"

    def _keep(self, place: str, answer: outbound.Answer) -> None:
        asks = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        headers = {ask: answer.headers[name] for ask, name in asks if name in answer.headers}
        if headers and len(answer.body) <= KEPT_BYTES:
            cache.set(place, (headers, answer.body), KEPT_SECONDS)

    def _failed(self, answer: outbound.Answer) -> ProviderFailed:
        status = answer.status
        told = self.clean(" ".join(_messages(answer.body)))
        detail = _("It answers %(status)d.") % {"status": status} + (f" {told}" if told else "")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return ProviderLimited(detail, retry_after=_retry_after(answer))
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN}:
            return ProviderRefused(detail)
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return ProviderUnknown(detail)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return ProviderUnavailable(detail, retry_after=_retry_after(answer))
        return ProviderFailed(detail) if status >= HTTPStatus.BAD_REQUEST else ProviderUnreadable(detail)

    def _unlike(self, body: bytes, expected: str) -> str:
        if not body.strip():
            return _("The answer is empty.")
        if _is_html(body):
            return _("The answer is a page of HTML.")
        return _("The answer is not %(expected)s: “%(begins)s”") % {
            "expected": expected,
            "begins": self.clean(body[:80].decode("utf-8", "replace")),
        }


def _again(error: Exception) -> bool:
    """Tell whether another try helps: not where the source says when to come back."""
    return isinstance(error, ProviderUnavailable) and error.retry_after is None


def _is_html(body: bytes) -> bool:
    begins = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return begins.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _messages(body: bytes) -> Iterator[str]:
    """Find what a source says of an error, in the fields in which sources say it."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return
    for name in ("error", "message", "detail", "error_message", "status"):
        value = read.get(name) if isinstance(read, dict) else None
        value = value.get("error_message") if isinstance(value, dict) else value
        if isinstance(value, str):
            yield value


def _retry_after(answer: outbound.Answer) -> int | None:
    """Read when to come back, in seconds from now: it is given as that, or as a date.

    Source: RFC 9110, 10.2.3.
    """
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, min(int((at - datetime.now(UTC)).total_seconds()), LONGEST_WAIT))

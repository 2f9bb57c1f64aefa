"""Messages to services whose hosts are fixed, by apprise: Telegram, Slack, Discord, ntfy.sh, Pushover.

Its addresses are built here from typed values, each quoted, and no other plugin of it is loaded, so that
nothing that a person types decides which server is called.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from html import escape
from typing import Any, Final
from urllib.parse import quote

import requests

from alerts.domain.reasons import Reason, coded
from alerts.transports.base import Message, Outcome, Result
from alerts.transports.webhook import retry_after
from alerts.transports.wording import fitting_text
from core import clock

CONNECT_SECONDS: Final = 4
READ_SECONDS: Final = 8
_OPTIONS: Final = f"cto={CONNECT_SECONDS}&rto={READ_SECONDS}&redirect=no&verify=yes&overflow=truncate&retry=0"
# what apprise writes when a service refuses; ntfy puts two digits of its own behind the status
_STATUS: Final = re.compile(r"error=(\d{3})(?:\d\d)?\b")
_GONE: Final = {
    "telegram": frozenset({401, 403, 404}),
    "slack": frozenset({403, 404, 410}),
    "discord": frozenset({401, 403, 404}),
    "ntfy": frozenset({401, 403}),
    "pushover": frozenset({401}),
}
# each takes one message of at least so many; a second one would be sent again with every try of the first
MOST_BYTES: Final = {"telegram": 3500, "slack": 3500, "discord": 1800, "ntfy": 3500, "pushover": 900}
_LATER: Final = frozenset({408, 425, 429})
_SERVER_ERROR: Final = 500
_URLS: Final[Mapping[str, Callable[[Mapping[str, str]], str]]] = {
    "telegram": lambda it: f"tgram://{_q(it['token'])}/{_q(it['chat'].removeprefix('@'))}/?image=no&",
    "slack": lambda it: f"slack://{_q(it['a'])}/{_q(it['b'])}/{_q(it['c'])}/?image=no&footer=no&",
    "discord": lambda it: f"discord://{_q(it['id'])}/{_q(it['token'])}/?avatar=no&",
    "ntfy": lambda it: f"ntfys://{_login(it)}ntfy.sh/{_q(it['topic'])}/?image=no&",
    "pushover": lambda it: f"pover://{_q(it['user'])}@{_q(it['token'])}/?",
}


class ServiceTransport:
    """Sends by one of the services."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def send(self, config: Mapping[str, Any], message: Message) -> Result:
        """Try once, within some seconds."""
        plugin = _plugin(self._kind, config)
        if plugin is None:
            return Result(Outcome.REFUSED, coded(Reason.SETTINGS))
        text = fitting_text(message, MOST_BYTES[self._kind], self._size)
        first, _break, rest = _harmless(self._kind, text).partition("\n")
        sender = _apprise(plugin)
        with _said() as said, _waits() as waits:
            went = sender.notify(title=first if rest else "", body=rest or first, body_format="text")
        return Result(Outcome.DELIVERED) if went else _failed(self._kind, said, waits)

    def _size(self, text: str) -> int:
        """Count the bytes of a text as it leaves at the most."""
        return len(escape(_harmless(self._kind, text)).encode())


def url_of(kind: str, config: Mapping[str, str]) -> str:
    """Build the address in apprise's way."""
    return _URLS[kind](config) + _OPTIONS


def _plugin(kind: str, config: Mapping[str, str]) -> Any:
    """Make the plugin for one message; None where it refuses the values."""
    made, asset = _plugins()[kind], _asset()
    parts = made.parse_url(url_of(kind, config))
    try:
        plugin = made(**parts, asset=asset) if parts else None
    except TypeError:  # its way to say so
        return None
    if plugin is not None:
        # it would sleep for as long as a service says; our outbox waits without a thread
        plugin.throttle = lambda *_rest, **_more: None
    return plugin


@lru_cache(maxsize=1)
def _plugins() -> dict[str, Any]:
    """Load the plugins of our services, and none of the others, which call any host they are told."""
    from apprise.plugins import discord, ntfy, pushover, slack, telegram

    for module in (discord, ntfy, pushover, slack, telegram):
        vars(module)["requests"] = _Calls()
    heard = logging.getLogger("apprise")
    # it writes addresses and keys; only the number of a refusal is taken from it
    heard.setLevel(logging.WARNING)
    heard.propagate = False
    heard.handlers = [_HEARD]
    return {
        "telegram": telegram.NotifyTelegram,
        "slack": slack.NotifySlack,
        "discord": discord.NotifyDiscord,
        "ntfy": ntfy.NotifyNtfy,
        "pushover": pushover.NotifyPushover,
    }


def _apprise(plugin: Any) -> Any:
    """Take apprise's sender with one plugin: it turns plain text into what the service reads."""
    from apprise import Apprise

    sender = Apprise(asset=_asset())
    sender.add(plugin)
    return sender


@lru_cache(maxsize=1)
def _asset() -> Any:
    from apprise import AppriseAsset

    return AppriseAsset(app_id="Florin", app_desc="Florin", secure_logging=True, http_redirects=False)


class _Heard(logging.Handler):
    """Keeps what apprise says about a message; it sends in threads of its own, with our context."""

    def emit(self, record: logging.LogRecord) -> None:
        said = _HEARD_NOW.get()
        if said is not None:
            said.append(record.getMessage())


_HEARD: Final = _Heard(logging.WARNING)
_HEARD_NOW: Final[ContextVar[list[str] | None]] = ContextVar("apprise_said", default=None)


@contextmanager
def _said() -> Iterator[list[str]]:
    said: list[str] = []
    token = _HEARD_NOW.set(said)
    try:
        yield said
    finally:
        _HEARD_NOW.reset(token)


class _Calls:
    """Stands for `requests` in the plugins, and keeps what of an answer apprise does not tell."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        """Post as all of them but Slack's do."""
        return self.request("POST", url, **kwargs)

    @staticmethod
    def request(method: str, url: str, **kwargs: Any) -> requests.Response:
        """Call, and note for how long the service wants nothing more."""
        answer = requests.request(method, url, **kwargs)  # noqa: S113  # the plugins give their time
        waits = _WAITS_NOW.get()
        wait = retry_after(answer.headers.get("Retry-After", ""), clock.now())
        if waits is not None and wait is not None:
            waits.append(wait)
        return answer


_WAITS_NOW: Final[ContextVar[list[float] | None]] = ContextVar("apprise_waits", default=None)


@contextmanager
def _waits() -> Iterator[list[float]]:
    waits: list[float] = []
    token = _WAITS_NOW.set(waits)
    try:
        yield waits
    finally:
        _WAITS_NOW.reset(token)


def _failed(kind: str, said: list[str], waits: list[float]) -> Result:
    found = next((match for one in reversed(said) if (match := _STATUS.search(one))), None)
    if found is None:
        return Result(Outcome.RETRY, coded(Reason.NOT_REACHED))
    status = int(found[1])
    said_so = coded(Reason.ANSWERED, status)
    if status in _GONE[kind]:
        return Result(Outcome.GONE, said_so, status)
    later = status in _LATER or status >= _SERVER_ERROR
    if later:
        return Result(Outcome.RETRY, said_so, status, max(waits, default=None))
    return Result(Outcome.REFUSED, said_so, status)


def _harmless(kind: str, text: str) -> str:
    """Keep names that others gave from calling everybody: Discord reads mentions out of plain text."""
    return text.replace("@", "@\N{ZERO WIDTH SPACE}") if kind == "discord" else text


def _q(text: str) -> str:
    return quote(text, safe=":" if text[:1].isdigit() else "")


def _login(config: Mapping[str, str]) -> str:
    return f"{_q(config['token'])}@" if config.get("token") else ""

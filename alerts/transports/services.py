"""Messages to services whose hosts are fixed, by apprise: Telegram, Slack, Discord, ntfy.sh, Pushover.

Its addresses are built here from typed values, each quoted, and no other plugin of it is switched on, so
that nothing that a person types decides which server is called.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from alerts.transports.base import Message, Outcome, Result
from alerts.transports.wording import plain_text

CONNECT_SECONDS: Final = 4
READ_SECONDS: Final = 8
_OPTIONS: Final = (
    f"cto={CONNECT_SECONDS}&rto={READ_SECONDS}&redirect=no&verify=yes&format=text&overflow=split&retry=0"
)
# what apprise writes when a service refuses; ntfy puts two digits of its own behind the status
_STATUS: Final = re.compile(r"error=(\d{3})(?:\d\d)?\b")
_GONE: Final = {
    "telegram": frozenset({401, 403, 404}),
    "slack": frozenset({403, 404, 410}),
    "discord": frozenset({401, 403, 404}),
    "ntfy": frozenset({401, 403}),
    "pushover": frozenset({401}),
}
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
            return Result(Outcome.REFUSED, "The settings of the channel do not fit.")
        with _said() as said:
            went = plugin.notify(body=_harmless(self._kind, plain_text(message)), body_format="text")
        return Result(Outcome.DELIVERED) if went else _failed(self._kind, said)


def url_of(kind: str, config: Mapping[str, str]) -> str:
    """Build the address in apprise's way."""
    return _URLS[kind](config) + _OPTIONS


def _plugin(kind: str, config: Mapping[str, str]) -> Any:
    """Make the plugin for one message; None where it refuses the values."""
    apprise = _apprise()
    asset = apprise.AppriseAsset(app_id="Florin", secure_logging=True, http_redirects=False)
    plugin = apprise.Apprise.instantiate(url_of(kind, config), asset=asset, suppress_exceptions=True)
    if plugin is not None:
        # it would sleep for as long as a service says; our outbox waits without a thread
        plugin.throttle = lambda *_args, **_kwargs: None
    return plugin


@lru_cache(maxsize=1)
def _apprise() -> Any:
    """Load apprise, which takes a while, with the plugins of our services and no other."""
    import apprise
    from apprise.manager_plugins import NotificationManager

    NotificationManager().enable_only("tgram", "slack", "discord", "ntfys", "pover")
    heard = logging.getLogger("apprise")
    # it writes addresses and keys; only the number of a refusal is taken from it
    heard.setLevel(logging.WARNING)
    heard.propagate = False
    heard.handlers = [_HEARD]
    return apprise


class _Heard(logging.Handler):
    """Keeps what apprise says in a thread while that thread sends."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.local = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        said: list[str] | None = getattr(self.local, "said", None)
        if said is not None:
            said.append(record.getMessage())


_HEARD: Final = _Heard()


@contextmanager
def _said() -> Iterator[list[str]]:
    said: list[str] = []
    _HEARD.local.said = said
    try:
        yield said
    finally:
        _HEARD.local.said = None


def _failed(kind: str, said: list[str]) -> Result:
    found = next((match for one in reversed(said) if (match := _STATUS.search(one))), None)
    if found is None:
        return Result(Outcome.RETRY, "It cannot be reached.")
    status = int(found[1])
    if status in _GONE[kind]:
        return Result(Outcome.GONE, f"It answered {status}.", status)
    later = status in _LATER or status >= _SERVER_ERROR
    return Result(Outcome.RETRY if later else Outcome.REFUSED, f"It answered {status}.", status)


def _harmless(kind: str, text: str) -> str:
    """Keep names that others gave from calling everybody: Discord reads mentions out of plain text."""
    return text.replace("@", "@\N{ZERO WIDTH SPACE}") if kind == "discord" else text


def _q(text: str) -> str:
    return quote(text, safe=":" if text[:1].isdigit() else "")


def _login(config: Mapping[str, str]) -> str:
    return f"{_q(config['token'])}@" if config.get("token") else ""

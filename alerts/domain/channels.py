"""What each kind of channel needs to lead somewhere, and what of it may be shown.

A person gives typed values, each held to a pattern as a whole; what they mean to the service is taken out
of them, so that no address of theirs is ever called but a webhook's and that of a browser's push service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

CODE_DIGITS: Final = 8
CODE_LASTS: Final = timedelta(minutes=15)
MOST_TRIES: Final = 5
# a former secret of a webhook signs too until it ends; there are at most so many
MOST_FORMER: Final = 5
ROTATION: Final = timedelta(hours=24)
LONGEST_HINT: Final = 200
# of a text no longer, both ends would tell most
SHORT: Final = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a kind; the named groups of `pattern` are what is kept, else the value by its name."""

    name: str
    pattern: re.Pattern[str]
    required: bool = True

    def read(self, text: str) -> dict[str, str] | None:
        """Take out what is kept; None where it does not fit."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        named = {name: value for name, value in found.groupdict().items() if value is not None}
        return named or {self.name: text}


def _part(name: str, pattern: str, *, required: bool = True) -> Part:
    return Part(name, re.compile(pattern, re.ASCII), required)


_URL = r"[!-~]{8,1000}"
_BASE64URL = r"[A-Za-z0-9_-]"
PARTS: Final[Mapping[str, tuple[Part, ...]]] = {
    "email": (_part("address", r"[^\s@]{1,64}@[^\s@]{1,189}"),),
    "webhook": (_part("url", _URL),),
    "push": (
        _part("endpoint", _URL),
        # a point of P-256 and 16 bytes (RFC 8291)
        _part("p256dh", _BASE64URL + r"{87}=?"),
        _part("auth", _BASE64URL + r"{22}(?:==)?"),
    ),
    "telegram": (
        _part("token", r"[0-9]{5,20}:[A-Za-z0-9_-]{20,80}"),
        _part("chat", r"-?[0-9]{1,32}|@[A-Za-z][A-Za-z0-9_]{3,40}"),
    ),
    "slack": (
        _part(
            "address",
            r"https://hooks\.slack\.com/services/"
            r"(?P<a>[A-Z0-9]{3,20})/(?P<b>[A-Z0-9]{3,20})/(?P<c>[A-Za-z0-9]{10,60})",
        ),
    ),
    "discord": (
        _part(
            "address",
            r"https://(?:(?:canary|ptb)\.)?discord(?:app)?\.com/api/webhooks/"
            r"(?P<id>[0-9]{5,25})/(?P<token>[A-Za-z0-9_-]{20,120})",
        ),
    ),
    "ntfy": (
        _part("topic", r"[A-Za-z0-9_-]{1,64}"),
        _part("token", r"tk_[A-Za-z0-9]{10,60}", required=False),
    ),
    "pushover": (_part("token", r"[A-Za-z0-9]{30}"), _part("user", r"[A-Za-z0-9]{30}")),
}


@dataclass(frozen=True, slots=True)
class Read:
    """What was taken out of a person's values: the config, or the names of what is missing or wrong."""

    config: dict[str, str]
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether nothing is missing, wrong or unknown."""
        return not (self.missing or self.wrong or self.unknown)


def read(kind: str, values: Mapping[str, str]) -> Read:
    """Take the config of a channel out of a person's values."""
    parts = {one.name: one for one in PARTS[kind]}
    config: dict[str, str] = {}
    missing, wrong = [], []
    for name, part in parts.items():
        text = values.get(name, "").strip()
        if not text:
            missing += [name] if part.required else []
            continue
        kept = part.read(text)
        if kept is None:
            wrong.append(name)
        else:
            config |= kept
    return Read(config, tuple(missing), tuple(wrong), tuple(sorted(set(values) - set(parts))))


def hint_of(kind: str, config: Mapping[str, str]) -> str:
    """Tell where a channel leads as far as it may be shown: no token, no secret, no path of an address."""
    shown = {
        "email": lambda: config["address"],
        "webhook": lambda: _host(config["url"]),
        "push": lambda: _host(config["endpoint"]),
        "telegram": lambda: config["chat"],
        "slack": lambda: f"hooks.slack.com · {config['a']}",
        "discord": lambda: f"discord.com · {config['id']}",
        "ntfy": lambda: f"ntfy.sh · {_masked(config['topic'])}",
        "pushover": lambda: f"pushover.net · {_masked(config['user'])}",
    }
    return shown[kind]()[:LONGEST_HINT]


def former_secrets(config: Mapping[str, Any], now: datetime) -> list[dict[str, str]]:
    """List the former secrets of a webhook that still sign, the last first: `secret`, and `until` in ISO."""
    former = list(config.get("former_secrets", []))
    if "old_secret" in config:  # of a version that kept one
        former.append({"secret": config["old_secret"], "until": config["old_until"]})
    return [one for one in former if datetime.fromisoformat(one["until"]) > now]


def topics_in_order(topics: Iterable[str], known: Iterable[str]) -> list[str]:
    """Put topics into the order in which they are shown, each once."""
    wanted = set(topics)
    return [one for one in known if one in wanted]


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _masked(text: str) -> str:
    """Show the ends of what whoever knows it whole could use."""
    return f"{text[:2]}…{text[-2:]}" if len(text) > SHORT else "…"

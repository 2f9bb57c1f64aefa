"""What no log, error mail or report may hold: secrets and personal data, taken out of anything.

Two rules work together: a key that names a secret loses its value whatever that is, and every
text loses what looks like one: addresses of e-mail, tokens, query strings, passwords in URLs.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

GONE = "[removed]"
MOST_DEEP = 6
_KEY = re.compile(
    r"passw|passphrase|secret|token|authori[sz]ation|cookie|e?mail|csrf|session_?key|api_?key|private|"
    r"\A(?:code|otp|pin|key|credentials|username|login|first_name|last_name|phone|dsn)\Z",
    re.IGNORECASE,
)
# a path segment after these words opens something to whoever knows it
_KEYED_PATH = re.compile(
    r"(?<=/)((?:key|confirm-email|invitations?|share|public/portfolios|unsubscribe)/)[^/\s?#\"']+"
)
# every repetition has an end, so that a long text takes no longer than its length
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(Bearer|Basic|Token)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {GONE}"),
    (re.compile(r"(\w{1,20}://)[^\s/@:]{0,200}:[^\s/@]{0,500}@"), rf"\1{GONE}@"),
    (re.compile(r"[\w.+%-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}"), GONE),
    (re.compile(r"(?<![\w.])[\w.+%-]{1,64}@localhost\b"), GONE),
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+){1,4}"), GONE),  # a JWT
    (_KEYED_PATH, rf"\1{GONE}"),
    (re.compile(r"(?<=[\w/])\?[\w.%-]+=[^\s\"'<>]*"), f"?{GONE}"),
    (
        re.compile(
            r"((?:password|passwd|secret|token|cookie|api_?key|sessionid|csrftoken)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;)}]+",
            re.IGNORECASE,
        ),
        rf"\1{GONE}",
    ),
)
_LONG = re.compile(r"(?<![\w.-])[\w-]{24,}(?:[.:][\w-]{4,})*(?![\w-])")


def text(value: str) -> str:
    """Take out of a text what looks like a secret or a person's address."""
    for pattern, instead in _RULES:
        value = pattern.sub(instead, value)
    return _LONG.sub(_long, value)


def _long(found: re.Match[str]) -> str:
    """Take a long word for a secret when it looks random; ids of ours and names in code stay."""
    word = found[0]
    random = any(one.isdigit() for one in word) and any(one.isalpha() for one in word)
    return GONE if random and not _is_uuid(word) and not _is_name(word) else word


def _is_uuid(word: str) -> bool:
    try:
        return str(UUID(word)) == word.lower()
    except ValueError:
        return False


def _is_name(word: str) -> bool:
    """Tell a name of code, of words between underscores or dots, from a random word."""
    parts = re.split(r"[_.:-]", word)
    return len(parts) > 1 and all(re.fullmatch(r"[A-Za-z]*\d{0,4}", part) for part in parts)


def anything(value: Any, depth: int = 0) -> Any:
    """Clean a value of any kind; what nests deeper than a log line should is taken out whole."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        if depth >= MOST_DEEP:
            return GONE
        return {
            key: GONE if _KEY.search(str(key)) and one not in (None, "") else anything(one, depth + 1)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return GONE if depth >= MOST_DEEP else [anything(one, depth + 1) for one in value]
    if value is None or isinstance(value, bool | int | float | UUID):
        return value
    return text(str(value))


def processor(_logger: Any, _method: str, event: Any) -> Any:
    """Clean one line of the log; a processor of structlog, behind the one that writes tracebacks."""
    return {
        key: one if key.startswith("_") else GONE if _KEY.search(key) else anything(one)
        for key, one in event.items()
    }

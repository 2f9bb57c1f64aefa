"""What is read out of what a browser sends: locale tags (BCP 47), and the device in its user agent."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOCALE = re.compile(r"^([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?$", re.ASCII)


def canonical_locale(text: str) -> str | None:
    """Write a locale the way BCP 47 does, ``de_at`` as ``de-AT``; None when it is none."""
    match = LOCALE.match(text)
    if match is None or "\n" in text:
        return None
    language, script, region = match.groups()
    parts = [language.lower()]
    if script:
        parts.append(script.title())
    if region:
        parts.append(region.upper())
    return "-".join(parts)


def primary_language(locale: str) -> str:
    """Tell a locale's language alone: ``de-AT`` is ``de``."""
    return locale.replace("_", "-").split("-")[0].lower()


@dataclass(frozen=True, slots=True)
class Device:
    """What a user agent tells: a browser or program, and the system it runs on; empty if unknown."""

    program: str = ""
    system: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.program, self.system) if part)


# The first that is found counts: browsers name those they descend from.
_PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Firefox/", "Firefox"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"^([A-Za-z][\w.-]{0,38})(?:/|\s|$)", re.ASCII)


def device_of(agent: str) -> Device:
    """Read a user agent: ``Firefox`` on ``Windows``; a program without a browser's name by its own."""
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    program = next((name for mark, name in _PROGRAMS if mark in agent), "")
    own = _PRODUCT.match(agent)
    if not program and own and own[1] != "Mozilla":
        program = own[1]
    return Device(program, system)

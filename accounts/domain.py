"""Locale tags (BCP 47): language, perhaps a script, perhaps a region."""

from __future__ import annotations

import re

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

"""Words as people and programs spell them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NOT_WORD = re.compile(r"[^0-9a-z]+")


@lru_cache(maxsize=4096)
def simplify(text: str) -> str:
    """Fold case, accents and punctuation, so that ``Währung:`` and ``WAHRUNG`` are one word."""
    if len(text) > 200:  # noqa: PLR2004 (no name of a column or kind is longer)
        return ""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", bare).strip()

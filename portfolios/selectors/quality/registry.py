"""The checks, in the order in which they are shown. A check is one function with `check` above it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from django.utils.functional import Promise

from portfolios.selectors.quality.base import Check, Found, Mend, Severity, SharedScope

Finder: TypeAlias = Callable[[SharedScope], Iterator[Found]]

REGISTRY: dict[str, Check] = {}


def check(
    code: str, severity: Severity, mend: Mend, *, title: Promise, sentence: Promise
) -> Callable[[Finder], Finder]:
    """Register the decorated finder under a code.

    Raises:
        ValueError: the code is taken.
    """

    def register(find: Finder) -> Finder:
        if code in REGISTRY:
            raise ValueError(f"{code} is taken")
        REGISTRY[code] = Check(code, severity, title, sentence, mend, find)
        return find

    return register

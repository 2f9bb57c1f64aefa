"""What the token of a program may do: a view belongs to an area, a method reads or writes it.

A sign-in may do all that its user may. A personal access token carries `scopes`, such as
`portfolios:read`, and a view that does not say where it belongs refuses it.
"""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from core.errors import InsufficientScope, SignInRequired

OPEN = "open"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def scope_of(view: Any, method: str) -> str | None:
    """Name the scope that a call takes; empty where it takes none, None where no token may call."""
    area: str = getattr(view, "area", "")
    if not area or method in getattr(view, "signed_in_only", ()):
        return None
    if area == OPEN:
        return ""
    return f"{area}:{'read' if method in getattr(view, 'reading', READING) else 'write'}"


def require_scope(request: Request, view: Any) -> None:
    """Refuse a token that is not allowed to call; a sign-in may.

    Raises:
        SignInRequired: no token may, only a person who signed in.
        InsufficientScope: names the scope that the token lacks.
    """
    granted: list[str] | None = getattr(request.auth, "scopes", None)
    if granted is None:
        return
    needed = scope_of(view, str(request.method))
    if needed is None:
        raise SignInRequired
    if needed and needed not in granted:
        raise InsufficientScope(needed)

"""What every page knows of what its reader was told."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from alerts.selectors.notifications import bell_of


def bell(request: HttpRequest) -> dict[str, Any]:
    """Tell how much the reader has not read, by one query and only where a page shows it.

    None for who is not signed in, and for staff who look at somebody's pages.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or getattr(request, "looking", None) is not None:
        return {"bell": None}
    return {"bell": SimpleLazyObject(lambda: bell_of(user))}

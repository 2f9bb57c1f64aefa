"""What templates know of staff who look at a person's pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def support(request: HttpRequest) -> dict[str, Any]:
    """Tell whose pages a member of staff looks at; None on everybody's own."""
    return {"looking": getattr(request, "looking", None)}

"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def platform(_request: HttpRequest) -> dict[str, Any]:
    """Tell the platform's name and whether it runs on its embedded parts."""
    return {
        "platform_name": "Florin",
        "embedded": settings.EMBEDDED,
        "service_version": settings.SERVICE_VERSION,
    }

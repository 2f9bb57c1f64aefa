"""System checks about people."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags
from django.core.checks import Warning as Warned
from django.core.checks import register as register_check


def staff_need_a_second_factor(**_kwargs: Any) -> list[CheckMessage]:
    """Warn where a password alone opens the admin."""
    if settings.STAFF_REQUIRE_MFA:
        return []
    return [
        Warned(
            "STAFF_REQUIRE_MFA is off: the password of a member of staff alone opens the admin.",
            hint="Leave STAFF_REQUIRE_MFA unset, or turn it on.",
            id="accounts.W001",
        )
    ]


def register() -> None:
    """Register the checks with Django."""
    register_check(staff_need_a_second_factor, Tags.security, deploy=True)

"""System checks of the ground floor."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check

from core.assets import WHEEL_FILES, path_of


def wheel_files_are_the_pinned_builds(**_kwargs: Any) -> list[CheckMessage]:
    """Fail when a script served out of a package is missing or not the build we pinned."""
    return [
        Error(
            f"{name} is missing or is not the pinned build.",
            hint="Reinstall the requirements.",
            id="core.E001",
        )
        for name, wheel_file in WHEEL_FILES.items()
        if path_of(wheel_file) is None
    ]


def register() -> None:
    """Register the checks with Django."""
    register_check(wheel_files_are_the_pinned_builds)

"""Who does something: a person, staff, or the platform itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The one on whose behalf a service acts; `user_id` is None for the platform itself."""

    user_id: UUID | None
    label: str
    is_staff: bool = False

    @classmethod
    def user(cls, user: Any) -> Actor:
        """Act as a signed-in user. The label is opaque: an audit row holds no personal data."""
        return cls(user_id=user.pk, label=f"user:{user.pk}", is_staff=user.is_staff)

    @classmethod
    def system(cls, name: str) -> Actor:
        """Act as the platform, in the command or task `name`."""
        return cls(user_id=None, label=f"system:{name}", is_staff=True)

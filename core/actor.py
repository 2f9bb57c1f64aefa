"""Who does something: a person, staff, or the platform itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The one on whose behalf a service acts; `user_id` is None for the platform itself.

    `powers` are the permissions of a member of staff, by role, such as ``market.change_instrument``;
    who `is_super` has all of them.
    """

    user_id: UUID | None
    label: str
    is_staff: bool = False
    powers: frozenset[str] = frozenset()
    is_super: bool = False

    def may(self, power: str) -> bool:
        """Tell whether the actor has a power of staff."""
        return self.is_super or power in self.powers

    @classmethod
    def user(cls, user: Any) -> Actor:
        """Act as a signed-in user. The label is opaque: an audit row holds no personal data."""
        is_super = bool(user.is_staff and user.is_superuser and user.is_active and not user.powers_withheld)
        return cls(
            user_id=user.pk,
            label=f"user:{user.pk}",
            is_staff=user.is_staff,
            powers=frozenset(user.get_all_permissions()) if user.is_staff and not is_super else frozenset(),
            is_super=is_super,
        )

    @classmethod
    def system(cls, name: str) -> Actor:
        """Act as the platform, in the command or task `name`."""
        return cls(user_id=None, label=f"system:{name}", is_staff=True, is_super=True)

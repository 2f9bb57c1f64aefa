"""Reads about staff who look at a person's pages."""

from __future__ import annotations

from uuid import UUID

from accounts.models import SupportAccess, User
from core import clock

# Under this key a session of staff names the access that it is in.
SUPPORT_MARK = "florin_support"
POWER = "accounts.look_at_pages"
MOST_LOOKS = 100


def standing_access(access_id: UUID, *, staff: User) -> SupportAccess | None:
    """Find the access that a member of staff is in, with its person; None when it counts no longer."""
    found = SupportAccess.objects.select_related("person").filter(pk=access_id, staff=staff).first()
    if found is None or found.ended_at is not None or found.ends_at <= clock.now():
        return None
    return found if staff.has_perm(POWER) and lets_support_look(found.person) else None


def lets_support_look(person: User) -> bool:
    """Tell whether a person lets support look; staff, closed accounts and those on their way out never do."""
    if not person.is_active or person.is_staff or person.erase_after is not None:
        return False
    return person.support_allowed_until is not None and person.support_allowed_until > clock.now()


def looks_at(person: User) -> list[SupportAccess]:
    """List when support looked at a person's pages, the latest first, with who it was."""
    rows = SupportAccess.objects.filter(person=person).select_related("staff")
    return list(rows.order_by("-started_at")[:MOST_LOOKS])

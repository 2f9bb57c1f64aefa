"""What the accounts delete of a person in the transaction that erases them."""

from __future__ import annotations

from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.db.models import Q

from accounts import selectors
from accounts.models import StoredMail
from accounts.services import sessions


def forget_person(*, user_id: UUID) -> None:
    """Delete what names a person and does not go with their row: sessions, kept mail, the admin's log."""
    sessions.forget_sessions(user_id=user_id)
    LogEntry.objects.filter(object_id=str(user_id)).delete()
    for address in selectors.all_addresses(user_id):
        _forget_address(address)


def _forget_address(address: str) -> None:
    """Delete what names an address: the present one, or one that is yet to be proven."""
    parts = ("recipients", "subject", "text", "html")
    StoredMail.objects.filter(_naming(address, parts)).delete()
    LogEntry.objects.filter(_naming(address, ("object_repr", "change_message"))).delete()


def _naming(address: str, fields: tuple[str, ...]) -> Q:
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__icontains": address})
    return found

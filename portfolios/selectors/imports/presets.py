"""A person's own ways of reading files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from portfolios.models import ImportPreset


def presets_of(user: Any) -> QuerySet[ImportPreset]:
    """List a person's presets by name; nobody else sees them."""
    return ImportPreset.objects.filter(user_id=user.pk)


def preset_of(user: Any, preset_id: UUID) -> ImportPreset:
    """Answer one of a person's presets.

    Raises:
        NotFound: there is none, or it is another's.
    """
    found = presets_of(user).filter(pk=preset_id).first()
    if found is None:
        raise NotFound
    return found

"""Counters of rates that grow with every change, so that readers know when what they hold is old."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from market.models import RateRevision


def rate_revision(user_id: UUID | None) -> tuple[int, int]:
    """Return the counters of the public rates and of the user's own; 0 where nothing ever changed."""
    condition = Q(owner=None) | Q(owner=user_id) if user_id else Q(owner=None)
    rows = list(RateRevision.objects.filter(condition))
    public = sum(row.value for row in rows if row.owner_id is None)
    return public, sum(row.value for row in rows if row.owner_id is not None)

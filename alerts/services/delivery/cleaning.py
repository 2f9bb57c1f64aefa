"""Throw away what nobody looks at any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts.models import Delivery
from core import clock

KEPT: Final = timedelta(days=90)


def purge() -> int:
    """Delete deliveries that ended 90 days ago, with their tries; answer how many."""
    rows = Delivery.objects.filter(done_at__lt=clock.now() - KEPT).exclude(state=Delivery.State.PENDING)
    _count, by_model = rows.delete()
    return by_model.get("alerts.Delivery", 0)

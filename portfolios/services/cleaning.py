"""Throw away what nobody needs."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from portfolios.models import TransactionImport

KEPT = timedelta(days=30)


def purge_previews() -> int:
    """Delete import previews older than 30 days that were never applied; answer how many."""
    old = TransactionImport.objects.filter(
        status=TransactionImport.Status.PREVIEWED, created_at__lt=clock.now() - KEPT
    )
    count, _ = old.only("pk").delete()
    return count

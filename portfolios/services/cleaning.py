"""Throw away what nobody needs."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from portfolios.models import TransactionImport

KEPT = timedelta(days=30)
_UNUSED = (
    TransactionImport.Status.PREVIEWED,
    TransactionImport.Status.READING,
    TransactionImport.Status.FAILED,
)


def purge_previews() -> int:
    """Delete import previews older than 30 days that were never applied; answer how many."""
    old = TransactionImport.objects.filter(status__in=_UNUSED, created_at__lt=clock.now() - KEPT)
    count, _ = old.only("pk").delete()
    return count

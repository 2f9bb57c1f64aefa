"""Upkeep of the ground floor."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task
from celery.schedules import crontab

from core import clock
from core.models import IdempotencyKey

log = structlog.get_logger(__name__)
KEPT = timedelta(days=7)


@shared_task
def purge_idempotency_keys() -> None:
    """Forget the answers to requests that nobody repeats any more."""
    count, _ = IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    log.info("core.idempotency_keys_purged", count=count)


SCHEDULE = {"core.tasks.purge_idempotency_keys": crontab(minute="7", hour="3")}

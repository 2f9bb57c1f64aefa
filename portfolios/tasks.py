"""Upkeep of portfolios."""

from __future__ import annotations

import structlog
from celery import shared_task
from celery.schedules import crontab

from portfolios.services.cleaning import purge_previews

log = structlog.get_logger(__name__)


@shared_task
def purge_import_previews() -> None:
    """Throw away import previews that nobody applied."""
    log.info("portfolios.previews_purged", count=purge_previews())


SCHEDULE = {"portfolios.tasks.purge_import_previews": crontab(minute="47", hour="3")}

"""Upkeep of portfolios."""

from __future__ import annotations

import structlog
from celery import shared_task
from celery.schedules import crontab

from portfolios.services import sharing
from portfolios.services.cleaning import purge_previews

log = structlog.get_logger(__name__)


@shared_task
def purge_import_previews() -> None:
    """Throw away import previews that nobody applied."""
    log.info("portfolios.previews_purged", count=purge_previews())


@shared_task
def purge_invitations() -> None:
    """Throw away invitations that were closed or too old for a month."""
    log.info("portfolios.invitations_purged", count=sharing.purge_invitations())


SCHEDULE = {
    "portfolios.tasks.purge_import_previews": crontab(minute="47", hour="3"),
    "portfolios.tasks.purge_invitations": crontab(minute="57", hour="3"),
}

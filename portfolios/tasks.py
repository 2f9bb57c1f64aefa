"""Upkeep of portfolios."""

from __future__ import annotations

from uuid import UUID

import structlog
from celery import shared_task
from celery.schedules import crontab

from portfolios.services import archive, imports, quality, sharing
from portfolios.services.cleaning import purge_previews

log = structlog.get_logger(__name__)
CHECK_AFTER_SECONDS = 3


@shared_task
def purge_import_previews() -> None:
    """Throw away import previews that nobody applied."""
    log.info("portfolios.previews_purged", count=purge_previews())


@shared_task
def purge_invitations() -> None:
    """Throw away invitations that were closed or too old for a month."""
    log.info("portfolios.invitations_purged", count=sharing.purge_invitations())


@shared_task
def purge_public_links() -> None:
    """Throw away public links that ended a month ago."""
    log.info("portfolios.public_links_purged", count=sharing.purge_links())


@shared_task
def check_quality(portfolio_id: str) -> None:
    """Run the quality checks over a portfolio that changed; of many calls for one state the first works."""
    key = UUID(portfolio_id)
    if not quality.is_unchecked(key):
        return
    run = quality.check_quality(portfolio_id=key)
    if run is not None:
        log.info("portfolios.quality_checked", high=run.high, medium=run.medium, low=run.low)


@shared_task
def check_all_quality() -> None:
    """Run the quality checks over every real portfolio: prices and rates changed if nothing else did."""
    count = 0
    for key in quality.real_portfolios():
        quality.check_quality(portfolio_id=key)
        count += 1
    log.info("portfolios.quality_checked_all", count=count)


@shared_task
def work_import(import_id: str) -> None:
    """Read a large file, or bring it into the ledger, whichever it waits for; twice changes nothing."""
    state = imports.work_import(import_id=UUID(import_id))
    log.info("portfolios.import_worked", import_id=import_id, state=state)


@shared_task
def work_archive(archive_id: str) -> None:
    """Bring in an archive that waits; twice changes nothing."""
    state = archive.work_archive(archive_id=UUID(archive_id))
    log.info("portfolios.archive_worked", archive_id=archive_id, state=state)


@shared_task
def resume_imports() -> None:
    """Take up imports and archives that a task left lying, or that none was told of."""
    for archive_id in archive.left_lying():
        work_archive.delay(str(archive_id))
    for import_id in imports.left_lying():
        work_import.delay(str(import_id))


SCHEDULE = {
    "portfolios.tasks.check_all_quality": crontab(minute="7", hour="4"),
    "portfolios.tasks.purge_import_previews": crontab(minute="47", hour="3"),
    "portfolios.tasks.purge_invitations": crontab(minute="57", hour="3"),
    "portfolios.tasks.purge_public_links": crontab(minute="52", hour="3"),
    "portfolios.tasks.resume_imports": crontab(),
}

"""What runs in the background about people."""

from __future__ import annotations

from uuid import UUID

import structlog
from celery import shared_task
from celery.schedules import crontab

from accounts import selectors, services

log = structlog.get_logger(__name__)


@shared_task
def purge_refresh_tokens() -> None:
    """Throw away refresh tokens that expired."""
    log.info("accounts.refresh_tokens_purged", count=services.purge_refresh_tokens())


@shared_task
def purge_personal_tokens() -> None:
    """Throw away personal access tokens that ended long ago."""
    log.info("accounts.personal_tokens_purged", count=services.purge_personal_tokens())


@shared_task
def purge_sessions() -> None:
    """Throw away sessions of the pages that expired."""
    log.info("accounts.sessions_purged", count=services.purge_sessions())


@shared_task
def purge_stored_mail() -> None:
    """Throw away old mail that the embedded mode kept."""
    log.info("accounts.stored_mail_purged", count=services.purge_stored_mail())


@shared_task
def erase_due() -> None:
    """Have every account erased whose person asked for it and did not cancel; one task for each."""
    due = selectors.erasures_due()
    for user_id in due:
        erase_person.delay(str(user_id))
    log.info("accounts.erasures_due", count=len(due))


@shared_task
def erase_person(user_id: str) -> None:
    """Erase one account that is due; what fails is found again in an hour."""
    log.info("accounts.erasure_tried", erased=services.erase_if_due(user_id=UUID(user_id)))


SCHEDULE = {
    "accounts.tasks.erase_due": crontab(minute="47"),
    "accounts.tasks.purge_personal_tokens": crontab(minute="7", hour="3"),
    "accounts.tasks.purge_refresh_tokens": crontab(minute="17", hour="3"),
    "accounts.tasks.purge_sessions": crontab(minute="27", hour="3"),
    "accounts.tasks.purge_stored_mail": crontab(minute="37", hour="3"),
}

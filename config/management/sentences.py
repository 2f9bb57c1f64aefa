"""Errors that stop a command, said as sentences that tell what to do."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError

from core.errors import DomainError

DISK_FULL = "53100"
EXPLAINED = (DomainError, ImproperlyConfigured, OperationalError)


def explain(error: BaseException) -> str | None:
    """Return what to tell the user; None when only a traceback helps."""
    if isinstance(error, DomainError):
        return error.detail
    if isinstance(error, ImproperlyConfigured):
        return f"The settings do not fit: {error}"
    state = getattr(error.__cause__, "sqlstate", None)
    if state == DISK_FULL:
        return (
            "The disk is full, so the database cannot write. Nothing saved is lost. "
            "Free some space and start again."
        )
    if state is None and not settings.EMBEDDED:
        return f"The database that DATABASE_URL names does not answer: {_first_line(error)}"
    return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["it said nothing"])[0]

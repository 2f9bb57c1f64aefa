"""What piles up and is thrown away."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import (
    BrowserSession,
    KnownOrigin,
    PersonalAccessToken,
    RefreshToken,
    RefusedSignIns,
    StoredMail,
    TokenFamily,
)
from core import clock

GRACE = timedelta(days=1)
MAIL_KEPT = timedelta(days=30)
ORIGIN_KEPT = timedelta(days=365)
ENDED_TOKENS_KEPT = timedelta(days=30)


@transaction.atomic
def purge_refresh_tokens() -> int:
    """Delete refresh tokens a day after they expired, and families without any; answers how many tokens."""
    limit = clock.now() - GRACE
    deleted, _rows = RefreshToken.objects.filter(expires_at__lt=limit).delete()
    alive = RefreshToken.objects.filter(family=OuterRef("pk"))
    TokenFamily.objects.filter(~Exists(alive), created_at__lt=limit).delete()
    return deleted


def purge_personal_tokens() -> int:
    """Delete personal access tokens 30 days after they expired or were revoked; answers how many."""
    limit = clock.now() - ENDED_TOKENS_KEPT
    ended = PersonalAccessToken.objects.filter(Q(expires_at__lt=limit) | Q(revoked_at__lt=limit))
    deleted, _rows = ended.delete()
    return deleted


def purge_sessions() -> int:
    """Delete expired sessions of the pages, their rows, and origins unused for a year; answers how many."""
    now = clock.now()
    deleted, _rows = Session.objects.filter(expire_date__lt=now).delete()
    stored = Session.objects.filter(session_key=OuterRef("session_key"))
    BrowserSession.objects.filter(~Exists(stored), last_seen_at__lt=now - GRACE).delete()
    KnownOrigin.objects.filter(last_seen_at__lt=now - ORIGIN_KEPT).delete()
    RefusedSignIns.objects.filter(day__lt=(now - ORIGIN_KEPT).date()).delete()
    return deleted


def purge_stored_mail() -> int:
    """Delete the embedded mode's kept mail after 30 days; answers how many."""
    deleted, _rows = StoredMail.objects.filter(sent_at__lt=clock.now() - MAIL_KEPT).delete()
    return deleted

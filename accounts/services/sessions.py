"""Sign-ins that last: sessions of the pages and over the API, and how they are ended."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import BrowserSession, TokenFamily, User
from accounts.services import origins
from accounts.services.tokens import revoke_family
from core import audit, clock, context
from core.actor import Actor
from core.errors import NotFound

# How exact "last seen" is: a row is written this often and not at every request.
SEEN_EVERY = timedelta(minutes=5)


@transaction.atomic
def session_started(*, user: User, session_key: str) -> UUID:
    """Record that a user signed in on the pages; answers the row that their session is to name."""
    audit.record(actor=Actor.user(user), verb="user.signed_in", object_type="user", object_id=user.pk)
    origins.note_sign_in(user=user)
    return open_session(user=user, session_key=session_key)


def open_session(*, user: User, session_key: str) -> UUID:
    """List a session that a signed-in user has; answers the row that it is to name."""
    origin = context.current()
    row = BrowserSession.objects.create(
        user=user,
        session_key=session_key,
        password_stamp=user.get_session_auth_hash(),
        address=origin.address or None,
        agent=origin.agent[:300],
    )
    return row.pk


def session_seen(*, user: User, session_id: UUID, session_key: str) -> bool:
    """Tell whether a session still counts, and note now and then that it was seen."""
    row = BrowserSession.objects.filter(pk=session_id, user=user).first()
    if row is None:
        return False
    now, stamp = clock.now(), user.get_session_auth_hash()
    # the key is another after a change of the password, and the stamp too
    if (row.session_key, row.password_stamp) != (session_key, stamp) or row.last_seen_at < now - SEEN_EVERY:
        BrowserSession.objects.filter(pk=row.pk).update(
            session_key=session_key,
            password_stamp=stamp,
            last_seen_at=now,
            address=context.current().address or None,
        )
    return True


def family_used(*, family: TokenFamily) -> None:
    """Note now and then that the tokens of an API sign-in are in use."""
    now = clock.now()
    if family.last_used_at < now - SEEN_EVERY:
        TokenFamily.objects.filter(pk=family.pk).update(last_used_at=now)


@transaction.atomic
def session_ended(*, user: User, session_id: UUID | None) -> None:
    """Record that a user signed out on the pages."""
    if session_id is not None:
        BrowserSession.objects.filter(pk=session_id, user=user).delete()
    audit.record(actor=Actor.user(user), verb="user.signed_out", object_type="user", object_id=user.pk)


@transaction.atomic
def end_session(*, actor: Actor, user_id: UUID, session_id: UUID) -> None:
    """End one sign-in of a user, on the pages or over the API; its next request is refused.

    Raises:
        NotFound: there is no such sign-in, or the actor is not its user.
    """
    if actor.user_id != user_id:
        raise NotFound
    if _end_browser_sessions(actor, user_id, [session_id]):
        return
    family = TokenFamily.objects.filter(pk=session_id, user_id=user_id, revoked_at__isnull=True).first()
    if family is None:
        raise NotFound
    revoke_family(family_id=family.pk, reason="revoked")


@transaction.atomic
def end_other_sessions(*, actor: Actor, user_id: UUID, keep: UUID | None) -> int:
    """End every sign-in of a user but the one that asks; answers how many ended.

    Raises:
        NotFound: the actor is not the user.
    """
    if actor.user_id != user_id:
        raise NotFound
    return end_sign_ins_of(actor=actor, user_id=user_id, keep=keep)


def end_sign_ins_of(*, actor: Actor, user_id: UUID, keep: UUID | None = None) -> int:
    """End every sign-in of a user but `keep`, for whoever may; answers how many ended."""
    browsers = BrowserSession.objects.filter(user_id=user_id).values_list("pk", flat=True)
    families = TokenFamily.objects.filter(user_id=user_id, revoked_at__isnull=True)
    ended = _end_browser_sessions(actor, user_id, [pk for pk in browsers if pk != keep])
    for family in families:
        if family.pk != keep:
            revoke_family(family_id=family.pk, reason="revoked")
            ended += 1
    return ended


def forget_sessions(*, user_id: UUID) -> None:
    """Delete what a person's sessions hold, for they name its address; the rows go with the account."""
    for key in BrowserSession.objects.filter(user_id=user_id).values_list("session_key", flat=True):
        _delete_stored(key)


def _end_browser_sessions(actor: Actor, user_id: UUID, session_ids: list[UUID]) -> int:
    rows = list(BrowserSession.objects.select_for_update().filter(pk__in=session_ids, user_id=user_id))
    for row in rows:
        audit.record(
            actor=actor,
            verb="user.signed_out",
            object_type="browser_session",
            object_id=row.pk,
            reason="revoked",
        )
        _delete_stored(row.session_key)
        row.delete()
    return len(rows)


def _delete_stored(session_key: str) -> None:
    """Delete a session's data too. That the row is gone is what ends it: a cache may still hold the data."""
    if session_key:
        import_module(settings.SESSION_ENGINE).SessionStore().delete(session_key)

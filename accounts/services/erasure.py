"""Erasing a person: at once, or after days in which they may think better of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import transports
from accounts.models import User
from accounts.services import passwords, sessions
from accounts.services import proof as proofs
from accounts.services.proof import Proof
from core import audit, clock
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.ports import personal_erasers


def erase_user(*, actor: Actor, user_id: UUID, password: str) -> None:
    """Delete an account and everything that is its person's alone; the audit log keeps opaque ids.

    Raises:
        NotFound: the actor is not the user.
        Conflict: nobody else could administrate the site.
        ValidationFailed: the password is not right; names the field.
        RateLimited: too many wrong guesses.
    """
    if actor.user_id != user_id:
        raise NotFound
    _keep_a_superuser(user_id)
    passwords.confirm(user_id=user_id, password=password)
    _erase_now(actor, user_id)


def request_erasure(*, actor: Actor, user_id: UUID, proof: Proof) -> datetime | None:
    """Have an account erased after ``ERASURE_GRACE_DAYS``, and end all of its sign-ins now.

    Answers the instant (UTC) after which it is erased; None where it was erased at once. Asking
    again changes nothing of that.

    Raises:
        NotFound: the actor is not the user.
        Conflict: nobody else could administrate the site.
        ValidationFailed: it is not proven that they ask; names the field.
        RateLimited: too many wrong guesses.
    """
    if actor.user_id != user_id:
        raise NotFound
    _keep_a_superuser(user_id)
    proofs.require(user_id=user_id, proof=proof)
    if settings.ERASURE_GRACE_DAYS == 0:
        _erase_now(actor, user_id)
        return None
    return _schedule(actor, user_id)


@transaction.atomic
def _schedule(actor: Actor, user_id: UUID) -> datetime:
    user = _locked(user_id)
    due = user.erase_after
    if due is None:
        due = user.erase_after = clock.now() + timedelta(days=settings.ERASURE_GRACE_DAYS)
        user.save(update_fields=["erase_after"])
        _record(actor, user, "user.erasure_requested", due)
        _tell(user, "account/email/erasure_scheduled", due)
    sessions.end_other_sessions(actor=actor, user_id=user_id, keep=None)
    return due


@transaction.atomic
def cancel_erasure(*, actor: Actor, user_id: UUID) -> bool:
    """Keep an account that was to be erased, as it was; says whether there was anything to cancel.

    Raises:
        NotFound: the actor is not the user, or it is erased already.
    """
    if actor.user_id != user_id:
        raise NotFound
    user = _locked(user_id)
    due = user.erase_after
    if due is None:
        return False
    user.erase_after = None
    user.save(update_fields=["erase_after"])
    _record(actor, user, "user.erasure_cancelled", due)
    _tell(user, "account/email/erasure_cancelled", due)
    return True


@transaction.atomic
def erase_if_due(*, user_id: UUID) -> bool:
    """Erase an account whose days are over; says whether it did.

    Of two calls at once the second waits for the first and finds nothing; so does one that comes
    after a cancellation.
    """
    due = User.objects.select_for_update().filter(pk=user_id, erase_after__lte=clock.now()).first()
    if due is None:
        return False
    _erase(Actor.system("erasure"), due)
    return True


@transaction.atomic
def _erase_now(actor: Actor, user_id: UUID) -> None:
    _erase(actor, _locked(user_id))


def _keep_a_superuser(user_id: UUID) -> None:
    staying = User.objects.filter(is_superuser=True, is_active=True, erase_after=None)
    if staying.filter(pk=user_id).exists() and not staying.exclude(pk=user_id).exists():
        raise Conflict(_("You alone administrate this site. Make somebody else a superuser first."))


def _locked(user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    return user


def _erase(actor: Actor, user: User) -> None:
    audit.record(actor=actor, verb="user.erased", object_type="user", object_id=user.pk)
    personal_erasers.collect(user.pk)
    user.delete()


def _record(actor: Actor, user: User, verb: str, due: datetime) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        object_type="user",
        object_id=user.pk,
        after={"erase_after": due.isoformat()},
    )


def _tell(user: User, template: str, due: datetime) -> None:
    details = {"erase_after": due}
    transaction.on_commit(
        lambda: transports.send_notice(user, template, details, path=reverse("settings-leaving")), robust=True
    )

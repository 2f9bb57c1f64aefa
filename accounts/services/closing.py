"""What staff do to a person's account, each with a reason: close it, sign out, help with lost secrets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import transports
from accounts.events import SecurityChanged
from accounts.models import SupportAccess, User
from accounts.services.authority import locked_account, required
from accounts.services.personal_tokens import revoke_personal_tokens_of
from accounts.services.registration import create_user
from accounts.services.sessions import end_sign_ins_of
from accounts.services.support import end_access
from core import audit
from core.actor import Actor
from core.bus import bus
from core.errors import Conflict, Forbidden
from core.models import AuditEvent


@transaction.atomic
def close_account(*, actor: Actor, user_id: UUID, reason: str) -> None:
    """Close an account: its sessions and tokens end, and nobody signs in to it until it is opened.

    Raises:
        NotFound: there is no such account.
        Forbidden: see `locked_account`.
        Conflict: it is closed.
        ValidationFailed: no reason is given; names the field.
    """
    reason = required(reason)
    user = locked_account(actor=actor, user_id=user_id, power="accounts.close_user")
    if not user.is_active:
        raise Conflict(_("The account is closed."))
    user.is_active = False
    user.save(update_fields=["is_active"])
    ended = end_sign_ins_of(actor=actor, user_id=user_id)
    revoke_personal_tokens_of(actor=actor, user_id=user_id, reason="closed")
    for access in SupportAccess.objects.filter(Q(staff=user) | Q(person=user), ended_at=None):
        end_access(actor=Actor.user(user), access_id=access.pk, end=SupportAccess.End.REFUSED)
    _note(actor, "user.closed", user, reason, {"ended": ended})


@transaction.atomic
def open_account(*, actor: Actor, user_id: UUID, reason: str) -> None:
    """Open a closed account again; its person signs in anew.

    Raises:
        NotFound: there is no such account.
        Forbidden: see `locked_account`.
        Conflict: it is open.
        ValidationFailed: no reason is given; names the field.
    """
    reason = required(reason)
    user = locked_account(actor=actor, user_id=user_id, power="accounts.close_user")
    if user.is_active:
        raise Conflict(_("The account is open."))
    user.is_active = True
    user.save(update_fields=["is_active"])
    _note(actor, "user.opened", user, reason)


@transaction.atomic
def sign_out_everywhere(*, actor: Actor, user_id: UUID, reason: str) -> int:
    """End every sign-in of a person, on the pages and over the API; answers how many there were.

    Raises:
        NotFound: there is no such account.
        Forbidden: see `locked_account`.
        ValidationFailed: no reason is given; names the field.
    """
    reason = required(reason)
    user = locked_account(actor=actor, user_id=user_id, power="accounts.end_sign_ins")
    ended = end_sign_ins_of(actor=actor, user_id=user_id)
    _note(actor, "user.signed_out_by_staff", user, reason, {"ended": ended})
    return ended


@transaction.atomic
def send_reset_link(*, actor: Actor, user_id: UUID, reason: str) -> None:
    """Send a person the link with which they set a new password: no member of staff ever knows one.

    Raises:
        NotFound: there is no such account.
        Forbidden: see `locked_account`.
        Conflict: the account is closed.
        ValidationFailed: no reason is given; names the field.
    """
    reason = required(reason)
    user = locked_account(actor=actor, user_id=user_id, power="accounts.send_reset_link")
    if not user.is_active:
        raise Conflict(_("The account is closed."))
    transaction.on_commit(lambda: transports.send_reset_link(user), robust=True)
    _note(actor, "user.reset_link_sent", user, reason)


@transaction.atomic
def remove_factors(*, actor: Actor, user_id: UUID, reason: str) -> None:
    """Take the second factors from a person who lost them, recovery codes too; the password stays.

    Their sign-ins end, and they are told by mail.

    Raises:
        NotFound: there is no such account.
        Forbidden: see `locked_account`.
        Conflict: the account has no second factor.
        ValidationFailed: no reason is given; names the field.
    """
    reason = required(reason)
    user = locked_account(actor=actor, user_id=user_id, power="accounts.remove_factors")
    factors = Authenticator.objects.filter(user=user)
    kinds = sorted(set(factors.values_list("type", flat=True)))
    if not kinds:
        raise Conflict(_("The account has no second factor."))
    factors.delete()
    end_sign_ins_of(actor=actor, user_id=user_id)
    notice, path = "account/email/factors_removed", reverse("mfa_index")
    transaction.on_commit(lambda: transports.send_notice(user, notice, path=path), robust=True)
    event = _note(actor, "user.factors_removed_by_staff", user, reason, {"kinds": kinds})
    bus.publish(SecurityChanged(user_id=user_id, verb=event.verb, kind="", audit_id=event.pk))


@transaction.atomic
def invite_person(*, actor: Actor, email: str) -> User:
    """Make an account for somebody, who sets its password by the link that is sent.

    Raises:
        Forbidden: the actor may not make accounts.
        ValidationFailed: the address is none; names the field.
        EmailTaken: the address has an account.
    """
    if not actor.may("accounts.add_user"):
        raise Forbidden(_("Your role does not allow this."))
    user = create_user(email=email, password=None)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    transaction.on_commit(lambda: transports.send_reset_link(user), robust=True)
    _note(actor, "user.made_by_staff", user, "")
    return user


def _note(actor: Actor, verb: str, user: User, reason: str, told: dict[str, Any] | None = None) -> AuditEvent:
    return audit.record(
        actor=actor, verb=verb, object_type="user", object_id=user.pk, after=told, reason=reason
    )

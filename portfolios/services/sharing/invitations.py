"""Invite somebody by e-mail, remind them, take it back."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts.models import User
from core import audit, clock, limiter, metrics
from core.actor import Actor
from core.bus import bus
from core.errors import Forbidden, NotFound, RateLimited, ValidationFailed
from portfolios import transports
from portfolios.errors import AddressUnproven, AlreadyMember, InvitationClosed, TooManyMembers
from portfolios.events import MemberInvited
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, PortfolioInvitation, PortfolioMember
from portfolios.selectors import sharing

LASTS = timedelta(days=14)
# how long a closed one is kept, so that its link says what became of it
KEPT = timedelta(days=30)
MOST_MEMBERS = 50
MAX_EMAIL = 254
Status = PortfolioInvitation.Status


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, and whether it is new: one that waits already is answered as it stands."""

    invitation: PortfolioInvitation
    is_new: bool


@transaction.atomic
def invite_member(*, actor: Actor, portfolio_id: UUID, email: str, role: str) -> Invited:
    """Invite an address, whether it has an account or not, and mail it the link.

    Where one waits already, no second mail goes out; it offers the new role from now on.

    Raises:
        NotFound, Forbidden, ManagedPortfolio: the actor does not own it, or nobody may share it.
        AddressUnproven: the actor has not proven their own address.
        ValidationFailed: the address is none, or the role is not viewer or editor.
        AlreadyMember: a member has that address.
        TooManyMembers: the portfolio has 50 members and open invitations.
        RateLimited: the actor sent, or the address got, too many mails of this kind.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, owner_only=True)
    sender = _proven_sender(actor)
    email = _address(email)
    _require_role(role)
    if PortfolioMember.objects.filter(portfolio=portfolio, user__email__iexact=email).exists():
        raise AlreadyMember
    found = sharing.invitations(portfolio).filter(email=email).first()
    if found is not None and sharing.state_of(found) == Status.OPEN:
        return Invited(_offered(actor, found, role), is_new=False)
    if found is None:
        _require_room(portfolio)
        found = PortfolioInvitation(portfolio=portfolio, email=email)
    found.role, found.invited_by = role, sender
    _send(actor, found, "portfolio.member_invited")
    bus.publish(MemberInvited(portfolio_id=portfolio.pk, invitation_id=found.pk, role=role))
    return Invited(found, is_new=True)


@transaction.atomic
def resend_invitation(*, actor: Actor, portfolio_id: UUID, invitation_id: UUID) -> PortfolioInvitation:
    """Mail a new link, which lasts 14 days from now; the former one opens nothing any more.

    Raises:
        NotFound, Forbidden: there is no such invitation, or the actor does not own the portfolio.
        AddressUnproven: the actor has not proven their own address.
        InvitationClosed: it was answered or withdrawn.
        RateLimited: the actor sent, or the address got, too many mails of this kind.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, owner_only=True)
    sender = _proven_sender(actor)
    found = _found(portfolio, invitation_id)
    if found.status != Status.OPEN:
        raise InvitationClosed
    found.invited_by = sender
    _send(actor, found, "portfolio.invitation_resent")
    return found


@transaction.atomic
def withdraw_invitation(*, actor: Actor, portfolio_id: UUID, invitation_id: UUID) -> None:
    """Take an invitation back; doing so twice changes nothing.

    Raises:
        NotFound, Forbidden: there is no such invitation, or the actor does not own the portfolio.
        InvitationClosed: it was answered.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, owner_only=True)
    found = _found(portfolio, invitation_id)
    if found.status == Status.WITHDRAWN:
        return
    if found.status != Status.OPEN:
        raise InvitationClosed
    found.status, found.closed_at = Status.WITHDRAWN, clock.now()
    found.save(update_fields=["status", "closed_at", "updated_at"])
    _record(actor, found, "portfolio.invitation_withdrawn")


def purge_invitations() -> int:
    """Delete invitations 30 days after they were closed or became too old; answers how many."""
    limit = clock.now() - KEPT
    rows = PortfolioInvitation.objects
    closed, _rows = rows.filter(closed_at__lt=limit).delete()
    expired, _rows = rows.filter(status=Status.OPEN, expires_at__lt=limit).delete()
    return closed + expired


def _proven_sender(actor: Actor) -> User:
    user = User.objects.filter(pk=actor.user_id).first() if actor.user_id else None
    if user is None:
        raise Forbidden(_("Only a person can invite."))
    if not people.is_email_verified(user):
        raise AddressUnproven(_("Prove your e-mail address first: invitations are sent in your name."))
    return user


def _address(text: str) -> str:
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationFailed.of("email", _("Enter an e-mail address.")) from error
    if len(email) > MAX_EMAIL:
        raise ValidationFailed.of("email", _("The e-mail address is too long."), "max_length")
    return email


def _require_role(role: str) -> None:
    if role not in {value for value, _label in PortfolioInvitation.ROLES}:
        raise ValidationFailed.of("role", _("A member is a viewer or an editor."), "choice")


def _require_room(portfolio: Portfolio) -> None:
    count = PortfolioMember.objects.filter(portfolio=portfolio).count()
    count += sharing.invitations(portfolio).count()
    if count >= MOST_MEMBERS:
        raise TooManyMembers(_("At most %(most)s, invitations included.") % {"most": MOST_MEMBERS})


def _offered(actor: Actor, found: PortfolioInvitation, role: str) -> PortfolioInvitation:
    if found.role != role:
        found.role = role
        found.save(update_fields=["role", "updated_at"])
        _record(actor, found, "portfolio.invitation_changed")
    return found


def _send(actor: Actor, found: PortfolioInvitation, verb: str) -> None:
    _spend(actor, found.email)
    token = secrets.token_urlsafe(32)
    found.token_hash = sharing.digest(token)
    found.sent_at = clock.now()
    found.expires_at = found.sent_at + LASTS
    found.save()
    _record(actor, found, verb)
    transaction.on_commit(lambda: transports.send_invitation(found, token), robust=True)


def _spend(actor: Actor, email: str) -> None:
    address = hashlib.sha256(email.encode()).hexdigest()
    for name, who in (("invitations", str(actor.user_id)), ("invitations-address", address)):
        verdict = limiter.spend(limiter.Budget.parse(name, settings.THROTTLES[name]), who)
        if not verdict.allowed:
            metrics.throttled.labels(budget=name).inc()
            raise RateLimited(
                _("Too many invitations were sent. Try again later."), retry_after=verdict.reset
            )


def _found(portfolio: Portfolio, invitation_id: UUID) -> PortfolioInvitation:
    rows = PortfolioInvitation.objects.select_related("portfolio", "invited_by")
    found = rows.filter(portfolio=portfolio, pk=invitation_id).first()
    if found is None:
        raise NotFound
    return found


def _record(actor: Actor, found: PortfolioInvitation, verb: str) -> None:
    """Write the audit event; the address is personal and stays out of it."""
    audit.record(
        actor=actor,
        verb=verb,
        object_type="portfolio",
        object_id=found.portfolio_id,
        after={"invitation": str(found.pk), "role": found.role},
    )

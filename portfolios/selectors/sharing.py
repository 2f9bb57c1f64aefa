"""Who shares a portfolio, and who is invited to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from accounts import selectors as people
from core import clock
from core.errors import Forbidden, NotFound
from core.models import Role
from portfolios.models import Portfolio, PortfolioInvitation, PortfolioMember
from portfolios.selectors.portfolios import get


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as one reader may see them; `email` is None where it is none of the reader's business."""

    user_id: UUID
    name: str
    email: str | None
    role: str
    is_you: bool
    joined_at: datetime

    @property
    def role_label(self) -> str:
        """The role in words."""
        return str(Role(self.role).label)


def members(user: Any, portfolio_id: UUID) -> list[MemberView]:
    """List the members of a portfolio that `user` may see: the owner first, then by when they came.

    The owner sees everybody's address, and everybody the owner's and their own.

    Raises:
        NotFound: `user` is no member.
    """
    portfolio = get(user, portfolio_id)
    owner_first = Case(When(role=Role.OWNER, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = PortfolioMember.objects.filter(portfolio=portfolio).select_related("user")
    reads_all = portfolio.role == Role.OWNER  # type: ignore[attr-defined]  # annotated by visible_to
    return [_view(one, user, reads_all) for one in rows.order_by(owner_first, "created_at", "pk")]


def _view(row: PortfolioMember, reader: Any, reads_all: bool) -> MemberView:
    shown = reads_all or row.role == Role.OWNER or row.user_id == reader.pk
    return MemberView(
        user_id=row.user_id,
        name=row.user.name or (row.user.email if shown else masked(row.user.email)),
        email=row.user.email if shown else None,
        role=row.role,
        is_you=row.user_id == reader.pk,
        joined_at=row.created_at,
    )


def masked(email: str) -> str:
    """Shorten an address to what tells people apart who know each other: ``b…@example.org``."""
    local, _, host = email.rpartition("@")
    return f"{local[:1]}…@{host}"


def get_owned(user: Any, portfolio_id: UUID) -> Portfolio:
    """Answer a portfolio that `user` owns.

    Raises:
        NotFound: there is none, or `user` is no member.
        Forbidden: it is somebody else's.
    """
    portfolio = get(user, portfolio_id)
    if portfolio.role != Role.OWNER:  # type: ignore[attr-defined]  # annotated by visible_to
        raise Forbidden
    return portfolio


def invitations(portfolio: Portfolio) -> QuerySet[PortfolioInvitation]:
    """List the invitations that wait for an answer, newest first; those that are too old are among them."""
    return PortfolioInvitation.objects.filter(portfolio=portfolio, status=PortfolioInvitation.Status.OPEN)


def invitations_to(user: Any) -> QuerySet[PortfolioInvitation]:
    """List the invitations that `user` can answer: open, and sent to an address that they have proven."""
    return (
        PortfolioInvitation.objects.filter(
            status=PortfolioInvitation.Status.OPEN,
            expires_at__gt=clock.now(),
            email__in=people.proven_addresses(user.pk),
        )
        .exclude(portfolio__members__user=user)
        .select_related("portfolio", "invited_by")
    )


def by_token(token: str) -> PortfolioInvitation:
    """Find the invitation that a mailed link opens, in whatever state it is.

    Raises:
        NotFound: there is none (any more).
    """
    rows = PortfolioInvitation.objects.select_related("portfolio", "invited_by")
    found = rows.filter(token_hash=digest(token)).first()
    if found is None:
        raise NotFound
    return found


def digest(token: str) -> str:
    """Tell what is kept of a token: its SHA-256 in hexadecimal. It is random, so it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def state_of(invitation: PortfolioInvitation) -> str:
    """Tell ``open``, ``expired``, ``accepted``, ``declined`` or ``withdrawn``."""
    if invitation.status == PortfolioInvitation.Status.OPEN and invitation.expires_at <= clock.now():
        return "expired"
    return str(invitation.status)


def is_addressee(user: Any, invitation: PortfolioInvitation) -> bool:
    """Tell whether `user` has proven the address that the invitation went to."""
    return people.is_address_proven(user, invitation.email)


def caller_of(invitation: PortfolioInvitation) -> str:
    """Tell how to call the one who invites: name and address, so that it can be checked."""
    inviter = invitation.invited_by
    return f"{inviter.name} ({inviter.email})" if inviter.name else inviter.email

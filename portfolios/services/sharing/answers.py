"""Accept an invitation, or decline it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core import audit, clock
from core.actor import Actor
from core.bus import bus
from core.errors import NotFound
from core.models import Role
from portfolios import transports
from portfolios.errors import InvitationClosed
from portfolios.events import MemberJoined
from portfolios.locks import lock_portfolio
from portfolios.models import PortfolioInvitation, PortfolioMember
from portfolios.selectors import sharing

Status = PortfolioInvitation.Status
CLOSED = {
    Status.ACCEPTED: gettext_lazy("It was accepted already."),
    Status.DECLINED: gettext_lazy("It was declined."),
    Status.WITHDRAWN: gettext_lazy("It was withdrawn."),
}


@transaction.atomic
def accept_invitation(*, user: Any, invitation_id: UUID) -> PortfolioMember:
    """Become a member; doing so twice answers the same membership.

    Who is a member already keeps the role that they have.

    Raises:
        NotFound: there is none, or it went to an address that `user` has not proven.
        InvitationClosed: it was answered or withdrawn, or is too old.
    """
    found = _locked(user, invitation_id)
    member = PortfolioMember.objects.filter(portfolio=found.portfolio, user=user).first()
    if found.status == Status.ACCEPTED and found.member_id == user.pk and member is not None:
        return member
    _require_open(found)
    if member is None:
        member = _joined(user, found)
    found.member_id = user.pk
    _close(found, Status.ACCEPTED)
    return member


@transaction.atomic
def decline_invitation(*, user: Any, invitation_id: UUID) -> None:
    """Say no; doing so twice changes nothing.

    Raises:
        NotFound: there is none, or it went to an address that `user` has not proven.
        InvitationClosed: it was accepted or withdrawn, or is too old.
    """
    found = _locked(user, invitation_id)
    if found.status == Status.DECLINED:
        return
    _require_open(found)
    _close(found, Status.DECLINED)
    _record(user, found, "portfolio.invitation_declined")


def _locked(user: Any, invitation_id: UUID) -> PortfolioInvitation:
    """Lock the portfolio, then who answers, whose erasure takes the rows in that order too."""
    rows = PortfolioInvitation.objects
    portfolio_id = rows.filter(pk=invitation_id).values_list("portfolio_id", flat=True).first()
    if portfolio_id is None:
        raise NotFound
    portfolio = lock_portfolio(actor=Actor.system("invitation"), portfolio_id=portfolio_id)
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).exists():
        raise NotFound
    found = rows.filter(pk=invitation_id).first()
    if found is None or not sharing.is_addressee(user, found):
        raise NotFound
    found.portfolio = portfolio
    return found


def _require_open(found: PortfolioInvitation) -> None:
    if sharing.state_of(found) != Status.OPEN:
        reason = CLOSED.get(Status(found.status), "")
        raise InvitationClosed(str(reason) or _("It is too old. Ask for a new one."))


def _joined(user: Any, found: PortfolioInvitation) -> PortfolioMember:
    member = PortfolioMember.objects.create(portfolio=found.portfolio, user=user, role=found.role)
    _record(user, found, "portfolio.member_joined")
    owners = PortfolioMember.objects.select_related("user").filter(role=Role.OWNER)
    owner = owners.get(portfolio=found.portfolio).user
    transaction.on_commit(
        lambda: transports.send_joined(found.portfolio, owner=owner, member=user), robust=True
    )
    bus.publish(MemberJoined(portfolio_id=found.portfolio_id, user_id=user.pk, role=found.role))
    return member


def _close(found: PortfolioInvitation, status: Status) -> None:
    found.status, found.closed_at = status, clock.now()
    found.save(update_fields=["status", "closed_at", "member_id", "updated_at"])


def _record(user: Any, found: PortfolioInvitation, verb: str) -> None:
    audit.record(
        actor=Actor.user(user),
        verb=verb,
        object_type="portfolio",
        object_id=found.portfolio_id,
        after={"invitation": str(found.pk), "role": found.role},
    )

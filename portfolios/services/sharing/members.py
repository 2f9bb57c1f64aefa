"""Change what a member may do, end a membership, hand a portfolio over."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import selectors as people
from core import audit
from core.actor import Actor
from core.bus import bus
from core.errors import NotFound, ValidationFailed
from core.models import Role
from market.models import Instrument
from market.services.instruments import hand_over
from portfolios import transports
from portfolios.errors import OwnerStays
from portfolios.events import MemberChanged, MemberRemoved, OwnerChanged
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, PortfolioInvitation, PortfolioMember, Transaction
from portfolios.selectors.ledger import owner_id
from portfolios.selectors.portfolios import named_in
from portfolios.services.revisions import bump
from portfolios.services.sharing.links import end_links


@transaction.atomic
def change_role(*, actor: Actor, portfolio_id: UUID, user_id: UUID, role: str) -> PortfolioMember:
    """Make a member a viewer or an editor.

    Raises:
        NotFound, Forbidden: there is no such member, or the actor does not own the portfolio.
        OwnerStays: it is the owner; see `hand_over_portfolio`.
        ValidationFailed: the role is neither.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, owner_only=True)
    if role not in {value for value, _label in PortfolioInvitation.ROLES}:
        raise ValidationFailed.of("role", _("A member is a viewer or an editor."), "choice")
    member = _member(portfolio, user_id)
    if member.role == Role.OWNER:
        raise OwnerStays(_("Hand the portfolio over to change who owns it."))
    before = member.role
    if before != role:
        member.role = role
        member.save(update_fields=["role", "updated_at"])
        _record(actor, member, "portfolio.member_changed", before=before, after=role)
        bus.publish(MemberChanged(portfolio_id=portfolio.pk, user_id=user_id, role=role))
    return member


@transaction.atomic
def remove_member(*, actor: Actor, portfolio_id: UUID, user_id: UUID) -> None:
    """End a membership: the owner anybody's, everybody else their own.

    Raises:
        NotFound: there is no such member, or the actor is none.
        Forbidden: it is somebody else's, and the actor does not own the portfolio.
        OwnerStays: it is the owner's.
    """
    leaves = actor.user_id == user_id
    portfolio = lock_portfolio(
        actor=actor, portfolio_id=portfolio_id, owner_only=not leaves, any_member=leaves
    )
    member = _member(portfolio, user_id)
    if member.role == Role.OWNER:
        raise OwnerStays(_("Hand the portfolio over to somebody else first, or delete it."))
    _record(
        actor, member, "portfolio.member_left" if leaves else "portfolio.member_removed", before=member.role
    )
    member.delete()
    _keep_prices(portfolio, user_id)
    how = "left" if leaves else "removed"
    bus.publish(MemberRemoved(portfolio_id=portfolio.pk, user_id=user_id, how=how))


def _keep_prices(portfolio: Portfolio, user_id: UUID) -> None:
    """Give the owner what a former member priced in it: else they would go on moving its value.

    What the former member holds in another person's portfolio too, their own for one, stays theirs.
    """
    owner = owner_id(portfolio)
    if owner is None:
        return
    theirs = Instrument.objects.filter(owner=user_id, pk__in=named_in(portfolio.pk))
    owned = PortfolioMember.objects.filter(user=owner, role=Role.OWNER).values("portfolio_id")
    elsewhere = Transaction.objects.filter(instrument__owner=user_id).exclude(portfolio__in=owned)
    alone = theirs.exclude(pk__in=elsewhere.values("instrument_id")).order_by("pk")
    actor = Actor.system("sharing")
    for key in list(alone.values_list("pk", flat=True)):
        hand_over(actor=actor, from_user_id=user_id, instrument_id=key, to_user_id=owner)


@transaction.atomic
def hand_over_portfolio(*, actor: Actor, portfolio_id: UUID, user_id: UUID) -> None:
    """Make a member the owner; the former owner is an editor from now on.

    It is nobody's default portfolio after that, the new owner's own rates apply in it, and its public
    links end.

    Raises:
        NotFound, Forbidden: there is no such member, or the actor does not own the portfolio.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, owner_only=True)
    heir = _member(portfolio, user_id)
    if heir.role == Role.OWNER:
        return
    if not heir.user.is_active:
        raise ValidationFailed.of("user_id", _("This account is closed."), "inactive")
    former = PortfolioMember.objects.select_related("user").get(portfolio=portfolio, role=Role.OWNER)
    for member, role in ((former, Role.EDITOR), (heir, Role.OWNER)):  # never two owners in between
        before, member.role = member.role, role
        member.save(update_fields=["role", "updated_at"])
        _record(actor, member, "portfolio.handed_over", before=before, after=role)
    end_links(actor=actor, portfolio=portfolio)
    portfolio.default_for = None
    portfolio.save(update_fields=["default_for", "updated_at"])
    bump(portfolio)
    transaction.on_commit(
        lambda: transports.send_owner(portfolio, owner=heir.user, former=former.user), robust=True
    )
    bus.publish(OwnerChanged(portfolio_id=portfolio.pk, from_user_id=former.user_id, to_user_id=heir.user_id))


@transaction.atomic
def end_memberships_of(*, user_id: UUID) -> None:
    """Forget a person who is erased: memberships, invitations that they sent, and those sent to them."""
    rows = PortfolioMember.objects.filter(user_id=user_id)
    for portfolio_id in rows.values_list("portfolio_id", flat=True):
        bus.publish(MemberRemoved(portfolio_id=portfolio_id, user_id=user_id, how="erased"))
    rows.delete()
    invitations = PortfolioInvitation.objects
    invitations.filter(email__in=people.all_addresses(user_id)).delete()
    invitations.filter(invited_by=user_id).delete()
    invitations.filter(member_id=user_id).delete()


def _member(portfolio: Portfolio, user_id: UUID) -> PortfolioMember:
    rows = PortfolioMember.objects.select_related("user")
    found = rows.filter(portfolio=portfolio, user=user_id).first()
    if found is None:
        raise NotFound
    return found


def _record(actor: Actor, member: PortfolioMember, verb: str, *, before: str = "", after: str = "") -> None:
    who = {"member": str(member.user_id)}
    audit.record(
        actor=actor,
        verb=verb,
        object_type="portfolio",
        object_id=member.portfolio_id,
        before={**who, "role": str(before)} if before else None,
        after={**who, "role": str(after)} if after else None,
    )

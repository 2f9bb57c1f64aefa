"""Lock order: the portfolio row first, and alone. Everything below it is guarded by it."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Forbidden, NotFound
from core.models import WRITERS, Role
from portfolios.errors import ManagedPortfolio
from portfolios.models import Portfolio, PortfolioMember


def lock_portfolio(
    *,
    actor: Actor,
    portfolio_id: UUID,
    owner_only: bool = False,
    any_member: bool = False,
    manager: UUID | None = None,
) -> Portfolio:
    """Lock a portfolio that `actor` may write, for the rest of the transaction, and answer it.

    `manager` is the simulator account that calls, if any. With `any_member` a role that only
    reads is enough, for what a member does about themselves. The platform itself (no user id)
    may write every portfolio.

    Raises:
        NotFound: no such portfolio, or the actor is no member.
        Forbidden: the actor may only read (or, with `owner_only`, is not the owner).
        ManagedPortfolio: the simulator manages it and does not call.
    """
    portfolio = Portfolio.objects.select_for_update(of=("self",)).filter(pk=portfolio_id).first()
    if portfolio is None:
        raise NotFound
    if actor.user_id is not None:
        _authorise(actor.user_id, portfolio, owner_only=owner_only, any_member=any_member)
    if portfolio.managed_by != manager:
        raise ManagedPortfolio
    return portfolio


def _authorise(user_id: UUID, portfolio: Portfolio, *, owner_only: bool, any_member: bool) -> None:
    member = PortfolioMember.objects.filter(portfolio=portfolio, user_id=user_id).first()
    if member is None:
        raise NotFound
    if owner_only and member.role != Role.OWNER:
        raise Forbidden(_("Only the owner may do this."))
    if member.role not in WRITERS and not any_member:
        raise Forbidden(_("You may look at this portfolio, not change it."))

"""Lock order: the portfolio row first; of several, by id. Everything below it is guarded by it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
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


def lock_portfolios(*, actor: Actor, portfolio_ids: Iterable[UUID]) -> list[Portfolio]:
    """Lock several portfolios that `actor` may write, whatever the order they are named in.

    They are locked by id, so two that lock the same ones never wait for each other.

    Raises:
        NotFound, Forbidden, ManagedPortfolio: as `lock_portfolio`, of any of them.
    """
    wanted = list(portfolio_ids)
    locked = {key: lock_portfolio(actor=actor, portfolio_id=key) for key in sorted(set(wanted))}
    return [locked[key] for key in wanted]


def lock_archives_of(owner_id: UUID) -> None:
    """Let one archive at a time come in for an owner, so that the second finds what the first made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"archive:{owner_id}"])


def _authorise(user_id: UUID, portfolio: Portfolio, *, owner_only: bool, any_member: bool) -> None:
    member = PortfolioMember.objects.filter(portfolio=portfolio, user_id=user_id).first()
    if member is None:
        raise NotFound
    if owner_only and member.role != Role.OWNER:
        raise Forbidden(_("Only the owner may do this."))
    if member.role not in WRITERS and not any_member:
        raise Forbidden(_("You may look at this portfolio, not change it."))

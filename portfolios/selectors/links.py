"""Public links: those of a portfolio, and the portfolio behind one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import clock
from core.errors import NotFound
from core.models import Role
from portfolios.models import Portfolio, PortfolioMember, PublicLink
from portfolios.selectors.sharing import digest


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as the owner of its portfolio sees it."""

    link: PublicLink
    now: datetime

    @property
    def state(self) -> str:
        """Tell ``open``, ``expired`` or ``revoked``."""
        return state_of(self.link, self.now)


def state_of(link: PublicLink, now: datetime) -> str:
    """Tell whether a link opens its portfolio: ``open``, ``expired`` or ``revoked``."""
    if link.revoked_at is not None:
        return "revoked"
    return "expired" if link.expires_at is not None and link.expires_at <= now else "open"


def links(portfolio: Portfolio) -> QuerySet[PublicLink]:
    """List all links of a portfolio, the newest first; those that ended stay for a month."""
    return PublicLink.objects.filter(portfolio=portfolio)


def alive(now: datetime) -> Q:
    """Match the links that are neither revoked nor past their end."""
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))


def opened_by(token: str) -> PublicLink:
    """Find the link that a token opens, with its portfolio.

    One query asks for all there is to ask, so that every link that does not count, for whatever reason,
    is answered alike and in like time. What is compared is a hash that nobody can steer: how long the
    index takes to find it tells nothing of the token.

    Raises:
        NotFound: there is none, it ended, its portfolio is a simulation, or its owner's account is closed
            or waits to be erased.
    """
    owners = PortfolioMember.objects.filter(
        portfolio=OuterRef("portfolio"), role=Role.OWNER, user__is_active=True, user__erase_after=None
    )
    rows = PublicLink.objects.filter(
        alive(clock.now()),
        Exists(owners),
        token_hash=digest(token),
        portfolio__kind=Portfolio.Kind.REAL,
        portfolio__managed_by=None,
    )
    found = rows.select_related("portfolio").first()
    if found is None:
        raise NotFound
    return found

"""What portfolios delete of a person in the transaction that erases them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, Subquery

from core.actor import Actor
from core.bus import bus
from core.models import Role
from market.services.instruments import hand_over
from portfolios.events import PortfolioDeleted
from portfolios.models import (
    AllocationTarget,
    InstrumentTag,
    Portfolio,
    PortfolioMember,
    QualityDismissal,
    Transaction,
    TransactionImport,
    TransactionRevision,
)
from portfolios.services.sharing import end_memberships_of


def erase_portfolios_of(*, user_id: UUID) -> None:
    """Delete the portfolios that `user_id` owns; leave those of others, in which their id goes.

    An instrument of theirs that somebody else's portfolio holds goes to that portfolio's owner.
    """
    owned = PortfolioMember.objects.filter(user_id=user_id, role=Role.OWNER).values("portfolio_id")
    for portfolio in Portfolio.objects.select_for_update().filter(pk__in=owned).order_by("pk"):
        bus.publish(PortfolioDeleted(portfolio_id=portfolio.pk))
        portfolio.delete()
    end_memberships_of(user_id=user_id)
    # what is another's stays, even if it was once this person's default
    Portfolio.objects.filter(default_for_id=user_id).update(default_for=None)
    InstrumentTag.objects.filter(user_id=user_id).delete()
    AllocationTarget.objects.filter(user_id=user_id).delete()
    TransactionImport.objects.filter(user_id=user_id).update(user_id=None)
    TransactionRevision.objects.filter(changed_by=user_id).update(changed_by=None)
    QualityDismissal.objects.filter(dismissed_by=user_id).update(dismissed_by=None)
    _hand_over_instruments(user_id)


def _hand_over_instruments(user_id: UUID) -> None:
    used = Transaction.objects.filter(instrument__owner_id=user_id).order_by("instrument_id", "portfolio_id")
    owners = PortfolioMember.objects.filter(portfolio=OuterRef("portfolio_id"), role=Role.OWNER)
    heirs = used.annotate(heir=Subquery(owners.values("user_id")[:1])).values_list("instrument_id", "heir")
    for instrument_id, heir in sorted(dict(heirs).items()):
        hand_over(
            actor=Actor.system("erasure"), from_user_id=user_id, instrument_id=instrument_id, to_user_id=heir
        )

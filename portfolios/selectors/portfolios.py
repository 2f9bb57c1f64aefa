"""Which portfolios a user may see, and one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from core.errors import Forbidden, NotFound
from core.models import WRITERS, Role
from portfolios.models import Portfolio, PortfolioMember, Transaction, TransactionImport

# from one instrument to the next by the index, instead of through every transaction
_HELD = """
WITH RECURSIVE named (id) AS (
    SELECT min(instrument_id) FROM portfolios_transaction
    UNION ALL
    SELECT (SELECT min(instrument_id) FROM portfolios_transaction WHERE instrument_id > named.id)
    FROM named WHERE named.id IS NOT NULL
)
SELECT id FROM named
WHERE EXISTS (SELECT FROM portfolios_transaction WHERE instrument_id = named.id AND deleted_at IS NULL)
"""


def visible_to(user: Any) -> QuerySet[Portfolio]:
    """List the portfolios of which `user` is a member; `role` is the user's in each."""
    return _with_role(Portfolio.objects.filter(members__user=user))


def real_of(user: Any) -> QuerySet[Portfolio]:
    """List those that count towards net worth: one's own, and not simulated."""
    return _with_role(
        Portfolio.objects.filter(members__user=user, members__role=Role.OWNER, kind=Portfolio.Kind.REAL)
    )


def shared_with(user: Any) -> QuerySet[Portfolio]:
    """List the portfolios of others of which `user` is a member; they count nowhere as the user's own."""
    return _with_role(
        Portfolio.objects.filter(members__user=user, members__role__in=[Role.EDITOR, Role.VIEWER])
    )


def _with_role(rows: QuerySet[Portfolio]) -> QuerySet[Portfolio]:
    """Add the role of the one member by whom `rows` were filtered, and who the owner is."""
    owners = PortfolioMember.objects.filter(portfolio=OuterRef("pk"), role=Role.OWNER)
    called = Coalesce(NullIf("user__name", Value("")), "user__email", output_field=CharField())
    return rows.annotate(
        role=F("members__role"),
        owner_id=Subquery(owners.values("user_id")[:1]),
        owner_name=Subquery(owners.values(called=called)[:1]),
    ).select_related("benchmark", "quality_run")


def get(user: Any, portfolio_id: UUID) -> Portfolio:
    """Answer a portfolio of which `user` is a member.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    portfolio = visible_to(user).filter(pk=portfolio_id).first()
    if portfolio is None:
        raise NotFound
    return portfolio


def get_writable(user: Any, portfolio_id: UUID) -> Portfolio:
    """Answer a portfolio that `user` may change.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Forbidden: the user may only look.
    """
    portfolio = get(user, portfolio_id)
    if portfolio.role not in WRITERS:  # type: ignore[attr-defined]  # annotated by visible_to
        raise Forbidden
    return portfolio


def transactions(portfolio: Portfolio) -> QuerySet[Transaction]:
    """List the live transactions, newest first, with their instruments."""
    return Transaction.objects.filter(portfolio=portfolio, deleted_at=None).select_related("instrument")


def with_lots(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """Bring the lots that were chosen for sales along."""
    return rows.prefetch_related("relief_links")


def get_transaction(user: Any, portfolio_id: UUID, transaction_id: UUID) -> Transaction:
    """Answer one live transaction of a portfolio that `user` may see.

    Raises:
        NotFound: there is none.
    """
    row = transactions(get(user, portfolio_id)).filter(pk=transaction_id).first()
    if row is None:
        raise NotFound
    return row


def imports(portfolio: Portfolio) -> QuerySet[TransactionImport]:
    """List the imports of a portfolio, newest first, without their rows."""
    return TransactionImport.objects.filter(portfolio=portfolio).defer("rows")


def named_in(portfolio_id: UUID) -> QuerySet[Transaction, Any]:
    """Query the keys of the instruments that a portfolio's transactions name, deleted ones too.

    Every member may see and enter these, whoever owns them.
    """
    rows = Transaction.objects.filter(portfolio=portfolio_id, instrument__isnull=False)
    return rows.order_by().values("instrument_id")


def held_instruments() -> set[int]:
    """List the instruments that any live transaction names: what prices are wanted for."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD)
        return {instrument for (instrument,) in cursor.fetchall()}


def instrument_in_use(instrument_id: int) -> bool:
    """Tell whether any transaction, a deleted one too, names the instrument."""
    return Transaction.objects.filter(instrument_id=instrument_id).exists()


def members_of(portfolio_id: UUID) -> list[UUID]:
    """List who may see a portfolio, by their ids."""
    return list(PortfolioMember.objects.filter(portfolio=portfolio_id).values_list("user_id", flat=True))

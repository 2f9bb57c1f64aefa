"""A person's alerts."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from alerts.models import Alert, Clause, Trigger
from core.errors import NotFound

# From one instrument of the index to the next: there may be a million levels of a few of them.
_LEVELLED: Final = """
WITH RECURSIVE found AS (
    (SELECT instrument_id AS id FROM alerts_level WHERE clause_id IS NULL ORDER BY instrument_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT instrument_id FROM alerts_level
        WHERE clause_id IS NULL AND instrument_id > found.id ORDER BY instrument_id LIMIT 1
    )
    FROM found WHERE found.id IS NOT NULL
)
SELECT id FROM found WHERE id IS NOT NULL
"""


def alerts_of(user: Any) -> QuerySet[Alert]:
    """List the user's alerts, newest first, with their instruments."""
    return (
        Alert.objects.filter(owner=user)
        .select_related("instrument")
        .prefetch_related("clauses__instrument", "clauses__portfolio")
    )


def narrowed(
    rows: QuerySet[Alert], *, state: str = "", instrument: UUID | None = None, portfolio: UUID | None = None
) -> QuerySet[Alert]:
    """Narrow alerts to a state, and to those of which a clause is about an instrument or a portfolio."""
    if state:
        rows = rows.filter(state=state)
    if instrument is not None:
        about = Clause.objects.filter(instrument__uuid=instrument).values("alert")
        rows = rows.filter(Q(instrument__uuid=instrument) | Q(pk__in=about))
    if portfolio is not None:
        rows = rows.filter(pk__in=Clause.objects.filter(portfolio=portfolio).values("alert"))
    return rows


def get(user: Any, uuid: UUID, *, for_update: bool = False) -> Alert:
    """Answer an alert of the user's.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    rows = alerts_of(user)
    if for_update:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def portfolios_of(user: Any, uuid: UUID) -> list[UUID]:
    """List the portfolios that clauses of an alert of the user's are about."""
    rows = Clause.objects.filter(alert__owner=user, alert__uuid=uuid, portfolio__isnull=False)
    return list(rows.values_list("portfolio_id", flat=True))


def triggers_of(alert: Alert) -> QuerySet[Trigger]:
    """List the times that an alert fired, newest first."""
    return Trigger.objects.filter(alert=alert).select_related("alert__instrument")


def watched_instruments() -> set[int]:
    """List the instruments that some armed alert waits for: prices are wanted for them."""
    with connection.cursor() as cursor:
        cursor.execute(_LEVELLED)
        plain = [key for (key,) in cursor.fetchall()]
    armed = Clause.objects.filter(alert__state=Alert.State.ARMED, instrument__isnull=False)
    return {*plain, *armed.order_by().values_list("instrument_id", flat=True).distinct()}


def waits_for(instrument_id: int) -> bool:
    """Tell whether any alert, a done one too, names the instrument."""
    named = Alert.objects.filter(instrument=instrument_id).exists()
    return named or Clause.objects.filter(instrument=instrument_id).exists()

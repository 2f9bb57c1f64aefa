"""Stored previews and their rows; the rows are cut in the database, where they are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from core.errors import NotFound
from market.models import Instrument
from market.selectors import instruments
from portfolios.models import Portfolio, TransactionImport
from portfolios.selectors import portfolios
from portfolios.selectors.portfolios import named_in

_PAGE = """
SELECT row.value
FROM portfolios_transactionimport import,
     LATERAL jsonb_array_elements(import.rows) WITH ORDINALITY AS row (value, position)
WHERE import.id = %s AND (%s = '' OR row.value ->> 'verdict' = %s)
ORDER BY row.position OFFSET %s LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of an import's rows as they are stored, and how many there are of the verdict asked for."""

    rows: list[dict[str, Any]]
    total: int


def listed(portfolio: Portfolio) -> QuerySet[TransactionImport]:
    """List the imports of a portfolio, newest first, without their files and rows."""
    return TransactionImport.objects.filter(portfolio=portfolio).defer("rows", "source")


def get(user: Any, portfolio_id: UUID, import_id: UUID) -> TransactionImport:
    """Answer one import of a portfolio that `user` may see, without its file and rows.

    Raises:
        NotFound: there is none.
    """
    found = listed(portfolios.get(user, portfolio_id)).filter(pk=import_id).first()
    if found is None:
        raise NotFound
    return found


def page(batch: TransactionImport, *, verdict: str = "", skip: int = 0, limit: int = 100) -> Page:
    """Cut rows out of an import, in the order of the file; `verdict` "" means all."""
    counts: dict[str, int] = batch.summary["counts"]
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, [batch.pk, verdict, verdict, skip, limit])
        rows = [json.loads(value) if isinstance(value, str) else value for (value,) in cursor.fetchall()]
    return Page(rows, counts.get(verdict, 0) if verdict else sum(counts.values()))


def choices_by_id(user: Any, portfolio_id: UUID, ids: Iterable[str]) -> dict[str, Instrument]:
    """Answer the instruments of these UUIDs that `user` may see, or meets in the portfolio."""
    seen = instruments.visible_to(user, named_in(portfolio_id))
    rows = seen.filter(uuid__in=set(ids)).select_related("exchange")
    return {str(row.uuid): row for row in rows}

"""Choose what a portfolio is compared with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from core import audit
from core.actor import Actor
from portfolios.locks import lock_portfolio
from portfolios.models import BenchmarkPart, Portfolio
from portfolios.selectors import benchmarks
from portfolios.selectors.benchmarks import Part
from portfolios.services.revisions import bump


@transaction.atomic
def choose_benchmark(*, actor: Actor, portfolio_id: UUID, parts: list[Part]) -> Portfolio:
    """Keep a benchmark with a portfolio: one instrument, a blend, or (no parts) none.

    Raises:
        ValidationFailed: the weights do not add up to 1, or an instrument comes twice.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    before = _told(portfolio)
    blend = benchmarks.blend(parts).parts if parts else []
    single = blend[0].instrument if len(blend) == 1 else None
    BenchmarkPart.objects.filter(portfolio=portfolio).delete()
    if single is None:
        BenchmarkPart.objects.bulk_create(
            BenchmarkPart(portfolio=portfolio, instrument=part.instrument, weight=part.weight)
            for part in blend
        )
    portfolio.benchmark = single
    portfolio.save(update_fields=["benchmark", "updated_at"])
    audit.record(
        actor=actor,
        verb="portfolio.changed",
        object_type="portfolio",
        object_id=portfolio.pk,
        before=before,
        after=_told(portfolio),
    )
    bump(portfolio)
    return portfolio


def _told(portfolio: Portfolio) -> dict[str, Any]:
    found = benchmarks.chosen(portfolio)
    parts = found.parts if found else []
    return {"benchmark": {str(part.instrument.uuid): str(part.weight) for part in parts}}

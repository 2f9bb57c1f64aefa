"""Count requests to sources, for all workers together."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from market import metrics
from market.domain import budget
from market.errors import ProviderBudgetSpent
from market.models import PriceSource, SourceBudget
from market.providers import Ability
from market.selectors import feeds
from market.services.feeds.order import first_of


def spender(source: PriceSource, ability: Ability) -> Callable[[int], None]:
    """Make what a source's adapter calls before each request for something.

    Of what quotes leave (or what else the source is there for first) other things get half.
    """
    is_besides = ability is not first_of(source)
    key, limits, kind = feeds.budget_key(source), feeds.limits_of(source), source.kind

    def count(requests: int) -> None:
        if not requests:  # counted with another one
            return
        spend(key=key, limits=limits, requests=requests, is_besides=is_besides)
        metrics.source_requests.labels(kind).inc(requests)

    return count


@transaction.atomic
def spend(*, key: str, limits: budget.Limits, requests: int, is_besides: bool = False) -> None:
    """Count requests that are about to be made; who counts holds the row, so that no two take the last one.

    Call it outside any transaction that goes on to wait for something.

    Raises:
        ProviderBudgetSpent: they are more than are left; says when there will be enough.
    """
    row = SourceBudget.objects.select_for_update().filter(pk=key).first()
    if row is None:
        SourceBudget.objects.bulk_create([SourceBudget(pk=key)], ignore_conflicts=True)
        row = SourceBudget.objects.select_for_update().get(pk=key)
    verdict = budget.spend(feeds.spent_of(row), limits, requests, clock.now(), is_besides=is_besides)
    if verdict.wait:
        raise ProviderBudgetSpent(_("Our own budget of requests is spent."), retry_after=verdict.wait)
    spent = verdict.spent
    row.recent, row.hour, row.day = list(spent.recent), spent.hour, spent.day
    row.hour_used, row.day_used = spent.hour_used, spent.day_used
    row.recent_besides = list(spent.recent_besides)
    row.hour_besides, row.day_besides = spent.hour_besides, spent.day_besides
    row.save()

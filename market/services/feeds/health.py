"""Who asks a source now, and how it fared: claims, the circuit breaker, the last error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from core import clock, redaction
from core.errors import DomainError, SecretUnreadable
from market import metrics
from market.domain import breaker
from market.errors import ProviderBudgetSpent, ProviderLimited, ProviderRefused
from market.models import PriceSource, SourceAbility
from market.providers import Ability
from market.selectors import feeds
from market.services.feeds.order import first_of

log = structlog.get_logger(__name__)
# Longer than a claim is ever used (`refresh.DEADLINE` and one request), so that only a worker that died
# leaves one to run out.
LEASE: Final = timedelta(seconds=60)
LONGEST_ERROR: Final = 400
SOON: Final = 60


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to ask a source until an instant; `is_probe`: once, to see whether it answers again."""

    source: PriceSource
    until: datetime
    is_probe: bool


def claim(source_id: int) -> Claim | None:
    """Take the right to ask a source; None where another worker has it, or it is not to be asked now."""
    now = clock.now()
    with transaction.atomic():
        row = (
            PriceSource.objects.select_for_update(skip_locked=True)
            .filter(_askable(now), pk=source_id)
            .first()
        )
        if row is None:
            return None
        is_probe = breaker.state(row.open_until, now) is breaker.State.HALF_OPEN
        row.claimed_until, row.asked_at = now + LEASE, now
        row.save(update_fields=["claimed_until", "asked_at"])
    return Claim(row, now + LEASE, is_probe)


def _askable(now: datetime) -> Q:
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    closed = Q(open_until=None) | Q(open_until__lte=now)
    return Q(enabled=True) & free & closed & (Q(limited_until=None) | Q(limited_until__lte=now))


def release(claim: Claim) -> None:
    """Give the right back, unless it ran out and another worker has it."""
    PriceSource.objects.filter(pk=claim.source.pk, claimed_until=claim.until).update(claimed_until=None)


def succeeded(source: PriceSource, ability: Ability = Ability.QUOTES) -> None:
    """Note that a source answered what it was asked for: the breaker of that closes."""
    rows: QuerySet[Any] = PriceSource.objects.filter(pk=source.pk)
    if ability is not first_of(source):
        rows = SourceAbility.objects.filter(source=source, ability=ability)
    rows.update(last_ok_at=clock.now(), failures=0, open_until=None, limited_until=None)


def failed(source: PriceSource, error: Exception, ability: Ability = Ability.QUOTES) -> None:
    """Note that a source failed at something; without requests left it waits, else the breaker opens in time.

    What else it offers is asked for as before.
    """
    is_ours = isinstance(error, ProviderBudgetSpent)
    if not is_ours:
        metrics.source_failures.labels(source.kind, getattr(error, "code", "error")).inc()
        log.warning("market.source_failed", source=source.name, ability=ability, error=told(source, error))
    with transaction.atomic():
        row = _fare(source, ability)
        if isinstance(error, ProviderLimited):
            row.limited_until = clock.now() + timedelta(seconds=error.retry_after or SOON)
        else:
            is_final = isinstance(error, ProviderRefused | SecretUnreadable)
            row.failures += 1
            row.open_until = breaker.after_failure(row.failures, clock.now(), is_final=is_final)
        if not is_ours:
            row.last_error, row.last_error_at = told(source, error), clock.now()
        row.save(update_fields=["failures", "open_until", "limited_until", "last_error", "last_error_at"])


def _fare(source: PriceSource, ability: Ability) -> PriceSource | SourceAbility:
    """Lock the row that tells how asking a source for something fares."""
    if ability is first_of(source):
        return PriceSource.objects.select_for_update().get(pk=source.pk)
    rows = SourceAbility.objects.select_for_update()
    return rows.get_or_create(source=source, ability=ability)[0]


def doubted(source: PriceSource, count: int, message: str) -> None:
    """Note that quotes of a source were not believed; it answers, so its breaker stays as it is."""
    metrics.source_failures.labels(source.kind, "not-believed").inc(count)
    PriceSource.objects.filter(pk=source.pk).update(
        last_error=message[:LONGEST_ERROR], last_error_at=clock.now()
    )


def told(source: PriceSource, error: Exception) -> str:
    """Say what went wrong without the key and what else looks like a secret."""
    said = str(getattr(error, "detail", "") or error) or type(error).__name__
    if isinstance(error, DomainError) and not isinstance(error, SecretUnreadable):
        key = feeds.key_of(source)
        said = said.replace(key, redaction.GONE) if key else said
    return redaction.text(said)[:LONGEST_ERROR]

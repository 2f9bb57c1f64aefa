"""What is known of sources of prices: their keys, budgets and symbols, and what they are wanted for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q

from core import clock
from core.fields import SecretText
from core.ports import held_instruments
from market.domain import budget
from market.domain.budget import Limits, Spent
from market.models import (
    CorporateAction,
    FxRate,
    Instrument,
    PriceSource,
    SourceAsk,
    SourceBudget,
    SourceSymbol,
)

_WANTED: Final = "market.feeds.wanted"
_WANTED_SECONDS: Final = 15


def key_of(source: PriceSource) -> str:
    """Tell the key of a source: its own, or its setting's; "" where there is none.

    Raises:
        SecretUnreadable: the key that it was encrypted with is not set.
    """
    if source.key_setting:
        return str(getattr(settings, source.key_setting, ""))
    key = cast("SecretText | None", source.key)
    return key.reveal() if key is not None else ""


def limits_of(source: PriceSource) -> Limits:
    """Tell how many requests a source may be asked."""
    return Limits(source.per_minute, source.per_hour, source.per_day)


def budget_key(source: PriceSource) -> str:
    """Name the budget of a source; those of one kind with the same key have one."""
    return source.budget or f"source:{source.pk}"


def left_of(source: PriceSource, now: datetime) -> int | None:
    """Tell how many requests a source takes at the moment; None where it has no limit."""
    row = SourceBudget.objects.filter(pk=budget_key(source)).first()
    return budget.left(spent_of(row) if row else Spent(), limits_of(source), now)


def wait_of(source: PriceSource, now: datetime) -> timedelta:
    """Tell how long it is until a source takes a request again: nothing where it takes one now."""
    row = SourceBudget.objects.filter(pk=budget_key(source)).first()
    verdict = budget.spend(spent_of(row) if row else Spent(), limits_of(source), 1, now)
    return timedelta(seconds=verdict.wait)


def spent_of(row: SourceBudget) -> Spent:
    """Take a row as the mathematics sees it."""
    return Spent(
        tuple(row.recent), row.hour, row.hour_used, row.day, row.day_used,
        tuple(row.recent_besides), row.hour_besides, row.day_besides,
    )  # fmt: skip


def symbols_of(source_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Tell what staff call instruments at a source, where they said so."""
    rows = SourceSymbol.objects.filter(source=source_id, instrument__in=ids).exclude(symbol="")
    return dict(rows.values_list("instrument_id", "symbol"))


def wanted_ids() -> list[int]:
    """List what somebody holds, watches or has an order or alert on, as of a few seconds ago."""
    known: list[int] | None = cache.get(_WANTED)
    if known is None:
        known = sorted({one for ids in held_instruments.collect().values() for one in ids})
        cache.set(_WANTED, known, _WANTED_SECONDS)
    return known


def wanted() -> list[Instrument]:
    """List those instruments of them that a source can quote: public, real and not delisted."""
    today = clock.today("UTC")
    gone = CorporateAction.objects.filter(kind=CorporateAction.Kind.DELISTING, ex_date__lte=today)
    rows = Instrument.objects.filter(pk__in=wanted_ids(), owner=None, is_fictional=False)
    return list(rows.exclude(pk__in=gone.values("instrument")).order_by("pk"))


def still_due(source: PriceSource, ids: Sequence[int], now: datetime) -> list[int]:
    """Leave out what the source was asked for since the plan was made."""
    since = now - timedelta(seconds=source.interval) / 2
    fresh = SourceAsk.objects.filter(source=source, instrument__in=ids).filter(
        Q(asked_at__gt=since) | Q(lacking_until__gt=now)
    )
    known = set(fresh.values_list("instrument_id", flat=True))
    return [one for one in ids if one not in known]


def currencies() -> list[str]:
    """List the currencies of public instruments and of public rates."""
    listed = set(
        Instrument.objects.filter(owner=None).order_by().values_list("currency", flat=True).distinct()
    )
    since = clock.today("UTC") - timedelta(days=30)
    rated = FxRate.objects.filter(owner=None, base="EUR", date__gte=since).order_by()
    return sorted(listed | set(rated.values_list("quote", flat=True).distinct()))

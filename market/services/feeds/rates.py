"""Bring in the exchange rates of the last days."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Max

from core import clock
from core.actor import Actor
from core.models import LIVE_WORLD
from market.domain import ecb
from market.domain.sessions import weekdays
from market.errors import ProviderUnknown
from market.models import FxRate, PriceSource
from market.providers import Ability, Provider
from market.providers.ecb import EcbRates
from market.selectors import feeds
from market.services.feeds import health, sources
from market.services.feeds.asking import NotAnswered, asking
from market.services.feeds.order import adapter_of, askable
from market.services.rates import RateRow, set_rates

# The ECB publishes at about 16:00 in Frankfurt.
_ZONE: Final = ZoneInfo("Europe/Berlin")
_HOUR: Final = 16
# One file of the ECB has as many.
GAPS: Final = timedelta(days=85)
# A source that tells one day at a time is asked for no more of them.
MOST_DAYS: Final = 10
Table = Mapping[date, Mapping[str, Decimal]]


def refresh_rates(*, gaps: bool = False) -> int:
    """Store the rates that are published and not there; say how many. `gaps`: of the last 85 days.

    The ECB is asked first, the others in their order for the currencies that are left. Rates that came from
    elsewhere stay.
    """
    now = clock.now()
    newest = _newest(now)
    last = FxRate.objects.filter(owner=None, world=LIVE_WORLD, base=ecb.BASE, quote="USD")
    known = last.aggregate(last=Max("date"))["last"]
    if known is not None and known >= newest and not gaps:
        return 0
    start = max(known + timedelta(days=1), newest - GAPS) if known and not gaps else newest - GAPS
    return sum(_store(source, table) for source, table in _tables(start, newest, now))


def _tables(start: date, end: date, now: datetime) -> Iterator[tuple[PriceSource, Table]]:
    """Ask the ECB, whose one file has every currency; others for those that it lacks, or that are left."""
    days, wanted = list(weekdays(start, end)), set(feeds.currencies()) - {ecb.BASE}
    for source in sorted(askable(Ability.RATES, now), key=lambda one: not _is_ecb(one)):
        if not wanted and not _is_ecb(source):
            return
        try:
            with asking(source, Ability.RATES):
                table = _told(sources.provider_of(source, ability=Ability.RATES), days, wanted)
        except (ProviderUnknown, NotAnswered):
            continue
        health.succeeded(source, Ability.RATES)
        if any(table.values()):
            # on a holiday the first has none, so there are none
            days = [one for one in days if table.get(one)]
            wanted -= {currency for rates in table.values() for currency in rates}
            yield source, table


def _is_ecb(source: PriceSource) -> bool:
    return adapter_of(source) is EcbRates


def _newest(now: datetime) -> date:
    """Tell the last day whose rates are published."""
    local = now.astimezone(_ZONE)
    end = local.date() if local.hour > _HOUR else local.date() - timedelta(days=1)
    return list(weekdays(end - timedelta(days=6), end))[-1]


def _told(provider: Provider, days: Sequence[date], currencies: Collection[str]) -> Table:
    if isinstance(provider, EcbRates):
        return provider.rates_between(days[0], days[-1])
    if Ability.RATES not in provider.abilities:
        return {}
    return {day: provider.rates(ecb.BASE, sorted(currencies), day) for day in days[-MOST_DAYS:]}


def _store(source: PriceSource, table: Table) -> int:
    """Store what is not there, or came from the same source."""
    rows = FxRate.objects.filter(owner=None, world=LIVE_WORLD, base=ecb.BASE, date__in=list(table))
    others = set(rows.exclude(source=source.name).values_list("date", "quote"))
    wanted = [
        RateRow(ecb.BASE, quote, day, rate)
        for day, rates in table.items()
        for quote, rate in rates.items()
        if quote != ecb.BASE and (day, quote) not in others
    ]
    if not wanted:
        return 0
    return set_rates(actor=Actor.system("rates"), rows=wanted, public=True, source=source.name)

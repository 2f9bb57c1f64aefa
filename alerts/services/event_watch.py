"""Look for what rules wait for besides prices and portfolios: dividends, and prices that stay away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from alerts.domain.rules import Kind
from alerts.models import Alert, Clause
from alerts.services.arming import arm
from alerts.services.evaluation import CONSUMER
from alerts.services.expiry import WAITING
from alerts.services.joining import UNPRICED, Seen, settle
from core import clock
from core.cells import json_value
from core.models import LIVE_WORLD
from core.money import plain
from market.models import Instrument
from market.selectors import sessions
from market.selectors.quotes import LastQuote, newest
from market.services.quotes.log import hold_cursor


def tell_dividend(*, instrument_id: int, ex_date: date, amount: Decimal, currency: str) -> int:
    """Fire the rules that wait for a dividend that was just announced, once each; answer how many.

    `amount` is per unit.
    """
    clauses = _waiting(Kind.DIVIDEND_ANNOUNCED).filter(instrument=instrument_id)
    facts = {"ex_date": ex_date.isoformat(), "amount": plain(amount), "currency": currency}
    seen = {pk: Seen(holds=True, facts=facts) for pk in clauses.values_list("pk", flat=True)}
    return settle(seen=seen, at=clock.now()) if seen else 0


def look_for_stale_prices() -> int:
    """Fire the rules about prices that stayed away while their markets trade; answer how many."""
    clauses = list(_waiting(Kind.PRICE_STALE).filter(instrument__isnull=False).select_related("instrument"))
    if not clauses:
        return 0
    now = clock.now()
    quotes = newest(LIVE_WORLD, {one.instrument_id for one in clauses if one.instrument_id})
    since = _open_since((one.instrument for one in clauses if one.instrument), now)
    seen = {
        one.pk: _stale(one, quotes.get(one.instrument_id or 0), since[one.instrument_id or 0], now)
        for one in clauses
    }
    found = {key: one for key, one in seen.items() if one is not None}
    return settle(seen=found, at=now)


def _stale(clause: Clause, quote: LastQuote | None, since: datetime | None, now: datetime) -> Seen | None:
    """Tell whether a price is stale; None while its market is closed, or opened just now."""
    oldest = now - timedelta(minutes=clause.minutes or 0)
    if quote is not None and quote.at > oldest:
        return Seen(holds=False)
    if since is None or since > oldest:
        return None
    return Seen(holds=True, facts={"quoted_at": None if quote is None else json_value(quote.at)})


def _open_since(instruments: Iterable[Instrument], at: datetime) -> dict[int, datetime | None]:
    """Tell since when each instrument's market trades, by key, in one look at each exchange."""
    known: dict[tuple[str | None, str], datetime | None] = {}
    found = {}
    for one in instruments:
        key = (sessions.venue_of(one), str(one.kind))
        if key not in known:
            known[key] = sessions.open_since(key[0], at, kind=key[1])
        found[one.pk] = known[key]
    return found


def arm_unpriced_that_rested() -> int:
    """Arm rules again that rested long enough and are about no price, so that no batch is needed.

    Answers how many.
    """
    due = Alert.objects.filter(state=Alert.State.RESTING, rearm_at__lte=clock.now()).exclude(joined="one")
    priced = Clause.objects.exclude(kind__in=UNPRICED).values("alert")
    ids = list(due.exclude(pk__in=priced).order_by("pk").values_list("pk", flat=True))
    return sum(_arm_again(one) for one in ids)


@transaction.atomic
def _arm_again(alert_id: int) -> bool:
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    rows = Alert.objects.select_for_update(of=("self",)).select_related("world", "owner")
    alert = rows.filter(pk=alert_id, state=Alert.State.RESTING, rearm_at__lte=clock.now()).first()
    if alert is None:
        return False
    alert.state, alert.rearm_at = Alert.State.ARMED, None
    alert.save(update_fields=["state", "rearm_at", "updated_at"])
    arm(alert=alert, after=after)
    return True


def _waiting(kind: Kind) -> QuerySet[Clause]:
    return Clause.objects.filter(kind=kind, alert__state__in=WAITING)

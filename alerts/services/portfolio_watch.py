"""Look at portfolios that rules are about: as prices move and entries change, and every half minute."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet

from alerts.domain.portfolio_clauses import KINDS, Asked, PortfolioFigures, figure, is_so
from alerts.domain.rules import Kind
from alerts.models import Alert, Clause, Level, Notification
from alerts.selectors.portfolio_figures import figures_of
from alerts.services.evaluation import CONSUMER
from alerts.services.expiry import CLAUSES, WAITING, about
from alerts.services.joining import Seen, settle
from alerts.services.notifications import Telling, notify_each
from core import clock
from core.models import LIVE_WORLD
from core.money import plain
from market.models import MoveBatch
from market.services.quotes.log import hold_cursor
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.portfolios import members_of

REST_SECONDS: Final = 10
_MOST_BATCHES: Final = 100  # what is older, a look at all has seen
_LOOKED: Final = "alerts:watched"


def due_portfolios(*, seq: int | None = None) -> list[UUID]:
    """List the portfolios that some rule is about; none within ten seconds of the last time it was asked so.

    With `seq`, those alone that have entries of what moved in the batches since that last time, up to this
    one of the live world. What else may have moved them, such as a rate, is left to a look at all.
    """
    if not cache.add(f"alerts:watch:{'all' if seq is None else 'moved'}", 1, REST_SECONDS):
        return []
    rows = Clause.objects.filter(kind__in=KINDS, alert__state__in=WAITING, portfolio__isnull=False)
    if seq is not None:
        rows = rows.filter(portfolio__in=_holders(_moved(seq)))
    return list(rows.order_by("portfolio").values_list("portfolio_id", flat=True).distinct())


def _moved(seq: int) -> set[int]:
    last = cache.get(_LOOKED, seq - 1)
    cache.set(_LOOKED, max(seq, last))
    batches = MoveBatch.objects.filter(world=LIVE_WORLD, seq__lte=seq).order_by("-seq")
    since = batches.filter(seq__gt=min(last, seq - 1)).values_list("instruments", flat=True)
    return {one for instruments in since[:_MOST_BATCHES] for one in instruments}


def _holders(instruments: set[int]) -> QuerySet[Transaction, Any]:
    entries = Transaction.objects.filter(instrument__in=instruments, deleted_at=None)
    return entries.order_by().values("portfolio")


def look_at(*, portfolio_id: UUID) -> int:
    """Hold a portfolio against the rules about it; answer how many fired.

    One that was looked at within ten seconds is left to the next look. Only for who may see it now.
    """
    if not cache.add(f"alerts:look:{portfolio_id}", 1, REST_SECONDS):
        return 0
    portfolio = Portfolio.objects.select_related("benchmark").filter(pk=portfolio_id).first()
    clauses = list(
        Clause.objects.filter(
            kind__in=KINDS,
            portfolio=portfolio_id,
            alert__state__in=WAITING,
            alert__owner__in=members_of(portfolio_id),
        )
    )
    if portfolio is None or not clauses:
        return 0
    now = figures_of(portfolio, {one.kind for one in clauses})
    seen = {one.pk: found for one in clauses if (found := _seen(one, now)) is not None}
    return settle(seen=seen, at=clock.now())


def _seen(clause: Clause, now: PortfolioFigures) -> Seen | None:
    """Tell what a clause is now; None where its figure is not known, so that it stays as it was."""
    asked = Asked(Kind(clause.kind), clause.level, clause.percent, clause.direction, clause.instrument_id)
    found = figure(asked, now)
    return None if found is None else Seen(is_so(asked, found), {"value": plain(found)})


@transaction.atomic
def end_alerts_on(*, portfolio_id: UUID, user_id: UUID | None = None) -> int:
    """End the rules about a portfolio that is deleted, or that one person may no longer see; tell them.

    Their clauses, those of rules that were done too, name it no more. Answers how many ended.
    """
    hold_cursor(CONSUMER, LIVE_WORLD)
    about_it = Clause.objects.filter(portfolio=portfolio_id)
    if user_id is not None:
        about_it = about_it.filter(alert__owner=user_id)
    rows = Alert.objects.filter(pk__in=about_it.values("alert"), state__in=WAITING)
    ended = list(rows.prefetch_related(*CLAUSES).select_for_update(of=("self",)).order_by("pk"))
    ids = [one.pk for one in ended]
    Level.objects.filter(alert__in=ids).delete()
    Alert.objects.filter(pk__in=ids).update(state=Alert.State.EXPIRED, rearm_at=None)
    tellings = [Telling(one.owner_id, about(one), f"portfolio_gone:{one.uuid}:{one.fired}") for one in ended]
    if tellings:
        notify_each(kind=Notification.Kind.ALERT, event="portfolio_gone", tellings=tellings)
    about_it.update(portfolio=None, is_lost=True)
    return len(ended)

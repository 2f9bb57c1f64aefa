"""What runs in the background about alerts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from celery import shared_task
from celery.schedules import crontab

from alerts.services.delivery.cleaning import purge, purge_read
from alerts.services.delivery.drain import drain
from alerts.services.evaluation import end_overdue, evaluate
from alerts.services.event_watch import arm_unpriced_that_rested, look_for_stale_prices
from alerts.services.expiry import tell_what_runs_out_soon
from alerts.services.portfolio_watch import due_portfolios, look_at
from alerts.services.renewing import forget_minutes, renew_rules
from core.models import LIVE_WORLD, World

log = structlog.get_logger(__name__)


@shared_task
def evaluate_alerts(world_id: int) -> None:
    """Hold what is new in a world's log against its alerts."""
    evaluate(world_id=world_id)


@shared_task
def evaluate_all_alerts() -> None:
    """Find what a lost hint left behind, in every world."""
    for world_id in World.objects.order_by("pk").values_list("pk", flat=True):
        evaluate(world_id=world_id)
    end_overdue(world_id=LIVE_WORLD)


@shared_task
def watch_portfolio(portfolio_id: str) -> None:
    """Hold a portfolio against the rules about it."""
    look_at(portfolio_id=UUID(portfolio_id))


@shared_task
def watch_portfolios(seq: int | None = None) -> None:
    """Have the portfolios looked at that some rule is about; with `seq`, those that the batch may move."""
    for portfolio_id in due_portfolios(seq=seq):
        watch_portfolio.delay(str(portfolio_id))


@shared_task
def watch_all() -> None:
    """Look for what no price tells, and for what lost hints left behind."""
    arm_unpriced_that_rested()
    look_for_stale_prices()
    watch_portfolios()


@shared_task
def tell_what_runs_out() -> None:
    """Tell people of alerts that end within a week."""
    tell_what_runs_out_soon()


@shared_task(soft_time_limit=120, time_limit=150)
def deliver() -> None:
    """Send what waits in the outbox; the schedule finds what a lost hint left behind."""
    count, more = drain()
    if count:
        log.info("alerts.delivered", count=count, more=more)
    if more:
        deliver.delay()


@shared_task
def purge_deliveries() -> None:
    """Forget what was delivered or failed long ago, with its tries, and what was read a year ago."""
    log.info("alerts.deliveries_purged", count=purge(), notifications=purge_read())


@shared_task
def renew_rules_of(instruments: list[int] | None, portfolio: str | None) -> None:
    """Have rules take up what changed about days of instruments, or about a portfolio."""
    renew_rules(instruments=instruments, portfolio=portfolio)


@shared_task
def keep_rules() -> None:
    """Find what a lost hint of that left behind, and forget minutes that are over."""
    renew_rules()
    forget_minutes()


SCHEDULE: dict[str, crontab | timedelta] = {
    "alerts.tasks.evaluate_all_alerts": timedelta(seconds=30),
    "alerts.tasks.watch_all": timedelta(seconds=30),
    "alerts.tasks.keep_rules": timedelta(minutes=5),
    "alerts.tasks.tell_what_runs_out": crontab(minute="37", hour="6"),
    "alerts.tasks.deliver": timedelta(seconds=10),
    "alerts.tasks.purge_deliveries": crontab(minute="41", hour="3"),
}

"""What runs in the background about alerts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from celery.schedules import crontab

from alerts.services.evaluation import end_overdue, evaluate
from alerts.services.event_watch import arm_unpriced_that_rested, look_for_stale_prices
from alerts.services.expiry import tell_what_runs_out_soon
from alerts.services.portfolio_watch import due_portfolios, look_at
from core.models import LIVE_WORLD, World


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
def watch_portfolios() -> None:
    """Have every portfolio looked at that some rule is about."""
    for portfolio_id in due_portfolios():
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


SCHEDULE: dict[str, crontab | timedelta] = {
    "alerts.tasks.evaluate_all_alerts": timedelta(seconds=30),
    "alerts.tasks.watch_all": timedelta(seconds=30),
    "alerts.tasks.tell_what_runs_out": crontab(minute="37", hour="6"),
}

"""What runs in the background about alerts."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from alerts.services.evaluation import evaluate
from core.models import World


@shared_task
def evaluate_alerts(world_id: int) -> None:
    """Hold what is new in a world's log against its alerts."""
    evaluate(world_id=world_id)


@shared_task
def evaluate_all_alerts() -> None:
    """Find what a lost hint left behind, in every world."""
    for world_id in World.objects.order_by("pk").values_list("pk", flat=True):
        evaluate(world_id=world_id)


SCHEDULE = {"alerts.tasks.evaluate_all_alerts": timedelta(seconds=30)}

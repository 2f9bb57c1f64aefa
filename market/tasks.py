"""What runs in the background about the market."""

from __future__ import annotations

import structlog
from celery import shared_task
from celery.schedules import crontab

from core import clock
from market.models import Instrument
from market.services.sample_data import load_fictional

log = structlog.get_logger(__name__)


@shared_task
def continue_fictional_prices() -> None:
    """Carry the fictional instruments' prices on to today, where there are any."""
    if Instrument.objects.filter(is_fictional=True, owner=None).exists():
        load_fictional(until=clock.today("UTC"))
        log.info("market.fictional_prices_continued")


SCHEDULE = {"market.tasks.continue_fictional_prices": crontab(minute="5", hour="*/6")}

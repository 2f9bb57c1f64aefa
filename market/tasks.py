"""What runs in the background about the market."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task
from celery.schedules import crontab

from core import clock
from core.models import LIVE_WORLD, World
from market.models import Instrument, Replay
from market.services import feeds, quotes, replay, sessions, ticks
from market.services.sample_data import last_closed_day, load_fictional

log = structlog.get_logger(__name__)
# a worker stops a task after nine minutes; the next one goes on
HISTORY_SECONDS = 420.0


@shared_task
def continue_fictional_prices() -> None:
    """Carry the fictional instruments' prices on to today, where there are any."""
    if Instrument.objects.filter(is_fictional=True, owner=None).exists():
        quotes.close_days(world_id=LIVE_WORLD)
        load_fictional(until=last_closed_day())
        log.info("market.fictional_prices_continued")


@shared_task
def refresh_simulated_markets() -> None:
    """Move the simulated markets on, each in its world."""
    for world_id in _worlds():
        recorded = quotes.refresh_simulated(world_id=world_id)
        if recorded is not None and recorded.held:
            log.warning("market.quotes_held_back", world=world_id, count=recorded.held)


@shared_task
def apply_due_splits() -> None:
    """Let the splits whose ex-date has come take effect in every world."""
    # a replay does it itself, in step with its prices
    for world_id in World.objects.exclude(kind=World.Kind.REPLAY).values_list("pk", flat=True):
        count = quotes.apply_due_splits(world_id=world_id)
        if count:
            log.info("market.splits_took_effect", world=world_id, count=count)


@shared_task
def close_days() -> None:
    """Keep the last quote of each day that is over as that day's close, in every world."""
    for world_id in _worlds():
        count = quotes.close_days(world_id=world_id)
        if count:
            log.info("market.days_closed", world=world_id, count=count)


@shared_task
def keep_move_log() -> None:
    """Make room for the log of the next days and drop what is older than it is kept."""
    log.info("market.move_log_kept", dropped=quotes.keep_log())


@shared_task
def keep_sessions() -> None:
    """Read the calendars of exchanges where that was a week ago, or never."""
    if sessions.are_due():
        loaded = sessions.load_sessions()
        log.info("market.sessions_loaded", exchanges=loaded.exchanges, changed=loaded.changed)


@shared_task
def refresh_sources() -> None:
    """Send for each source what is due of it, to be asked by whoever is free: none waits for another."""
    feeds.add_configured()
    for one in feeds.plan(clock.now()):
        refresh_source.apply_async(args=(one.source, one.instruments), expires=60)


@shared_task
def refresh_source(source_id: int, instrument_ids: list[int]) -> None:
    """Ask a source for quotes of instruments."""
    done = feeds.refresh(source_id=source_id, instrument_ids=instrument_ids)
    if done is not None and done.held:
        log.warning("market.quotes_held_back", source=source_id, count=done.held)


@shared_task
def mend_history() -> None:
    """Fill gaps of the history of what somebody holds or watches, for as long as a task may take."""
    log.info("market.history_looked_at", instruments=feeds.mend_history(seconds=HISTORY_SECONDS))


@shared_task
def refresh_rates() -> None:
    """Bring in the exchange rates that are published since the last."""
    count = feeds.refresh_rates()
    if count:
        log.info("market.rates_brought_in", count=count)


@shared_task
def mend_rates() -> None:
    """Fill gaps of the exchange rates of the last 85 days."""
    log.info("market.rates_mended", count=feeds.refresh_rates(gaps=True))


@shared_task
def fetch_profile(instrument_id: int) -> None:
    """Ask what a company is and for its logo, because a page shows it."""
    feeds.fetch_profile(instrument_id=instrument_id)


@shared_task
def keep_ticks() -> None:
    """Make room for the ticks of the months to come, and drop those that are older than they are kept."""
    kept = ticks.keep_ticks()
    log.info("market.ticks_kept", dropped=kept.dropped, busy=kept.busy)


@shared_task
def play_replays() -> None:
    """Move the worlds that play history again on to their clocks."""
    for world_id in Replay.objects.filter(ended_at=None).order_by("pk").values_list("pk", flat=True):
        moved = replay.play(world_id=world_id)
        if moved:
            log.info("market.replay_moved", world=world_id, count=moved)


def _worlds() -> list[int]:
    return list(World.objects.order_by("pk").values_list("pk", flat=True))


SCHEDULE: dict[str, crontab | timedelta] = {
    "market.tasks.continue_fictional_prices": crontab(minute="5", hour="*/6"),
    "market.tasks.refresh_simulated_markets": timedelta(seconds=10),
    "market.tasks.apply_due_splits": crontab(minute="*/5"),
    "market.tasks.close_days": crontab(minute="20"),
    "market.tasks.keep_move_log": crontab(minute="40", hour="2"),
    "market.tasks.refresh_sources": timedelta(seconds=10),
    # often, because a budget has so many requests a minute
    "market.tasks.mend_history": crontab(minute="2-59/5", hour="1-6"),
    "market.tasks.refresh_rates": crontab(minute="25"),
    "market.tasks.mend_rates": crontab(minute="35", hour="5", day_of_week="0"),
    "market.tasks.keep_sessions": timedelta(minutes=5),
    "market.tasks.play_replays": timedelta(seconds=10),
    "market.tasks.keep_ticks": crontab(minute="50", hour="2"),
}

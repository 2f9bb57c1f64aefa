"""What a company is and its logo, as sources told it: kept in the cache, asked for in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog
from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from market.domain.images import Picture
from market.models import Instrument

log = structlog.get_logger(__name__)
KEPT_SECONDS: Final = 14 * 24 * 3600
# What nobody knows is asked for again tomorrow, and what is being asked for not again at once.
NOTHING_SECONDS: Final = 24 * 3600
ASKING_SECONDS: Final = 600
_TASK: Final = "market.tasks.fetch_profile"


@dataclass(frozen=True, slots=True)
class Profile:
    """A company, fund or coin as `source` describes it; "" where it does not say."""

    name: str
    sector: str
    country: str
    website: str
    source: str
    has_logo: bool


def profile_of(instrument: Instrument) -> Profile | None:
    """Return what is known of an instrument, without waiting: what is not known yet is asked for."""
    known: Profile | bool | None = cache.get(profile_key(instrument.pk))
    if known is None:
        _ask(instrument)
    return known if isinstance(known, Profile) else None


def logo_of(instrument: Instrument) -> Picture | None:
    """Return the logo of an instrument, without waiting: what is not known yet is asked for."""
    profile = profile_of(instrument)
    logo: Picture | None = cache.get(logo_key(instrument.pk)) if profile and profile.has_logo else None
    return logo


def profile_key(instrument_id: int) -> str:
    """Name the place of a profile in the cache; False there: nobody knows it."""
    return f"market.profile.{instrument_id}"


def logo_key(instrument_id: int) -> str:
    """Name the place of a logo in the cache."""
    return f"market.logo.{instrument_id}"


def _ask(instrument: Instrument) -> None:
    """Wake who asks, once in ten minutes; a page is shown without it when the broker is away."""
    if instrument.owner_id is not None or instrument.is_fictional:
        return
    if not cache.add(f"market.profile.asked.{instrument.pk}", 1, ASKING_SECONDS):
        return
    try:
        current_app.send_task(_TASK, args=[instrument.pk], expires=ASKING_SECONDS, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("market.profile_not_asked", error=type(error).__name__)

"""Ask sources what a company is, and bring its logo here, so that no browser asks anybody else."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from django.core.cache import cache

from core import clock, outbound
from core.errors import AddressRefused
from market.domain import images
from market.domain.images import Picture
from market.errors import ProviderRefused, ProviderUnknown
from market.models import Instrument, PriceSource
from market.providers import Ability, Company
from market.selectors.profiles import KEPT_SECONDS, NOTHING_SECONDS, Profile, logo_key, profile_key
from market.services.feeds import health, sources
from market.services.feeds.asking import NotAnswered, asking
from market.services.feeds.order import in_order, is_waited_for

log = structlog.get_logger(__name__)
_OK = 200


def fetch_profile(*, instrument_id: int) -> bool:
    """Ask the sources in their order until one knows a public instrument; say whether one does."""
    rows = Instrument.objects.filter(owner=None, is_fictional=False).select_related("exchange")
    instrument = rows.filter(pk=instrument_id).first()
    if instrument is None:
        return False
    is_settled = True
    for source in in_order(instrument, Ability.PROFILE, clock.now()):
        try:
            company = _asked(source, instrument)
        except NotAnswered as failure:
            is_settled = is_settled and isinstance(failure.error, ProviderRefused)
            continue
        if company is not None:
            _keep(instrument, source, company)
            return True
    # who has no requests left, or fails for a while, may know it yet
    if is_settled and not is_waited_for(instrument, Ability.PROFILE, clock.now()):
        cache.set(profile_key(instrument.pk), False, NOTHING_SECONDS)
    return False


def _asked(source: PriceSource, instrument: Instrument) -> Company | None:
    """Ask one source; None where it does not know.

    Raises:
        NotAnswered: it failed.
    """
    try:
        with asking(source, Ability.PROFILE):
            provider = sources.provider_of(source, [instrument.pk], Ability.PROFILE)
            if Ability.PROFILE not in provider.abilities:
                return None
            company = provider.profile(instrument)
    except ProviderUnknown:
        return None
    health.succeeded(source, Ability.PROFILE)
    return company


def _keep(instrument: Instrument, source: PriceSource, company: Company) -> None:
    logo = _logo(company.logo) if company.logo else None
    if logo is not None:
        cache.set(logo_key(instrument.pk), logo, KEPT_SECONDS)
    website = company.website if urlsplit(company.website).scheme in {"http", "https"} else ""
    profile = Profile(
        company.name, company.sector, company.country, website, source.name, has_logo=logo is not None
    )
    cache.set(profile_key(instrument.pk), profile, KEPT_SECONDS)


def _logo(url: str) -> Picture | None:
    """Read a picture from elsewhere; None where it is none, or is not to be had."""
    caller = outbound.Caller(seconds=sources.TIMEOUT, most_bytes=images.MOST_BYTES, elsewhere=True)
    try:
        answer = caller.get(url, headers={"Accept": "image/png, image/jpeg"})
    except (AddressRefused, outbound.NotReached, outbound.NotTaken) as error:
        log.info("market.logo_not_read", error=str(error))
        return None
    return images.cleaned(answer.body) if answer.status == _OK else None

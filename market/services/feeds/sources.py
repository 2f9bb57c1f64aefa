"""Make what asks a source, and sources that settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, cast

from django.conf import settings
from django.utils.translation import gettext as _

from market.errors import ProviderRefused
from market.models import PriceSource
from market.providers import ADAPTERS, RETIRED, Ability, Provider, SourceSettings
from market.selectors import feeds
from market.services.feeds import budget
from market.services.feeds.order import adapter_of

# The setting that brings it ("": it needs no key), its kind, its priority.
_WITHOUT_A_CLICK: Final = (
    ("FINNHUB_API_KEY", "finnhub", 10), ("ALPHA_VANTAGE_API_KEY", "alphavantage", 50), ("", "ecb", 100)
)  # fmt: skip
TIMEOUT: Final = 10.0


def provider_of(source: PriceSource, ids: Iterable[int] = (), ability: Ability = Ability.QUOTES) -> Provider:
    """Make what asks a source for something, with what it is to call the instruments of these ids.

    Raises:
        ProviderRefused: the platform has no such kind any more, or its key is missing.
        SecretUnreadable: the key that its key was encrypted with is not set.
    """
    adapter = adapter_of(source)
    if adapter is None:
        raise ProviderRefused(
            _("The platform knows no source of the kind “%(kind)s”.") % {"kind": source.kind}
        )
    told = settings_of(source, ids, ability)
    if adapter.needs_key and not told.key:
        raise ProviderRefused(_("It needs a key, and has none."))
    make = cast("Callable[[SourceSettings], Provider]", adapter)
    return make(told)


def settings_of(
    source: PriceSource, ids: Iterable[int] = (), ability: Ability = Ability.QUOTES
) -> SourceSettings:
    """Tell an adapter how a source is reached, with what it is to call the instruments of these ids.

    Raises:
        SecretUnreadable: the key that its key was encrypted with is not set.
    """
    return SourceSettings(
        key=feeds.key_of(source),
        base_url=source.base_url,
        options=source.options,
        spend=budget.spender(source, ability),
        timeout=TIMEOUT,
        name=source.name,
        symbols=feeds.symbols_of(source.pk, ids),
    )


def add_configured() -> int:
    """Add the sources that settings bring or that need nothing, where they are not there; say how many.

    One that staff renamed or changed is theirs: nothing is written over.
    """
    known = set(PriceSource.objects.values_list("name", flat=True))
    missing = [row for row in _configured() if row.name not in known]
    return len(PriceSource.objects.bulk_create(missing, ignore_conflicts=True)) if missing else 0


def _configured() -> Iterator[PriceSource]:
    for setting, kind, priority in _WITHOUT_A_CLICK:
        if kind in ADAPTERS and (not setting or getattr(settings, setting)):
            yield PriceSource(
                name=kind,
                kind=kind,
                key_setting=setting,
                priority=priority,
                budget=f"{kind}:{setting or kind}",
                **plan_of(ADAPTERS[kind]),
            )
    retired = RETIRED["iex"]
    if settings.IEX_API_KEY and retired.instead in ADAPTERS:
        note = _("%(setting)s is set. %(what)s") % {"setting": "IEX_API_KEY", "what": retired.message}
        limits = plan_of(ADAPTERS[retired.instead])
        yield PriceSource(
            name="iex", kind=retired.instead, enabled=False, note=note, budget="tiingo:iex", **limits
        )


def plan_of(adapter: type[Provider]) -> dict[str, int]:
    """Tell how many requests the free plan of a kind allows."""
    return {name: getattr(adapter, name) for name in ("per_minute", "per_hour", "per_day")}

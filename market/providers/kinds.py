"""Which sources there are, by the name of their kind, and what became of those that are no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import ValidationFailed
from market.providers.alphavantage import AlphaVantage
from market.providers.coingecko import CoinGecko
from market.providers.ecb import EcbRates
from market.providers.finnhub import Finnhub
from market.providers.generic import Generic
from market.providers.http import HttpProvider
from market.providers.stooq import Stooq
from market.providers.tiingo import Tiingo
from market.providers.twelvedata import TwelveData

_KINDS: Final[tuple[type[HttpProvider], ...]] = (
    Finnhub,
    TwelveData,
    Tiingo,
    AlphaVantage,
    CoinGecko,
    EcbRates,
    Stooq,
    Generic,
)
ADAPTERS: Final[dict[str, type[HttpProvider]]] = {one.kind: one for one in _KINDS}


@dataclass(frozen=True, slots=True)
class Retired:
    """A source that is no more, the kind that takes its place, and a sentence that says so."""

    instead: str
    message: str | Promise


_IEX: Final = Retired(
    "tiingo",
    gettext_lazy("IEX Cloud closed in August 2024. Tiingo takes its place: enter a key of Tiingo."),
)
RETIRED: Final[dict[str, Retired]] = {"iex": _IEX, "iexcloud": _IEX, "iex_cloud": _IEX}


def resolve_kind(kind: str) -> tuple[str, str]:
    """Tell the kind that serves what is configured as `kind`, and a sentence where it is another, else "".

    Raises:
        ValidationFailed: there never was such a kind.
    """
    plain = kind.strip().lower().replace("-", "_")
    if plain in ADAPTERS:
        return plain, ""
    if plain in RETIRED:
        return RETIRED[plain].instead, str(RETIRED[plain].message)
    known = ", ".join(sorted(ADAPTERS))
    raise ValidationFailed.of(
        "kind", _("There is no kind of source “%(kind)s”. Known: %(known)s.") % {"kind": kind, "known": known}
    )

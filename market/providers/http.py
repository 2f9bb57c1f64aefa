"""What all adapters of sources over HTTP share: the client, symbols, units."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import partial
from itertools import chain
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.errors import AddressRefused, ValidationFailed
from core.money import SUBUNITS
from core.outbound import checked_url
from market.domain.actions import Dividend, Split, ratio
from market.domain.bars import BarRow
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import ProviderRefused, ProviderUnknown, ProviderUnreadable
from market.models import Instrument
from market.providers import reading
from market.providers.base import Ability, Event, Provider, SourceSettings, Unread, Wanted
from market.providers.client import Client

KIND: Final = Instrument.Kind
FREE: Final = "free"
PAID: Final = "paid"
US: Final = ("XNYS", "XNAS", "ARCX", "XASE", "BATS", "IEXG", "XCHI", "XPHL", "OTCM", "PINX")
# a price that is so old and still news was right when it was made: a close, whatever the source calls it
NOT_LIVE_AFTER: Final = timedelta(hours=20)
_CODE_LENGTH: Final = 3
# asks for the instruments of a group, each with its name at the source
Ask = Callable[[str, Sequence[tuple[str, Instrument]]], list[NewQuote]]
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


class HttpProvider(Provider):
    """A source over HTTP. `official` is its address, `suffixes` what a symbol ends with there, by MIC.

    `paid` is what its free plan does not have. Options of every source: `plan`, "free" (default) or "paid",
    and `without`, a list of abilities that nobody is to ask for. What is not offered is refused.
    """

    official: ClassVar[str] = ""
    suffixes: ClassVar[Mapping[str, str]] = {}
    elsewhere: ClassVar[bool] = False
    paid: ClassVar[frozenset[Ability]] = frozenset()
    plans: ClassVar[tuple[str, str]] = (FREE, PAID)

    def __init__(self, settings: SourceSettings) -> None:
        """Prepare the client.

        Raises:
            ProviderRefused: the source needs a key and has none, or it cannot be one.
            ValidationFailed: address or options are not right; the error names which.
        """
        self.settings = settings
        self.name = settings.name or self.kind
        if (self.needs_key and not settings.key) or not _is_sendable(settings.key):
            raise ProviderRefused(_("%(source)s needs a key.") % {"source": self.label})
        self.abilities = self.offers(settings.options)
        for one in set(Ability) - self.abilities:
            setattr(self, one.value, partial(self._refuse, one))
        self.client = Client(
            base_url=_address(settings.base_url or self._official()),
            timeout=settings.timeout,
            spend=settings.spend,
            headers=self._headers(),
            params=self._params(),
            secrets=(settings.key,),
            elsewhere=self.elsewhere,
        )

    def symbol_of(self, instrument: Instrument) -> str:
        """Tell the source's name of an instrument: as staff set it, or as symbol and exchange make it.

        Raises:
            ProviderUnknown: the source does not have the exchange or kind.
        """
        given = self.settings.symbols.get(instrument.pk)
        return given or self._symbol(instrument)

    def _symbol(self, instrument: Instrument) -> str:
        mic = instrument.exchange_id or ""
        if mic not in self.suffixes:
            raise self.unknown(instrument)
        suffix = self.suffixes[mic]
        return f"{instrument.symbol}.{suffix}" if suffix else instrument.symbol

    def _official(self) -> str:
        return self.official

    def _headers(self) -> dict[str, str]:
        return {}

    def _params(self) -> dict[str, str]:
        return {}

    @classmethod
    def offers(cls, options: Mapping[str, Any]) -> frozenset[Ability]:
        """Tell what the source offers on its plan, less what the option `without` takes away.

        Raises:
            ValidationFailed: an option is wrong.
        """
        given = options.get("without", [])
        if not isinstance(given, list) or not set(map(str, given)) <= set(Ability):
            known = ", ".join(Ability)
            raise option_wrong("without", _("a list of some of: %(known)s") % {"known": known})
        free, paid = cls.plans
        if options.get("plan", free) not in cls.plans:
            raise option_wrong("plan", f"{free} | {paid}")
        beyond = cls.paid if options.get("plan", free) == free else frozenset()
        return cls.abilities - beyond - frozenset(map(Ability, given))

    def _refuse(self, ability: Ability, *_asked: object, **_named: object) -> None:
        """Refuse what the plan or the options do not have.

        Raises:
            CannotDo: always.
        """
        raise self._cannot(ability)

    def unknown(self, instrument: Instrument) -> ProviderUnknown:
        """Say that the source does not have an instrument."""
        names = {"source": self.label, "symbol": instrument.symbol}
        return ProviderUnknown(_("%(source)s does not know %(symbol)s.") % names)

    def quoted(
        self, wanted: Sequence[Wanted], now: datetime, ask: Callable[[Instrument], NewQuote | None]
    ) -> list[NewQuote]:
        """Ask for one instrument after the other."""
        return _aged(reading.gathered(partial(ask, one.instrument) for one in wanted), wanted, now)

    def in_batches(
        self,
        wanted: Sequence[Wanted],
        now: datetime,
        ask: Ask,
        group: Callable[[Instrument], str] = lambda _one: "",
    ) -> list[NewQuote]:
        """Ask for as many of a group at once as the source takes; what it does not know is left out.

        Raises:
            ProviderFailed: there is not one quote, and a batch failed. What came before a failure is kept.
        """
        groups: dict[str, list[tuple[str, Instrument]]] = {}
        for one in wanted:
            with suppress(ProviderUnknown):
                named = self.symbol_of(one.instrument), one.instrument
                groups.setdefault(group(one.instrument), []).append(named)
        end = time.monotonic() + self.settings.timeout
        batches = (
            (name, members[first : first + self.most_at_once])
            for name, members in groups.items()
            for first in range(0, len(members), self.most_at_once)
            # whoever asks has claimed the source for a time: what is left is asked for by the next
            if time.monotonic() < end
        )
        found = chain.from_iterable(reading.gathered(partial(ask, *one) for one in batches))
        return _aged(found, wanted, now)

    def told(
        self,
        instrument: Instrument,
        price: Decimal,
        at: datetime,
        quality: Quality,
        *,
        unit: str = "",
        **others: Decimal | None,
    ) -> NewQuote:
        """Make a quote in the instrument's quote units of a price in the source's `unit` ("": not said).

        A unit of another currency stays as it is: the quote names it, and is held back for it.
        """
        major, by = scale(instrument, unit)
        values = {
            name: value if value is None or name == "volume" else value * by for name, value in others.items()
        }
        return NewQuote(
            instrument=instrument.pk,
            price=price * by,
            at=at,
            source=self.name,
            quality=quality,
            currency=major,
            **values,
        )

    def scaled(self, instrument: Instrument, rows: Sequence[BarRow], unit: str) -> list[BarRow]:
        """Convert bars from the source's unit into the instrument's quote units.

        Raises:
            ProviderUnreadable: they are in another currency.
        """
        major, by = scale(instrument, unit)
        if major and major != instrument.currency:
            names = {"given": major, "wanted": instrument.currency}
            raise ProviderUnreadable(_("The prices are in %(given)s, not in %(wanted)s.") % names)
        return list(rows) if by == 1 else [_bar_times(row, by) for row in rows]


def _aged(quotes: Iterable[NewQuote], wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
    """Call what is old a close, as of a market that is not open.

    One that is older than what is known stays live, if the source calls it so: then it is held back.
    """
    known = {one.instrument.pk: one.quote.at for one in wanted if one.quote is not None}
    return [
        replace(quote, quality=Quality.CLOSE)
        if quote.quality in {Quality.LIVE, Quality.DELAYED}
        and now - quote.at >= NOT_LIVE_AFTER
        and quote.at >= known.get(quote.instrument, quote.at)
        else quote
        for quote in quotes
    ]


def scale(instrument: Instrument, unit: str) -> tuple[str, Decimal]:
    """Tell the major currency of a source's unit, and what to multiply by for the instrument's quote unit.

    Only pence and pounds of one currency are converted: a bond's quote unit of 0.01 is percent.
    """
    if not unit:
        return "", Decimal(1)
    major, part = reading.unit_of(unit)
    has_parts = any(currency == major for currency, _part in SUBUNITS.values())
    if major != instrument.currency or not has_parts or instrument.kind == KIND.BOND:
        return major, Decimal(1)
    return major, _WIDE.divide(part, instrument.quote_unit)


def _bar_times(row: BarRow, by: Decimal) -> BarRow:
    opened, high, low = (None if value is None else value * by for value in (row.open, row.high, row.low))
    return BarRow(row.day, row.close * by, opened, high, low, row.volume)


def split_of(instrument: Instrument, on: date | None, new: object, old: object) -> Split | None:
    """Make a split of `new` units for `old` ones; None without a day, or where it changes nothing."""
    numerator, denominator = reading.positive(new), reading.positive(old)
    if on is None or numerator is None or denominator is None or numerator == denominator:
        return None
    return Split(instrument.pk, on, *ratio(numerator, denominator))


def dividend_of(
    instrument: Instrument, on: date | None, amount: object, unit: str
) -> Dividend | Unread | None:
    """Make a dividend in major units; None without a day or an amount.

    It is unread where no unit is told and the listing is quoted in a part of its currency.
    """
    paid = reading.positive(amount)
    if on is None or paid is None:
        return None
    if not unit and instrument.quote_unit != 1:
        return Unread(on, _("The source does not say in which unit a dividend is."))
    major, part = reading.unit_of(unit or instrument.currency)
    return Dividend(instrument.pk, on, paid * part, major)


def within(found: Iterable[Event | None], start: date, end: date) -> list[Event]:
    """Sort actions by ex-date and leave out what was not asked for."""
    kept = [one for one in found if one is not None and start <= one.ex_date <= end]
    return sorted(kept, key=lambda one: one.ex_date)


def pair_of(instrument: Instrument) -> tuple[str, str]:
    """Tell base and quote of a currency pair or a coin: EURUSD and EUR/USD are (EUR, USD).

    Raises:
        ProviderUnknown: the symbol is not made of two currencies.
    """
    if instrument.kind == KIND.CRYPTO:
        return instrument.symbol.partition("-")[0], instrument.currency
    plain = "".join(one for one in instrument.symbol.upper() if one.isalpha())
    if len(plain) < 2 * _CODE_LENGTH:
        raise ProviderUnknown(_("%(symbol)s is no pair of currencies.") % {"symbol": instrument.symbol})
    return plain[:_CODE_LENGTH], plain[_CODE_LENGTH : 2 * _CODE_LENGTH]


def zone_of(instrument: Instrument) -> ZoneInfo:
    """Tell the time zone of the exchange, UTC without one."""
    return ZoneInfo(instrument.exchange.time_zone) if instrument.exchange else ZoneInfo("UTC")


def end_of(on: date, instrument: Instrument, now: datetime) -> datetime:
    """Tell when a price that only has a day was true: at the end of the exchange's day, and not after now."""
    ends = datetime.combine(on, clock_time(23, 59, 59), zone_of(instrument)).astimezone(UTC)
    return min(ends, now)


def option_wrong(name: str, expected: str) -> ValidationFailed:
    """Say which option is wrong and what it should be."""
    place = f"options.{name}"
    message = _("%(option)s should be %(expected)s.") % {"option": place, "expected": expected}
    return ValidationFailed.of(place, message)


def _is_sendable(key: str) -> bool:
    return key.isascii() and (not key or (key.isprintable() and " " not in key))


def _address(url: str) -> str:
    try:
        return checked_url(url)
    except AddressRefused as error:
        raise ValidationFailed.of("base_url", error.detail) from None

"""Invented instruments, plainly so named, with prices up to today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import transaction

from core import clock
from core.models import LIVE_WORLD
from market import locks
from market.domain.fictional import Character, walk
from market.domain.prices import SIMULATED
from market.models import CorporateAction, DailyBar, Instrument
from market.services import bars
from market.services.quotes.refresh import OFF
from market.services.revisions import prices_changed

START: Final = date(2014, 12, 31)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Invention:
    """An invented instrument, how its price behaves, and what it pays.

    `dividend` is a yearly amount per unit in the currency, on the month and day of `pays` (the
    Monday after, when that is a weekend). `splits`: ex-date → new units for one.
    """

    symbol: str
    name: str
    kind: str
    currency: str
    sector: str
    country: str
    character: Character
    quote_unit: Decimal = Decimal(1)
    dividend: Decimal | None = None
    pays: tuple[int, int] = (5, 15)
    splits: tuple[tuple[date, int], ...] = ()


INVENTIONS: Final = (
    Invention(
        "FAWA",
        "Fictional Alpine Water AG",
        Instrument.Kind.STOCK,
        "CHF",
        "Utilities",
        "CH",
        Character(101, Decimal("84.00"), 0.055, 0.17, 240_000),
        dividend=Decimal("2.10"),
        pays=(4, 12),
    ),
    Invention(
        "FRHE",
        "Fictional Rhine Engineering SE",
        Instrument.Kind.STOCK,
        "EUR",
        "Industrials",
        "DE",
        Character(102, Decimal("46.50"), 0.07, 0.24, 610_000),
        dividend=Decimal("1.35"),
        pays=(5, 20),
    ),
    Invention(
        "FNSE",
        "Fictional North Sea Energy plc",
        Instrument.Kind.STOCK,
        "GBP",
        "Energy",
        "GB",
        Character(103, Decimal("412.50"), 0.04, 0.29, 1_900_000),
        quote_unit=Decimal("0.01"),
        dividend=Decimal("0.18"),
        pays=(8, 10),
    ),
    Invention(
        "FCLD",
        "Fictional Cloud Corp.",
        Instrument.Kind.STOCK,
        "USD",
        "Information technology",
        "US",
        Character(104, Decimal("61.00"), 0.16, 0.34, 3_400_000),
        splits=((date(2022, 6, 6), 3),),
    ),
    Invention(
        "FMED",
        "Fictional Meadow Medicines Inc.",
        Instrument.Kind.STOCK,
        "USD",
        "Health care",
        "US",
        Character(105, Decimal("128.00"), 0.065, 0.21, 880_000),
        dividend=Decimal("2.40"),
        pays=(3, 8),
    ),
    Invention(
        "FWLD",
        "Fictional World Shares ETF",
        Instrument.Kind.ETF,
        "EUR",
        "Diversified",
        "IE",
        Character(106, Decimal("52.00"), 0.08, 0.15, 1_200_000),
    ),
    Invention(
        "FBND",
        "Fictional Euro Bond Fund",
        Instrument.Kind.FUND,
        "EUR",
        "Bonds",
        "LU",
        Character(107, Decimal("100.00"), 0.02, 0.045, close_only=True),
        dividend=Decimal("1.10"),
        pays=(11, 15),
    ),
    Invention(
        "FICOIN",
        "Fictional Coin",
        Instrument.Kind.CRYPTO,
        "USD",
        "Digital assets",
        "",
        Character(108, Decimal("310.00"), 0.28, 0.62, 52_000, every_day=True),
    ),
    Invention(
        "FWIX",
        "Fictional World Index",
        Instrument.Kind.INDEX,
        "EUR",
        "Diversified",
        "",
        Character(106, Decimal("5200.00"), 0.082, 0.15, close_only=True),
    ),
)


def last_closed_day() -> date:
    """Tell the day up to which invented closes may be told: yesterday (UTC) where today is being traded."""
    today = clock.today("UTC")
    return today if settings.SIMULATED_MARKET == OFF else today - timedelta(days=1)


def load_fictional(until: date) -> dict[str, Instrument]:
    """Store the invented instruments with prices up to `until`; answer those that can be held, by symbol.

    Goes on from what is there, so that a call a day later adds a day and a repeated one nothing.
    """
    listings = {one.symbol: _brought_up_to(one, until) for one in INVENTIONS}
    return {
        symbol: instrument
        for symbol, instrument in listings.items()
        if instrument.kind != Instrument.Kind.INDEX
    }


@transaction.atomic
def _brought_up_to(one: Invention, until: date) -> Instrument:
    instrument, _created = Instrument.objects.get_or_create(
        owner=None,
        symbol=one.symbol,
        exchange=None,
        defaults={
            "name": one.name,
            "kind": one.kind,
            "currency": one.currency,
            "quote_unit": one.quote_unit,
            "sector": one.sector,
            "country": one.country,
            "is_fictional": True,
        },
    )
    locks.instruments([instrument.id])
    last = DailyBar.objects.filter(instrument=instrument, world=LIVE_WORLD).order_by("-date").first()
    after, close = (last.date, last.close) if last else (START, one.character.start)
    rows = list(walk(one.character, close, after, until, dict(one.splits)))
    if rows:
        bars.write(LIVE_WORLD, instrument.id, rows, SIMULATED)
    _store_actions(one, instrument, until)
    return instrument


def _store_actions(one: Invention, instrument: Instrument, until: date) -> None:
    rows = [
        CorporateAction(
            instrument=instrument,
            kind=CorporateAction.Kind.SPLIT,
            ex_date=day,
            numerator=new,
            denominator=1,
            source=SIMULATED,
        )
        for day, new in one.splits
        if day <= until
    ] + [
        CorporateAction(
            instrument=instrument,
            kind=CorporateAction.Kind.DIVIDEND,
            ex_date=day,
            amount=one.dividend,
            currency=one.currency,
            source=SIMULATED,
        )
        for day in _dividend_days(one, until)
    ]
    known = set(CorporateAction.objects.filter(instrument=instrument).values_list("kind", "ex_date"))
    fresh = [row for row in rows if (row.kind, row.ex_date) not in known]
    if fresh:
        CorporateAction.objects.bulk_create(fresh)
        prices_changed(LIVE_WORLD, [instrument.id])


def _dividend_days(one: Invention, until: date) -> list[date]:
    if one.dividend is None:
        return []
    month, day = one.pays
    planned = [_weekday(date(year, month, day)) for year in range(START.year + 1, until.year + 1)]
    return [ex_date for ex_date in planned if ex_date <= until]


def _weekday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= _SATURDAY else day

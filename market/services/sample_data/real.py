"""Real daily prices of five shares, from the bokeh-sampledata package (public domain)."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from django.db import transaction

from core.actor import Actor
from core.models import LIVE_WORLD
from market import locks
from market.domain.derived_actions import Day, Derived, derive
from market.models import CorporateAction, Exchange, Instrument
from market.services.price_import import Options, import_prices
from market.services.reference import load_reference
from market.services.revisions import prices_changed
from market.transports import wheels

SOURCE: Final = "quandl-wiki"
CURRENCY: Final = "USD"
# symbol, name, ISIN of the share that the prices are of, venue, sector
SHARES: Final = (
    ("AAPL", "Apple Inc.", "US0378331005", "XNAS", "Information technology"),
    ("IBM", "International Business Machines Corp.", "US4592001014", "XNYS", "Information technology"),
    ("MSFT", "Microsoft Corp.", "US5949181045", "XNAS", "Information technology"),
    ("GOOG", "Google Inc. Class A", "US38259P5089", "XNAS", "Communication services"),
    ("FB", "Facebook Inc. Class A", "US30303M1027", "XNAS", "Communication services"),
)


@transaction.atomic
def load_real_sample() -> dict[str, Instrument]:
    """Store five shares with unadjusted prices, splits and dividends; answer them by symbol.

    AAPL, IBM and MSFT from 2000-03-01, GOOG from 2004-08-19, FB from 2012-05-18, all to 2013-03-01.
    A second call changes nothing.

    Raises:
        DependencyUnavailable: bokeh-sampledata is not installed; says how to get it.
    """
    path = wheels.path_in(
        "bokeh_sampledata", str(Path("_data", "stocks.csv.gz")), distribution="bokeh-sampledata"
    )
    if not Exchange.objects.filter(mic__in=["XNAS", "XNYS"]).exists():
        load_reference()
    listings = {row[0]: _instrument(*row) for row in SHARES}
    with path.open("rb") as file:
        import_prices(
            actor=Actor.system("sample_data"), file=file, name=path.name, options=Options(source=SOURCE)
        )
    for symbol, days in _days(path).items():
        _store_actions(listings[symbol], derive(days))
    return listings


def _instrument(symbol: str, name: str, isin: str, mic: str, sector: str) -> Instrument:
    instrument, _created = Instrument.objects.get_or_create(
        owner=None,
        symbol=symbol,
        exchange_id=mic,
        defaults={
            "name": name,
            "isin": isin,
            "sector": sector,
            "country": "US",
            "currency": CURRENCY,
            "kind": Instrument.Kind.STOCK,
        },
    )
    return instrument


def _days(path: Path) -> dict[str, list[Day]]:
    found: dict[str, list[Day]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["Ticker"]].append(
                Day(date.fromisoformat(row["Date"]), Decimal(row["Close"]), Decimal(row["Adj Close"]))
            )
    return found


def _store_actions(instrument: Instrument, derived: list[Derived]) -> None:
    """Add the actions that are not there yet."""
    locks.instruments([instrument.id])
    known = set(CorporateAction.objects.filter(instrument=instrument).values_list("kind", "ex_date"))
    rows = [_action(instrument, one) for one in derived]
    fresh = [row for row in rows if (row.kind, row.ex_date) not in known]
    if fresh:
        CorporateAction.objects.bulk_create(fresh)
        prices_changed(LIVE_WORLD, [instrument.id])


def _action(instrument: Instrument, derived: Derived) -> CorporateAction:
    if derived.split is not None:
        return CorporateAction(
            instrument=instrument,
            kind=CorporateAction.Kind.SPLIT,
            ex_date=derived.ex_date,
            numerator=derived.split,
            denominator=1,
            source=SOURCE,
        )
    return CorporateAction(
        instrument=instrument,
        kind=CorporateAction.Kind.DIVIDEND,
        ex_date=derived.ex_date,
        amount=derived.dividend,
        currency=CURRENCY,
        source=SOURCE,
    )

"""A ticker names its venue, as SAP.DE does, or the file does, and either finds the listing."""

from __future__ import annotations

import pytest

from market.models import Exchange, Instrument
from portfolios.domain.csv_import.draft import Draft
from portfolios.selectors.imports.resolve import Resolver

pytestmark = pytest.mark.django_db


@pytest.fixture
def listings():
    Exchange.objects.get_or_create(mic="XETR", defaults={"name": "Xetra", "time_zone": "Europe/Berlin"})
    Exchange.objects.get_or_create(mic="XNYS", defaults={"name": "NYSE", "time_zone": "America/New_York"})
    make = Instrument.objects.create
    return {
        "xetra": make(kind="stock", symbol="EXSE", name="SE", currency="EUR", exchange_id="XETR"),
        "nyse": make(kind="stock", symbol="EXSE", name="SE", currency="USD", exchange_id="XNYS"),
        "dotted": make(kind="stock", symbol="EXAG.DE", name="AG", currency="EUR"),
    }


@pytest.mark.parametrize(
    ("symbol", "exchange", "found"),
    [
        ("EXSE.DE", "", "xetra"), ("EXSE", "XETR", "xetra"), ("EXSE", "XNYS", "nyse"),
        ("EXAG.DE", "", "dotted"), ("EXAG", "XETR", "dotted"), ("EXSE.PA", "", None), ("EXAG", "", None),
    ],
)  # fmt: skip
def test_ticker_and_venue_find_the_listing(listings, symbol, exchange, found):
    draft = Draft(1, [], symbol=symbol, exchange=exchange)
    resolved = Resolver(Instrument.objects.all(), [draft], {}).resolve(draft)
    assert resolved.instrument == (listings[found] if found else None)


def test_ticker_alone_on_two_venues_is_the_users_to_decide(listings):
    draft = Draft(1, [], symbol="EXSE")
    resolved = Resolver(Instrument.objects.all(), [draft], {}).resolve(draft)
    assert resolved.finding is not None
    assert resolved.finding.code == "ambiguous-symbol"
    assert set(resolved.choices) == {listings["xetra"], listings["nyse"]}

"""What the market answers to the search box and to the admin's dashboard."""

from __future__ import annotations

import pytest
import time_machine

from core.ports import PanelRow, held_instruments
from market.models import CorporateAction, PriceImport
from market.selectors import panels, search
from tests.market.builders import bar, fx

pytestmark = pytest.mark.django_db


def test_search_finds_what_the_user_may_see(instrument, ida, sven):
    instrument("AAA", owner=sven)
    own = instrument("AAB", owner=ida, kind="etf")
    hits = search.find(ida, "aa", 10)
    assert [str(own.uuid) in hit.url for hit in hits] == [True]


@time_machine.travel("2024-03-08T12:00:00Z")
def test_the_panel_names_held_instruments_without_a_recent_price(instrument, monkeypatch):
    fresh, old, none = instrument("FRESH"), instrument("OLD"), instrument("NONE")
    instrument("NOTHELD")
    bar(fresh, "2024-03-04", "1")
    bar(old, "2024-03-01", "1")
    fx("EUR", "USD", "2024-03-08", "1.1")
    PriceImport.objects.create(file_name="p.csv", sha256="0" * 64, actor_label="system:x")
    monkeypatch.setattr(held_instruments, "_providers", {"tests": lambda: {fresh.id, old.id, none.id}})
    rows = panels.freshness().rows
    assert [(row.label, row.value, row.state) for row in rows] == [
        ("Held instruments without a price of the last 5 days", "2 / 3", "warn"),
        ("NONE", "no price at all", "bad"),
        ("OLD", "last on 2024-03-01", "warn"),
        ("Quotes that were not believed and wait for a decision", "0", "good"),
        ("Public instruments whose prices contradict a split", "0", "good"),
        ("Last public rate of EUR/USD", "2024-03-08", "good"),
        ("Last price file: p.csv", "2024-03-08 12:00 UTC", "good"),
        ("Price files with refused rows in 7 days", "0", "good"),
    ]


def test_the_panel_of_an_empty_platform_says_so(monkeypatch):
    monkeypatch.setattr(held_instruments, "_providers", {})
    first, *others = panels.freshness().rows
    stale = "/admin/market/instrument/?prices=stale"
    assert first == PanelRow("Held instruments without a price of the last 5 days", "0 / 0", url=stale)
    assert [(row.value, row.state) for row in others] == [
        ("0", "good"),
        ("0", "good"),
        ("none", "warn"),
        ("none", "good"),
        ("0", "good"),
    ]


def test_the_panel_names_public_instruments_whose_prices_contradict_a_split(instrument, ida, monkeypatch):
    monkeypatch.setattr(held_instruments, "_providers", {})
    flat, fine, own = instrument("FLAT"), instrument("FINE"), instrument("OWN", owner=ida)
    for one, before in ((flat, "52"), (fine, "104"), (own, "52")):
        bar(one, "2024-03-04", before)
        bar(one, "2024-03-05", "52")
        CorporateAction.objects.create(
            instrument=one, kind="split", ex_date="2024-03-05", numerator=2, denominator=1, source="test"
        )
    rows = [(row.label, row.value, row.state) for row in panels.freshness().rows[2:4]]
    assert rows == [
        ("Public instruments whose prices contradict a split", "1", "warn"),
        ("FLAT", "look at it", "warn"),
    ]

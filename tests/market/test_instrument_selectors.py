"""Who sees which instrument, and what a symbol means when."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

from core.errors import NotFound
from market.errors import AmbiguousSymbol
from market.models import Exchange, RateRevision, SymbolSpan
from market.selectors import instruments, revisions

pytestmark = pytest.mark.django_db


def test_users_see_public_instruments_and_their_own(instrument, ida, sven):
    public, own, other = instrument("PUB"), instrument("OWN", owner=ida), instrument("OTH", owner=sven)
    assert set(instruments.visible_to(ida)) == {public, own}
    assert set(instruments.visible_to(AnonymousUser())) == {public}
    assert instruments.get(ida, own.uuid) == own
    for uuid in (other.uuid, uuid4()):
        with pytest.raises(NotFound):
            instruments.get(ida, uuid)


def test_search_puts_the_equal_symbol_first(instrument, ida):
    longer, equal, named = instrument("AAPLX"), instrument("AAPL"), instrument("ZZZ", name="Fruit AAPL")
    instrument("OTHER")
    assert list(instruments.search(ida, "aapl", 10)) == [equal, longer, named]


def test_search_finds_an_isin(instrument, ida):
    apple = instrument("AAPL", isin="US0378331005")
    assert list(instruments.search(ida, "us0378331005", 10)) == [apple]


def test_by_symbol_prefers_the_users_own(instrument, ida, sven):
    public, own = instrument("AAA"), instrument("AAA", owner=ida)
    assert instruments.by_symbol(ida, " aaa ") == own
    assert instruments.by_symbol(sven, "AAA") == public
    assert instruments.by_symbol(ida, "NONE") is None


def test_by_symbol_asks_for_the_venue_when_there_are_several(instrument, ida):
    for mic in ("XETR", "XPAR"):
        Exchange.objects.create(mic=mic, name=mic, time_zone="UTC")
    frankfurt = instrument("SAN", exchange_id="XETR")
    instrument("SAN", exchange_id="XPAR")
    with pytest.raises(AmbiguousSymbol, match="XETR, XPAR"):
        instruments.by_symbol(ida, "SAN")
    assert instruments.by_symbol(ida, "SAN@XETR") == frankfurt


def test_by_symbol_honours_the_dates_of_a_renaming(instrument, ida):
    meta = instrument("META", isin="US30303M1027")
    changed = date(2022, 6, 9)
    SymbolSpan.objects.create(instrument=meta, symbol="FB", valid_from=date(2012, 5, 18), valid_to=changed)
    SymbolSpan.objects.create(instrument=meta, symbol="META", valid_from=changed)
    assert instruments.by_symbol(ida, "FB", date(2022, 6, 8)) == meta
    assert instruments.by_symbol(ida, "FB", changed) is None
    assert instruments.by_symbol(ida, "META", date(2022, 6, 8)) is None
    assert instruments.by_symbol(ida, "META", changed) == meta
    assert instruments.by_symbol(ida, "META") == meta
    assert instruments.by_symbol(ida, "US30303M1027", date(2015, 1, 1)) == meta


def test_a_book_of_symbols_takes_two_queries(instrument, ida, django_assert_num_queries):
    one, two = instrument("ONE"), instrument("TWO")
    with django_assert_num_queries(2):
        book = instruments.symbol_book(ida, ["one", "TWO", "THREE"])
        assert [book.find(name) for name in ("ONE", "two", "three")] == [one, two, None]


def test_revisions_of_rates_are_zero_until_something_changes(ida, sven):
    assert revisions.rate_revision(ida.pk) == (0, 0)
    RateRevision.objects.create(owner=None, value=3)
    RateRevision.objects.create(owner=ida, value=5)
    assert revisions.rate_revision(ida.pk) == (3, 5)
    assert revisions.rate_revision(sven.pk) == (3, 0)
    assert revisions.rate_revision(None) == (3, 0)

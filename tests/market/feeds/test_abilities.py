"""A source that fails at one thing goes on with the others."""

from __future__ import annotations

import sys
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError

from market.errors import ProviderRefused, ProviderUnavailable
from market.models import FxRate, PriceSource, SourceAbility
from market.providers import Ability
from market.selectors.source_panels import panel
from market.services import feeds
from market.services.feeds.write import SourceData, reset_source, save_source
from tests.market.builders import STAFF, bar, fx
from tests.market.feeds.sources import NOON, Hand, prices, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock(source, told, instrument, held):
    """A share whose first source has quotes of it; two days of its history lack."""
    one = instrument("AAA")
    bar(one, "2025-06-25", "5")
    held(one)
    source()
    told.quotes["first"] = {"AAA": 5}
    return one


def failing(monkeypatch, ability, error):
    def fail(*_args):
        raise error

    monkeypatch.setattr(Hand, "abilities", frozenset({Ability.QUOTES, ability}))
    monkeypatch.setattr(Hand, ability.value, fail)


def fares():
    return list(SourceAbility.objects.values_list("ability", "failures", "open_until", "last_error"))


@pytest.mark.parametrize("ability", ["history", "actions", "rates", "profile"])
def test_what_a_plan_lacks_does_not_stop_quotes(stock, monkeypatch, clock, ability):
    failing(monkeypatch, Ability(ability), ProviderRefused("403: not in your plan"))
    asked = []
    for _time in range(2):
        feeds.mend_history(seconds=60)
        feeds.refresh_rates()
        feeds.fetch_profile(instrument_id=stock.pk)
        asked.append(fares())
    # refused once, and left alone from then on
    assert asked == [[(ability, 1, NOON + timedelta(hours=1), "403: not in your plan")]] * 2
    run()
    assert prices() == {"AAA": ("5", "first")}


def test_history_that_is_down_is_left_alone_while_quotes_go_on(stock, instrument, held, told, clock):
    held(stock, *(instrument(name) for name in ("BBB", "CCC", "DDD")))
    told.history["first"] = ProviderUnavailable("500")
    feeds.mend_history(seconds=60)
    assert fares() == [("history", 3, NOON + timedelta(minutes=1), "500")]
    one = PriceSource.objects.get()
    assert (one.failures, one.open_until, one.last_error) == (0, None, "")
    run()
    assert prices() == {"AAA": ("5", "first")}


def test_an_answer_closes_its_own_breaker_only(stock, told, clock):
    source = PriceSource.objects.get()
    later = NOON + timedelta(hours=1)
    SourceAbility.objects.create(source=source, ability="history", failures=4, open_until=NOON)
    SourceAbility.objects.create(source=source, ability="actions", failures=4, open_until=later)
    feeds.mend_history(seconds=60)
    run()
    assert fares() == [("actions", 4, later, ""), ("history", 0, None, "")]


def test_staff_see_what_else_fails_and_reset_it_too(stock, monkeypatch):
    failing(monkeypatch, Ability.HISTORY, ProviderRefused("403"))
    feeds.mend_history(seconds=60)
    rows = [(row.label, row.value, row.state) for row in panel().rows[:2]]
    assert rows == [("first", "no answer yet", "warn"), ("history: 403", "", "good")]
    reset_source(actor=STAFF, source_id=PriceSource.objects.get().pk, reason="They sold us the plan.")
    assert fares() == []


def test_a_new_key_or_address_is_tried_at_once(source):
    one = source(failures=1, open_until=NOON + timedelta(hours=1))
    SourceAbility.objects.create(source=one, ability="history", failures=1)
    same = {"name": "first", "kind": "hand"}
    for data, failures in (({}, 1), ({"key": "new"}, 0)):
        save_source(actor=STAFF, source_id=one.pk, data=SourceData(**same, **data))
        one.refresh_from_db()
        assert (one.failures, len(fares())) == (failures, failures)
    assert one.open_until is None


def test_a_failure_of_our_own_database_is_not_the_sources(stock, monkeypatch):
    def fail(**_named):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(sys.modules["market.services.feeds.refresh"], "record_quotes", fail)
    source = PriceSource.objects.get()
    for _time in range(3):
        with pytest.raises(OperationalError):
            feeds.refresh(source_id=source.pk, instrument_ids=[stock.pk])
    source.refresh_from_db()
    assert (source.failures, source.open_until, source.claimed_until) == (0, None, None)


def test_an_adapter_that_breaks_over_one_history_leaves_the_next(stock, instrument, held, monkeypatch):
    other = instrument("BBB")
    held(stock, other)
    failing(monkeypatch, Ability.HISTORY, KeyError("close"))
    assert feeds.mend_history(seconds=60) == 2
    assert [row[:2] for row in fares()] == [("history", 2)]


def test_the_ecb_is_asked_first_and_others_for_what_it_lacks(source, told, instrument, monkeypatch, clock):
    from market.providers.ecb import EcbRates

    day, asked = NOON.date() - timedelta(days=1), []
    instrument("AAA", currency="USD")
    instrument("BBB", currency="VND")
    fx("EUR", "USD", str(day - timedelta(days=1)), "1.1")

    def rates(self, _base, quotes, day):
        asked.append((self.name, list(quotes), day))
        return {"VND": Decimal(30_000)}

    monkeypatch.setattr(Hand, "abilities", frozenset({Ability.RATES}))
    monkeypatch.setattr(Hand, "rates", rates)
    monkeypatch.setattr(EcbRates, "rates_between", lambda *_: {day: {"USD": Decimal("1.2")}})
    source(priority=1)
    source("ecb", kind="ecb")
    source("third", priority=200)
    feeds.refresh_rates()
    assert asked == [("first", ["VND"], day)]
    found = FxRate.objects.filter(date=day).order_by("quote").values_list("quote", "rate", "source")
    assert list(found) == [("USD", Decimal("1.2"), "ecb"), ("VND", Decimal(30_000), "first")]

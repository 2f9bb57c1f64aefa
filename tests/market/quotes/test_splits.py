"""Quotes around the ex-date of a split, and what staff decide on quotes that are held back."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import pytest

from core.actor import Actor
from core.bus import Phase, bus
from core.errors import Conflict, Forbidden, NotFound
from core.models import LIVE_WORLD, AuditEvent
from market.events import SplitTookEffect
from market.models import CorporateAction, HeldQuote, Quote
from market.services.erasure import erase_market_data
from market.services.quotes import apply_due_splits, discard_quote, release_quote
from tests.market.builders import STAFF, bar
from tests.market.quotes.told import NOON, logged, number, record, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]
TOMORROW = 24 * 60


@pytest.fixture
def split(stock):
    return CorporateAction.objects.create(
        instrument=stock, kind="split", ex_date=date(2024, 3, 7), numerator=4, denominator=1, source="staff"
    )


def test_a_quote_on_the_ex_date_waits_until_the_split_is_in_effect(stock, split, at_noon, monkeypatch):
    told_of: list[object] = []
    monkeypatch.setattr(bus, "_subscriptions", defaultdict(list))
    bus.subscribe(SplitTookEffect, Phase.IN_TRANSACTION)(told_of.append)
    record(told(stock, "400"))
    assert apply_due_splits(world_id=LIVE_WORLD) == 0
    at_noon.move_to(NOON + timedelta(days=1))
    assert record(told(stock, "101", TOMORROW), told(stock, "102", TOMORROW + 1)).held == 2
    assert Quote.objects.get().price == number(400)
    held = HeldQuote.objects.get()
    assert (held.reason, held.price, held.state) == ("split", "102", "held")
    with pytest.raises(Conflict):
        release_quote(actor=STAFF, held_id=held.pk, reason="now")

    assert (apply_due_splits(world_id=LIVE_WORLD), apply_due_splits(world_id=LIVE_WORLD)) == (1, 0)

    assert told_of == [SplitTookEffect(LIVE_WORLD, stock.pk, date(2024, 3, 7), 4, 1)]
    row = Quote.objects.get()
    assert (row.price, row.previous_close, row.splits_through) == (number(102), number(100), date(2024, 3, 7))
    # from 400 of the old unit, 100 of the new one: no alert between 102 and 400 was crossed
    assert logged()[1:] == [(2, (stock.pk, number(100), number(102), number(100), number(102)))]
    held.refresh_from_db()
    assert (held.state, held.decided_by) == ("released", "system")


def test_the_first_quote_ever_waits_for_nothing(stock, split, at_noon):
    bar(stock, "2024-03-06", "400")
    at_noon.move_to(NOON + timedelta(days=1))
    assert record(told(stock, "101", TOMORROW)).moved == 1
    assert logged() == [(1, (stock.pk, number(100), number(101), number(100), number(101)))]


def test_staff_release_a_quote_and_it_moves(stock):
    bar(stock, "2024-03-05", "10")
    record(told(stock, "1500", volume=number(3)))
    held = HeldQuote.objects.get()
    release_quote(actor=STAFF, held_id=held.pk, reason="merged 150 into 1")
    row = Quote.objects.get()
    assert (row.price, row.volume, row.previous_close) == (number(1500), number(3), number(10))
    assert logged() == [(1, (stock.pk, number(10), number(1500), number(10), number(1500)))]
    event = AuditEvent.objects.get(verb="quote.released")
    assert (event.reason, event.after["price"], event.after["why"]) == ("merged 150 into 1", "1500", "jump")
    with pytest.raises(Conflict):
        discard_quote(actor=STAFF, held_id=held.pk, reason="again")


def test_what_is_released_late_becomes_history(stock):
    record(told(stock, "10"), told(stock, "2000", 1), told(stock, "11", 2))
    release_quote(actor=STAFF, held_id=HeldQuote.objects.get().pk, reason="true")
    row = Quote.objects.get()
    assert (row.price, row.high) == (number(11), number(2000))
    assert len(logged()) == 1


def test_a_crossed_quote_is_released_without_its_range(stock):
    record(told(stock, "10", high=number(9)))
    release_quote(actor=STAFF, held_id=HeldQuote.objects.get().pk, reason="the range was yesterday's")
    assert (Quote.objects.get().price, Quote.objects.get().high) == (number(10), number(10))


def test_no_price_is_never_released_only_discarded(stock):
    record(told(stock, "0"))
    held = HeldQuote.objects.get()
    with pytest.raises(Conflict):
        release_quote(actor=STAFF, held_id=held.pk, reason="no")
    discard_quote(actor=STAFF, held_id=held.pk, reason="a zero")
    held.refresh_from_db()
    assert (held.state, held.decided_by, Quote.objects.count()) == ("discarded", "system:tests", 0)
    record(told(stock, "0", 1))
    assert HeldQuote.objects.filter(state="held").count() == 1


def test_an_erased_member_of_staff_leaves_no_name_on_a_decision(stock, ida):
    record(told(stock, "0"))
    held = HeldQuote.objects.get()
    keeper = Actor(ida.pk, f"user:{ida.pk}", is_staff=True, powers=frozenset({"market.change_heldquote"}))
    discard_quote(actor=keeper, held_id=held.pk, reason="a zero")
    erase_market_data(user_id=ida.pk)
    held.refresh_from_db()
    assert (held.state, held.decided_by) == ("discarded", "erased")


def test_only_who_keeps_market_data_decides(stock, ida):
    record(told(stock, "0"))
    held = HeldQuote.objects.get()
    for decide in (release_quote, discard_quote):
        with pytest.raises(Forbidden):
            decide(actor=Actor.user(ida), held_id=held.pk, reason="mine")
        with pytest.raises(NotFound):
            decide(actor=STAFF, held_id=held.pk + 1, reason="none")

"""What `record_quotes` stores: the newest quote, the log of moves, days that are over, what is held back."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from core.bus import Phase, bus
from core.models import LIVE_WORLD, World
from market.domain.prices import Quality
from market.events import PricesUpdated
from market.models import DailyBar, Exchange, HeldQuote, Instrument, LogHead, MoveBatch, Quote
from market.selectors.quotes import newest
from market.services.quotes import Recorded, close_days, record_quotes
from tests.market.builders import bar
from tests.market.quotes.told import NOON, logged, number, record, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]
TODAY = NOON.date()


def quote_of(instrument: Instrument) -> Quote:
    return Quote.objects.get(instrument=instrument, world=LIVE_WORLD)


def test_the_first_quote_moves_from_the_last_close(stock):
    bar(stock, "2024-03-04", "9.5")
    bar(stock, "2024-03-05", "10")
    assert record(
        told(stock, "10.25", bid=number("10.2"), ask=number("10.3"), volume=number(700))
    ) == Recorded(1, 0, 0, 1)
    row = quote_of(stock)
    assert (row.price, row.bid, row.ask, row.volume) == (
        number("10.25"),
        number("10.2"),
        number("10.3"),
        number(700),
    )
    assert (row.open, row.high, row.low, row.previous_close) == (
        number("10.25"),
        number("10.25"),
        number("10.25"),
        number(10),
    )
    assert (row.as_of, row.day, row.source, row.quality) == (NOON, TODAY, "feed", "live")
    assert logged() == [(1, (stock.pk, number(10), number("10.25"), number(10), number("10.25")))]
    assert MoveBatch.objects.get().time == NOON + timedelta(hours=6)


def test_an_instrument_without_any_price_has_a_first_one(stock):
    record(told(stock, "7"))
    assert logged() == [(1, (stock.pk, None, number(7), number(7), number(7)))]
    assert quote_of(stock).previous_close is None


def test_the_day_goes_on_and_each_batch_is_one_row_of_the_log(stock, instrument):
    other = instrument("OTH")
    record(told(stock, "10"), told(other, "20"))
    record(told(stock, "12", 1), told(stock, "9", 2), told(other, "20", 1), told(stock, "11", 3))
    row = quote_of(stock)
    assert (row.price, row.open, row.high, row.low) == (number(11), number(10), number(12), number(9))
    # a price that stands is no move, and the three of one batch are one: from 10 to 11, between 9 and 12
    assert logged()[1:] == [(2, (stock.pk, number(10), number(11), number(9), number(12)))]
    assert quote_of(other).as_of == NOON + timedelta(minutes=1)
    assert record(told(other, "20", 5)) == Recorded(0, 0, 0, None)
    assert LogHead.objects.get(world=LIVE_WORLD).seq == 2


def test_what_the_source_says_of_its_day_counts(stock):
    record(
        told(stock, "10", open=number(9), high=number(11), low=number("8.5"), previous_close=number("9.75"))
    )
    record(told(stock, "10.5", 1))
    row = quote_of(stock)
    assert (row.open, row.high, row.low, row.previous_close) == (
        number(9),
        number(11),
        number("8.5"),
        number("9.75"),
    )


def test_late_quotes_widen_their_day_and_move_nothing(stock):
    record(told(stock, "10"))
    assert record(told(stock, "8", -5), told(stock, "13", -3)) == Recorded(0, 0, 0, None)
    row = quote_of(stock)
    assert (row.price, row.low, row.high, row.as_of) == (number(10), number(8), number(13), NOON)
    assert len(logged()) == 1


def test_a_late_quote_of_a_day_that_is_over_goes_into_its_bar(stock, instrument):
    known = instrument("KNO")
    bar(known, "2024-03-05", "30", low=number(29), high=number(31), source="feed")
    imported = instrument("IMP")
    bar(imported, "2024-03-05", "30", low=number(29), high=number(31))
    yesterday = NOON - timedelta(hours=17)
    record(told(stock, "10"), told(known, "32"), told(imported, "32"))
    record(
        told(stock, "9", at=yesterday), told(known, "28", at=yesterday), told(imported, "28", at=yesterday)
    )
    made = DailyBar.objects.get(instrument=stock)
    assert (made.date, made.close, made.high, made.low) == (date(2024, 3, 5), number(9), number(9), number(9))
    widened, kept = (DailyBar.objects.get(instrument=one) for one in (known, imported))
    assert (widened.close, widened.low, widened.high) == (number(30), number(28), number(31))
    assert (kept.close, kept.low, kept.high) == (number(30), number(29), number(31))


def test_the_first_quote_of_a_day_makes_the_bar_of_the_day_before(stock, at_noon):
    record(told(stock, "10", volume=number(5)), told(stock, "12", 1), told(stock, "11", 2, volume=number(9)))
    before = stock.price_revision
    at_noon.move_to(NOON + timedelta(days=1))
    record(told(stock, "11.5", 24 * 60))
    made = DailyBar.objects.get(instrument=stock)
    assert (made.date, made.open, made.high, made.low) == (TODAY, number(10), number(12), number(10))
    assert (made.close, made.volume, made.source) == (number(11), number(9), "feed")
    row = quote_of(stock)
    assert (row.day, row.previous_close, row.open) == (date(2024, 3, 7), number(11), number("11.5"))
    stock.refresh_from_db()
    assert stock.price_revision == before + 1


def test_a_day_without_a_next_quote_is_closed_once_it_is_over(stock, instrument, at_noon):
    imported = instrument("IMP")
    record(told(stock, "10"), told(imported, "20"))
    bar(imported, "2024-03-06", "20.5")
    assert close_days(world_id=LIVE_WORLD) == 0
    at_noon.move_to(NOON + timedelta(days=1))
    assert (close_days(world_id=LIVE_WORLD), close_days(world_id=LIVE_WORLD)) == (1, 0)
    assert DailyBar.objects.get(instrument=stock).close == number(10)
    assert DailyBar.objects.get(instrument=imported).close == number("20.5")


def test_a_quote_is_raw_and_never_widens_what_came_adjusted(stock, instrument, at_noon):
    given = {"adjusted_as_of": TODAY, "given_close": number(15), "source": "feed"}
    late = instrument("LTE")
    bar(stock, "2024-03-06", "30", **given)
    bar(late, "2024-03-05", "30", high=number(31), low=number(29), given_high=number("15.5"), **given)
    record(told(stock, "32"), told(late, "32"))
    record(told(late, "28", at=NOON - timedelta(hours=17)))
    at_noon.move_to(NOON + timedelta(days=1))
    close_days(world_id=LIVE_WORLD)
    names = ("low", "close", "given_close", "adjusted_as_of")
    assert DailyBar.objects.filter(instrument=stock).values_list(*names).get() == (32, 32, None, None)
    kept = DailyBar.objects.filter(instrument=late, date=date(2024, 3, 5)).values_list(*names).get()
    assert kept == (29, 30, 15, TODAY)


def test_a_day_is_the_exchanges(instrument):
    tokyo, _ = Exchange.objects.get_or_create(
        mic="XTKS", defaults={"name": "Tokyo", "time_zone": "Asia/Tokyo"}
    )
    one = instrument("TKY", exchange=tokyo)
    record(told(one, "10", at=NOON + timedelta(hours=4)))
    assert quote_of(one).day == date(2024, 3, 7)


@pytest.mark.parametrize(
    ("price", "fields", "why"),
    [
        ("0", {}, "not-positive"),
        ("-3", {}, "not-positive"),
        ("NaN", {}, "not-positive"),
        ("1.1234567890123456789", {}, "out-of-range"),
        ("1000", {}, "jump"),
        ("0.1", {}, "jump"),
        ("10", {"currency": "EUR"}, "currency"),
        ("10", {"minutes": 6 * 60 + 2}, "future"),
        ("10", {"minutes": -24 * 60}, "old"),
        ("10", {"high": number(9)}, "crossed"),
        ("10", {"quality": Quality.SIMULATED}, "not-fictional"),
    ],
)
def test_what_is_not_plausible_is_held_back(stock, price, fields, why):
    bar(stock, "2024-03-05", "10")
    assert record(told(stock, price, **fields)) == Recorded(0, 1, 0, None)
    row = HeldQuote.objects.get()
    assert (row.reason, row.price, row.instrument, row.state, row.times) == (why, price, stock, "held", 1)
    assert not Quote.objects.exists()


def test_a_source_that_errs_all_day_fills_one_row(stock):
    for minute in range(3):
        record(told(stock, "0", minute))
    row = HeldQuote.objects.get()
    assert (row.times, row.as_of) == (3, NOON + timedelta(minutes=2))


def test_just_below_a_jump_is_a_move(stock):
    bar(stock, "2024-03-05", "10")
    assert record(told(stock, "999.99")).moved == 1


def test_one_bad_quote_holds_up_nothing_else(stock, instrument):
    other = instrument("OTH")
    assert record(told(stock, "0"), told(other, "20")) == Recorded(1, 1, 0, 1)
    gone = instrument("GON")
    quote = told(gone, "5")
    gone.delete()
    assert record(quote, told(other, "21", 1)) == Recorded(1, 0, 1, 2)


def test_worlds_have_logs_and_clocks_of_their_own(stock):
    replay = World.objects.create(
        kind="replay", name="2008", clock_at=datetime(2008, 9, 15, 14, tzinfo=NOON.tzinfo),
        clock_since=NOON + timedelta(hours=5), clock_speed=60,
    )  # fmt: skip
    then = datetime(2008, 9, 17, tzinfo=NOON.tzinfo)
    record(told(stock, "10"))
    # an hour later it is 60 hours later there
    recorded = record(
        told(stock, "400", at=then, quality=Quality.REPLAY), told(stock, "1", at=then + timedelta(hours=27)),
        world_id=replay.pk,
    )  # fmt: skip
    assert recorded == Recorded(1, 1, 0, 1)
    assert HeldQuote.objects.get().reason == "future"
    assert newest(LIVE_WORLD, [stock.pk])[stock.pk].price == number(10)
    assert newest(replay.pk, [stock.pk])[stock.pk].price == number(400)
    assert (logged()[0][0], logged(replay.pk)[0][0]) == (1, 1)
    assert MoveBatch.objects.get(world=replay).time == datetime(2008, 9, 18, 2, tzinfo=NOON.tzinfo)


def test_the_live_world_has_no_clock_of_its_own():
    with pytest.raises(IntegrityError), transaction.atomic():
        World.objects.filter(pk=LIVE_WORLD).update(clock_at=NOON, clock_since=NOON)


def test_a_batch_is_told_once_and_after_the_commit(stock, monkeypatch, django_capture_on_commit_callbacks):
    told_of: list[object] = []
    monkeypatch.setattr(bus, "_subscriptions", defaultdict(list))
    bus.subscribe(PricesUpdated, Phase.AFTER_COMMIT)(told_of.append)
    with django_capture_on_commit_callbacks(execute=True):
        record(told(stock, "10"), told(stock, "11", 1))
        assert told_of == []
    assert told_of == [PricesUpdated(LIVE_WORLD, 1)]


def test_the_log_is_never_changed(stock):
    record(told(stock, "10"))
    for statement in ("UPDATE market_movebatch SET seq = 5", "DELETE FROM market_movebatch"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_batch_takes_the_same_statements_whatever_its_size(instrument, django_assert_num_queries):
    many = [instrument(f"M{number}") for number in range(30)]
    record_quotes(world_id=LIVE_WORLD, batch=[told(one, "10") for one in many])
    with django_assert_num_queries(10):  # with the two of the savepoint
        record_quotes(world_id=LIVE_WORLD, batch=[told(one, "11", 1) for one in many])

"""Files of ticks come in once, whole, and what is wrong in them is named."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from core.actor import Actor
from core.errors import Forbidden
from market.errors import ImportRefused
from market.models import (
    DailyBar,
    Exchange,
    Instrument,
    MinuteBar,
    MoveBatch,
    Quote,
    SymbolSpan,
    Tick,
    TickDay,
)
from market.services.tick_import import Making, TickOptions, import_ticks
from tests.market.ticks.told import HEADER, at, bars, bring, bring_bytes, counts, line, ticks

pytestmark = pytest.mark.django_db


def test_a_file_of_the_old_stock_service(stock):
    assert counts(bring(line("10:00:00", "150.25"), line("10:00:30", "151"))) == (2, 2, 0, 0)
    row = Tick.objects.filter(instrument=stock).earliest("at")
    assert (row.at, row.seq, row.price, row.quantity) == (at("10:00:00"), 0, Decimal("150.25"), 10)
    assert (row.bid, row.bid_size, row.ask, row.ask_size) == (Decimal("99.5"), 20, Decimal("100.5"), 30)
    assert row.open_interest == 0


def test_own_names_with_instants_that_carry_an_offset(stock):
    outcome = bring(
        "2022-04-05T15:30:00.250+05:30;STK;1e2;",
        header="timestamp;symbol;price;quantity",
    )
    assert counts(outcome) == (1, 1, 0, 0)
    assert ticks(stock) == [(at("10:00:00.250"), 0, Decimal(100))]
    assert Tick.objects.get(instrument=stock).quantity is None


@pytest.mark.parametrize("day", ["05/04/2022", "05-04-2022", "2022-04-05", "5.4.2022"])
def test_days_as_they_are_written(stock, day):
    bring(line("10:00:00", "1", day=day))
    assert ticks(stock) == [(at("10:00:00"), 0, Decimal(1))]


def test_times_without_an_offset_are_of_the_zone_that_is_said(stock):
    bring(line("15:30:00", "1"), zone="Asia/Kolkata")
    bring("2022-04-05 15:31:00,2", header="time,ltp", name="stk.csv", zone="Asia/Kolkata")
    assert [when for when, _seq, _price in ticks(stock)] == [at("10:00:00"), at("10:01:00")]


def test_a_second_run_stores_nothing(stock):
    lines = [line("10:00:00", "1"), line("10:00:00", "1"), line("10:00:00", "2"), line("10:01:00", "3")]
    assert counts(bring(*lines)) == (4, 4, 0, 0)
    before = ticks(stock), bars(MinuteBar, stock), bars(TickDay, stock)
    assert counts(bring(*lines)) == (4, 0, 4, 0)
    assert (ticks(stock), bars(MinuteBar, stock), bars(TickDay, stock)) == before
    assert before[0] == [
        (at("10:00:00"), 0, Decimal(1)),
        (at("10:00:00"), 1, Decimal(1)),
        (at("10:00:00"), 2, Decimal(2)),
        (at("10:01:00"), 0, Decimal(3)),
    ]


def test_of_files_that_overlap_only_what_is_more_is_stored(stock):
    bring(line("10:00:00", "1"), line("10:00:00", "2"))
    outcome = bring(
        line("10:00:00", "2"), line("10:00:00", "2"), line("10:00:00", "3"), line("10:02:00", "4")
    )
    assert counts(outcome) == (4, 3, 1, 0)
    assert ticks(stock) == [
        (at("10:00:00"), 0, Decimal(1)),
        (at("10:00:00"), 1, Decimal(2)),
        (at("10:00:00"), 2, Decimal(2)),
        (at("10:00:00"), 3, Decimal(3)),
        (at("10:02:00"), 0, Decimal(4)),
    ]


def test_bars_of_minutes_and_days(stock):
    bring(
        line("10:00:59", "3", quantity="1"),
        line("10:00:05", "2", quantity="2"),
        line("10:00:30", "9", quantity=""),
        line("10:01:00", "1", quantity="4"),
    )
    assert bars(MinuteBar, stock) == [
        (at("10:00:00"), 2, 9, 2, 3, 3, 3),
        (at("10:01:00"), 1, 1, 1, 1, 4, 1),
    ]
    assert bars(TickDay, stock) == [(date(2022, 4, 5), 2, 9, 1, 1, 7, 4)]
    bring(line("09:59:00", "5"), line("10:00:59", "4", quantity="1"), line("10:00:01", "1", quantity="1"))
    assert bars(MinuteBar, stock)[1] == (at("10:00:00"), 1, 9, 1, 4, 5, 5)
    assert bars(TickDay, stock) == [(date(2022, 4, 5), 5, 9, 1, 1, 19, 7)]


def test_days_are_the_exchanges_and_months_have_tables_of_their_own(instrument):
    Exchange.objects.create(mic="XSYD", name="Sydney", time_zone="Australia/Sydney")
    stock = instrument("STK", exchange_id="XSYD")
    bring(
        line("12:00:00", "1", day="31/03/2022"),
        line("23:59:59.999999", "2", day="31/03/2022"),
        line("00:00:00", "3", day="01/04/2022"),
        line("13:30:00", "4", day="01/04/2022"),
    )
    assert [(day, count) for day, *_prices, count in bars(TickDay, stock)] == [
        (date(2022, 3, 31), 1),
        (date(2022, 4, 1), 2),
        (date(2022, 4, 2), 1),
    ]
    assert len(ticks(stock)) == 4


def test_refused_lines_are_named_and_the_others_are_stored(stock):
    outcome = bring(
        line("10:00:00", "1"),
        "STK,05/04/2022,10:00:01,2",
        line("10:00:02", "zwei"),
        line("25:00:00", "3"),
        line("10:00:03", "3", day="31/02/2022"),
        "",
        line("10:00:04", "0"),
        line("10:00:05", "-1"),
        line("10:00:06", "NaN"),
        line("10:00:07", ""),
        line("10:00:08", "1", quantity="-5"),
        line("10:00:09", "1." + "0" * 18 + "1"),
        line("10:00:10", "100000000000000000000"),
        line("10:00:11", "1", day="06/04/2022"),
        line("10:00:12", "1", ticker="NONE"),
        line("", "1"),
        line("10:00:13", "5"),
    )
    assert counts(outcome) == (16, 2, 0, 14)
    assert [(one.line, one.reason.split(":")[0]) for one in outcome.refusals] == [
        (3, "Another number of columns than the header"),
        (4, "Not a number"),
        (5, "Not a date and time, such as 05/04/2022 and 10"),
        (6, "Not a date and time, such as 05/04/2022 and 10"),
        (8, "A price must be greater than 0"),
        (9, "A price must be greater than 0"),
        (10, "Not a number"),
        (11, "There is no price"),
        (12, "Prices, quantities and open interest must not be negative"),
        (13, "At most 20 digits before and 18 after the decimal point"),
        (14, "At most 20 digits before and 18 after the decimal point"),
        (15, "The time is in the future"),
        (16, "No instrument has this symbol"),
        (17, "There is no time"),
    ]
    assert outcome.refusals[0].text == "STK,05/04/2022,10:00:01,2"
    assert ticks(stock) == [(at("10:00:00"), 0, Decimal(1)), (at("10:00:13"), 0, Decimal(5))]


def test_bytes_that_are_no_text_refuse_their_line_only(stock):
    good = line("10:00:00", "1").encode()
    outcome = bring_bytes(
        b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n" + good + b"\r\n\xff\xfe,\x00\r\n" + good
    )
    assert counts(outcome) == (3, 2, 0, 1)
    assert outcome.refusals[0].reason.startswith("This is not text in UTF-8")


def test_a_zip_of_files_named_by_their_tickers(stock, instrument):
    other = instrument("OTH")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("day/stk.csv", "date,time,ltp\n05/04/2022,10:00:00,1\n")
        archive.writestr("day/oth.csv", "date,time,ltp\n05/04/2022,10:00:00,2\n")
    assert counts(bring_bytes(packed.getvalue(), "ticks.zip")) == (2, 2, 0, 0)
    assert ticks(stock) == [(at("10:00:00"), 0, Decimal(1))]
    assert ticks(other) == [(at("10:00:00"), 0, Decimal(2))]


def test_a_zip_that_unpacks_without_end_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stk.csv", "date,time,ltp\n" + "0" * (8 << 20))
    with pytest.raises(ImportRefused) as refused:
        bring_bytes(packed.getvalue(), "ticks.zip")
    assert refused.value.errors[0].code in {"zip-bomb", "long-line"}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("ticker,ltp", "no-date-column"),
        ("ticker,date,time", "no-price-column"),
        ("at,ltp,price", "column-twice"),
    ],
)
def test_a_header_without_what_a_tick_is_refuses_the_file(header, code):
    with pytest.raises(ImportRefused) as refused:
        bring("x", header=header)
    assert refused.value.errors[0].code == code


def test_unknown_tickers_are_made_on_demand(db):
    outcome = bring(line("10:00:00", "1", ticker="new"), making=Making("INR"))
    assert (outcome.made, outcome.stored) == (["NEW"], 1)
    assert Instrument.objects.get(symbol="NEW").currency == "INR"


def test_a_ticker_means_what_it_meant_on_the_day(instrument):
    old, new = instrument("OLD"), instrument("STK")
    SymbolSpan.objects.create(instrument=old, symbol="STK", valid_from="2000-01-01", valid_to="2022-04-05")
    SymbolSpan.objects.create(instrument=new, symbol="STK", valid_from="2022-04-05")
    outcome = bring(
        line("10:00:00", "1", day="04/04/2022"),
        line("10:00:00", "2"),
        line("10:00:00", "3", day="04/04/1999"),
    )
    assert counts(outcome) == (3, 2, 0, 1)
    assert (ticks(old)[0][2], ticks(new)[0][2]) == (Decimal(1), Decimal(2))
    assert [(one.line, one.reason) for one in outcome.refusals] == [(4, "No instrument has this symbol: STK")]


def test_the_newest_tick_becomes_the_quote_and_older_ones_move_nothing(stock):
    assert bring(line("10:00:00", "1"), line("10:01:00", "3"), line("09:00:00", "2")).quoted == 1
    quote = Quote.objects.get(instrument=stock)
    assert (quote.price, quote.as_of, quote.source) == (3, at("10:01:00"), "ticks")
    assert (quote.open, quote.high, quote.low, quote.volume) == (2, 3, 1, 30)
    assert (quote.bid, quote.ask) == (Decimal("99.5"), Decimal("100.5"))
    assert bring(line("10:00:30", "4")).quoted == 0
    assert Quote.objects.get(instrument=stock).price == 3
    assert MoveBatch.objects.count() == 1


def test_days_that_are_over_become_daily_bars_unless_another_source_has_them(stock):
    DailyBar.objects.create(instrument=stock, date="2022-04-01", close=7, source="import")
    bring(
        line("10:00:00", "1", day="01/04/2022"),
        line("10:00:00", "2", day="04/04/2022"),
        line("10:00:00", "3", day="05/04/2022"),
    )
    rows = DailyBar.objects.filter(instrument=stock).order_by("date").values_list("date", "close", "source")
    assert list(rows) == [(date(2022, 4, 1), 7, "import"), (date(2022, 4, 4), 2, "ticks")]


def test_who_may_import(ida):
    for owner in (None, "01900000-0000-7000-8000-000000000000"):
        with pytest.raises(Forbidden):
            import_ticks(
                actor=Actor.user(ida), file=io.BytesIO(b""), name="x", options=TickOptions(owner=owner)
            )


def test_time_of_day_with_an_offset_is_refused_and_not_read_as_another(stock):
    bring(
        line("10:00:00", "1"), line("10:00:01+05:30", "2"), line("10:00:02+00:00", "3"), line("10:00:03", "4")
    )
    assert ticks(stock) == [(at("10:00:00"), 0, Decimal(1)), (at("10:00:03"), 0, Decimal(4))]

"""Numbers, dates and layouts of price files, and the mathematics around them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.domain.actions import Split, price_factors, ratio
from market.domain.bars import fits
from market.domain.derived_actions import Day, Derived, derive
from market.domain.fictional import Character, walk
from market.domain.price_files import dates, encoding, numbers
from market.domain.price_files.faults import UnreadableFileError
from market.domain.price_files.layout import Shape, Wishes, guess
from market.domain.price_files.reader import BATCH, batches

TODAY = date(2026, 11, 22)
AMOUNTS = st.decimals(min_value=0, max_value=10**15, places=6)


@pytest.mark.parametrize(
    ("text", "decimal", "written"),
    [
        ("1234.5", ".", "1234.5"),
        ("1,234.5", ".", "1234.5"),
        ("1,234,567", ".", "1234567"),
        ("1,23", ".", numbers.BAD),
        ("12,34,567", ".", numbers.BAD),
        ("1.234,5", ",", "1234.5"),
        ("1 234,5", ",", "1234.5"),
        ("1'234.5", ".", "1234.5"),
        ("1.23", ",", numbers.BAD),
        ("$1.5", ".", "1.5"),
        ("€ 1,5", ",", "1.5"),
        ("1e-3", ".", "1e-3"),
        ("+2", ".", "+2"),
        ("-2", ".", "-2"),
        (".5", ".", ".5"),
        (",5", ",", ".5"),
        ("0x10", ".", numbers.BAD),
        ("1_000", ".", numbers.BAD),
        ("inf", ".", numbers.BAD),
        ("٣", ".", numbers.BAD),
        ("1 2", ".", numbers.BAD),
        ("n/a", ".", ""),
        ("null", ".", ""),
        ("-", ".", ""),
    ],
)
def test_a_number_is_written_plainly_or_refused(text, decimal, written):
    assert numbers.plain(text, decimal) == written


@given(AMOUNTS)
def test_both_ways_of_writing_a_number_mean_the_same(amount):
    english = f"{amount:,f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert Decimal(numbers.plain(english, ".")) == amount
    assert Decimal(numbers.plain(german, ",")) == amount


@given(st.lists(AMOUNTS, min_size=1, max_size=50))
def test_a_column_keeps_its_digits_and_its_floats_agree(amounts):
    texts = [f"{amount:f}" for amount in amounts]
    written, floats = numbers.column(texts, ".")
    assert written == texts
    assert floats.tolist() == [float(amount) for amount in amounts]


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.5", "2"], "."),
        (["1,5", "2"], ","),
        (["1.234,5"], ","),
        (["1,234.5"], "."),
        (["1,234,567", "1.5"], "."),
        (["1.234.567"], ","),
        (["1.234"], "."),
        (["0,125"], ","),
        (["10", "20"], "."),
    ],
)
def test_the_decimal_mark_is_guessed(texts, mark):
    assert numbers.guess(texts) == mark


@pytest.mark.parametrize(
    ("texts", "code"), [(["1,234"], "ambiguous-decimals"), (["1,5", "1.5"], "mixed-decimals")]
)
def test_a_decimal_mark_is_never_made_up(texts, code):
    with pytest.raises(UnreadableFileError) as refused:
        numbers.guess(texts)
    assert refused.value.code == code


@pytest.mark.parametrize("date_format", dates.FORMATS)
def test_every_date_format_is_recognised_over_a_month(date_format):
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(40)]
    texts = [day.strftime(date_format) for day in days]
    found = dates.guess(texts)
    assert [dates.parse(text, found) for text in texts] == days


def test_an_ambiguous_date_is_refused_unless_both_ways_are_one_day():
    with pytest.raises(UnreadableFileError):
        dates.guess(["01/02/2024"])
    assert dates.parse("03/03/2024", dates.guess(["03/03/2024"])) == date(2024, 3, 3)


def test_a_few_bad_dates_do_not_hide_the_format():
    assert dates.guess(["2024-01-31", "2024-02-30", "2024-02-01"]) == "%Y-%m-%d"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-01-31", date(2024, 1, 31)),
        ("2024-01-31T16:00:00-05:00", date(2024, 1, 31)),
        ("2024-01-31 00:00:00", date(2024, 1, 31)),
        ("2024-01-31x", None),
        ("2024-1-31", None),
        ("", None),
    ],
)
def test_iso_dates_may_carry_a_time(text, day):
    assert dates.parse(text, "%Y-%m-%d") == day


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (b"a,b", "utf-8"),
        ("ä".encode(), "utf-8"),
        ("ä,b".encode("latin-1"), "latin-1"),
        ("a,b\n".encode("utf-16-le"), "utf-16-le"),
        ("a,b\n".encode("utf-16-be"), "utf-16-be"),
        ("ä".encode()[:1], "utf-8"),
    ],
)
def test_the_encoding_is_told_from_the_first_bytes(data, codec):
    assert encoding.detect(data) == codec


@pytest.mark.parametrize(
    ("header", "shape", "places"),
    [
        ("Date,Open,High,Low,Close,Adj Close,Volume", "long",
         {"date": 0, "open": 1, "high": 2, "low": 3, "close": 4, "volume": 6}),
        ("<TICKER>,<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>", "long",
         {"symbol": 0, "date": 1, "open": 2, "high": 3, "low": 4, "close": 5, "volume": 6}),
        ("date,o,h,l,c", "long", {"date": 0, "open": 1, "high": 2, "low": 3, "close": 4}),
        ("date,C,V,O", "wide", {"date": 0}),
        ("date,LOW,AAPL", "wide", {"date": 0, "low": 1}),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(header, shape, places):
    row = "2024-01-31" if header.lower().startswith("date") else "X,2024-01-31"
    cells = header.count(",") - row.count(",")
    layout = guess([header, row + ",1.5" * cells], Wishes(), fallback_symbol="X")
    assert (layout.shape, dict(layout.places)) == (Shape(shape), places)


def test_a_wide_file_reads_every_column_but_the_date():
    layout = guess(["date,LOW,C", "2024-01-31,1.5,2.5"], Wishes())
    assert dict(layout.symbols) == {"LOW": 1, "C": 2}


def test_line_numbers_count_lines_of_the_file_in_every_way_of_reading():
    plain = ["date,close\n"] + [f"2024-01-01,{n + 1}\n" for n in range(BATCH + 5)]
    quoted = ["date,close,note\n", '2024-01-01,"1",a\n', "\n", '2024-01-02,2,"b\n', 'c"\n', "2024-01-03,x,\n"]
    for lines, bad in ((plain, []), (quoted, [6])):
        layout = guess(lines[:3], Wishes(decimal="."), fallback_symbol="X")
        read = list(batches(lines, layout, TODAY))
        assert [reject.line for batch in read for reject in batch.rejects] == bad
    first = [
        line
        for batch in batches(plain, guess(plain[:3], Wishes(), fallback_symbol="X"), TODAY)
        for line in batch.lines
    ]
    assert first == list(range(2, BATCH + 7))


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("1", True),
        ("0.000000000000000001", True),
        ("1e-19", False),
        ("1e20", False),
        ("99999999999999999999", True),
        ("1.10000000000000000000000000000000000000000", True),
        ("NaN", False),
        ("Infinity", False),
        ("0e-30", True),
    ],
)
def test_what_fits_the_column_fits_exactly(value, result):
    assert fits(Decimal(value)) is result


def test_ratios_are_reduced_to_whole_numbers():
    assert ratio(Decimal("1.5"), Decimal(1)) == (3, 2)
    assert ratio(Decimal(4), Decimal(2)) == (2, 1)


def test_factors_divide_the_prices_before_a_split():
    days = np.array([10, 11, 12, 13], dtype=np.int32)
    splits = [
        Split(1, date.fromordinal(11), 2, 1),
        Split(1, date.fromordinal(13), 1, 3),
    ]
    assert price_factors(days, splits).tolist() == [1.5, 3.0, 3.0, 1.0]


def test_splits_and_dividends_follow_from_adjusted_closes():
    first = date(2024, 1, 1)
    # worked by hand backwards: 2 for 1 on day 2, then 0.50 on day 4 (close 51.00, before it 50.00)
    closes = ["100", "51", "50", "51"]
    factor = Decimal(51) / (Decimal(51) + Decimal("0.5"))
    adjusted = [Decimal(50) * factor, Decimal(51) * factor, Decimal(50) * factor, Decimal(51)]
    days = [
        Day(first + timedelta(days=n), Decimal(close), one)
        for n, (close, one) in enumerate(zip(closes, adjusted, strict=True))
    ]
    assert derive(days) == [
        Derived(date(2024, 1, 2), split=2),
        Derived(date(2024, 1, 4), dividend=Decimal("0.50")),
    ]


@given(st.integers(1, 400), st.integers(0, 10_000))
def test_an_invented_history_is_the_same_at_once_and_in_two_parts(cut, seed):
    character = Character(seed, Decimal(50), 0.05, 0.3, 1000)
    start, end = date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=60)
    middle = start + timedelta(days=cut % 60)
    whole = list(walk(character, character.start, start, end))
    early = list(walk(character, character.start, start, middle))
    last = early[-1].close if early else character.start
    assert early + list(walk(character, last, middle, end)) == whole
    assert all(one.low <= min(one.open, one.close) and max(one.open, one.close) <= one.high for one in whole)

"""Numbers and dates, cell by cell. No database."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from portfolios.domain.csv_import import dates, numbers
from portfolios.domain.csv_import.dates import DateOrder, DateProblem, DateStyle, Moment
from portfolios.domain.csv_import.kinds import recognise
from portfolios.domain.csv_import.numbers import Mark, Number, NumberProblem, NumberStyle
from portfolios.domain.entries import EntryKind

POINT, COMMA = NumberStyle(Mark.POINT), NumberStyle(Mark.COMMA)
DAY_FIRST = DateStyle(DateOrder.DAY_FIRST)


@pytest.mark.parametrize(
    ("text", "style", "value", "currency"),
    [
        ("1,234.50", POINT, "1234.50", ""),
        ("1.234,50", COMMA, "1234.50", ""),
        ("1'234.50", POINT, "1234.50", ""),
        ("1 234,50 EUR", COMMA, "1234.50", "EUR"),
        ("1\u202f234,50 €", COMMA, "1234.50", "EUR"),
        ("€ 1.234,5", COMMA, "1234.5", "EUR"),
        ("US$ 3.20", POINT, "3.20", "USD"),
        ("$3.20", POINT, "3.20", ""),
        ("USD 5", POINT, "5", "USD"),
        ("(1,200.00)", POINT, "-1200.00", ""),
        ("-5", POINT, "-5", ""),
        ("−4,25", COMMA, "-4.25", ""),
        ("5-", POINT, "-5", ""),
        ("-$12.50", POINT, "-12.50", ""),
        ("+3", POINT, "3", ""),
        ("1e-8", POINT, "1E-8", ""),
        ("1,23,456.78", POINT, "123456.78", ""),
        (".5", POINT, "0.5", ""),
    ],
)
def test_number_is_read_exactly(text, style, value, currency):
    found = numbers.parse(text, style)
    assert found == Number(Decimal(value), currency)


@pytest.mark.parametrize("text", ["abc", "1.2.3.4", "--5", "12 %", "1 2", "1,2345.6", "NaN5", "=1+1", "5€€"])
def test_text_that_is_no_number_is_refused(text):
    assert numbers.parse(text, POINT) is NumberProblem.NOT_A_NUMBER


def test_thousands_never_begin_with_zero():
    assert numbers.parse("0.123", COMMA) is NumberProblem.NOT_A_NUMBER


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1.5", Mark.POINT), ("1,5", Mark.COMMA), ("1.234", None), ("1,234", None), ("1.234.567", Mark.COMMA),
        ("1,234.5", Mark.POINT), ("0.123", Mark.POINT), ("1234.567", Mark.POINT), ("12", None),
    ],
)  # fmt: skip
def test_cell_proves_a_mark_only_when_it_can_mean_one_thing(text, mark):
    assert numbers.evidence(text) is mark


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-05", Moment(date(2024, 1, 5))),
        ("2024/1/5", Moment(date(2024, 1, 5))),
        ("20240105", Moment(date(2024, 1, 5))),
        ("20240105;101112", Moment(date(2024, 1, 5), time(10, 11, 12))),
        ("2024-01-05T10:11:12Z", Moment(date(2024, 1, 5), time(10, 11, 12), timedelta(0))),
        (
            "2024-01-05 10:11:12.123456+02:00",
            Moment(date(2024, 1, 5), time(10, 11, 12, 123456), timedelta(hours=2)),
        ),
        (
            "2024-01-05T10:11:12-0530",
            Moment(date(2024, 1, 5), time(10, 11, 12), -timedelta(hours=5, minutes=30)),
        ),
        ("05.01.24", Moment(date(2024, 1, 5))),
        ("05.01.98", Moment(date(1998, 1, 5))),
        ("5/1/2024 3:04 PM", Moment(date(2024, 1, 5), time(15, 4))),
        ("5/1/2024 12:04 AM", Moment(date(2024, 1, 5), time(0, 4))),
        ("05 Jan 2024", Moment(date(2024, 1, 5))),
        ("05-Jan-2024", Moment(date(2024, 1, 5))),
        ("Jan 5, 2024, 09:30:00", Moment(date(2024, 1, 5), time(9, 30))),
        ("5. März 2024", Moment(date(2024, 3, 5))),
        ("01/05/2024 as of 01/04/2024", Moment(date(2024, 5, 1))),
        ("1704448800", Moment(date(2024, 1, 5), time(10), timedelta(0))),
        ("1704448800123", Moment(date(2024, 1, 5), time(10, 0, 0, 123000), timedelta(0))),
    ],
)
def test_date_is_read(text, moment):
    assert dates.parse(text, DAY_FIRST) == moment


@pytest.mark.parametrize(
    "text", ["2024-02-30", "31/02/2024", "hello", "2024-01-05 25:00", "5/1/2024 13:00 PM", "7"]
)
def test_text_that_is_no_date_is_refused(text):
    assert dates.parse(text, DAY_FIRST) is DateProblem.NOT_A_DATE


def test_time_without_offset_is_the_zones():
    at = dates.instant(Moment(date(2024, 7, 1), time(0, 30)), ZoneInfo("Europe/Berlin"))
    assert at.isoformat() == "2024-06-30T22:30:00+00:00"


def test_date_without_time_is_its_first_minute():
    at = dates.instant(Moment(date(2024, 1, 1)), ZoneInfo("America/New_York"))
    assert at.isoformat() == "2024-01-01T05:00:00+00:00"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Buy", "buy"), ("B", "buy"), ("Kauf", "buy"), ("Purchase", "buy"), ("ACHAT", "buy"),
        ("Market buy", "buy"), ("Sell", "sell"), ("Verkauf", "sell"), ("SLD", "sell"),
        ("Dividende", "dividend"), ("Cash Dividend", "dividend"), ("Zinsen", "interest"),
        ("Staking Income", "interest"), ("Deposit", "deposit"), ("Einzahlung", "deposit"),
        ("Withdrawal", "withdrawal"), ("Gebühren", "fee"), ("ADR Mgmt Fee", "fee"),
        ("Withholding Tax", "tax"), ("transfer_in", "transfer_in"), ("Einlieferung", "transfer_in"),
        ("Transfer Out", "transfer_out"),
    ],
)  # fmt: skip
def test_words_of_brokers_are_known(word, kind):
    found = recognise(word, {})
    assert found is not None
    assert (found.meaning, found.sure) == (EntryKind(kind), True)


def test_word_known_by_its_beginning_is_not_sure():
    found = recognise("Sell - partial fill", {})
    assert found is not None
    assert (found.meaning, found.sure) == (EntryKind.SELL, False)

"""Prices as people paste them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from market.domain.bars import BarRow, Fault
from market.domain.price_files import pasted
from market.domain.price_files.faults import UnreadableFileError

TODAY = date(2024, 3, 8)
BOTH = [BarRow(date(2024, 3, 6), Decimal("10.5")), BarRow(date(2024, 3, 7), Decimal(11))]


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-06;10.5\n2024-03-07;11",
        "2024-03-06;10,5\r\n2024-03-07;11,0\r\n",
        "\n2024-03-06\t10.5\n\n2024-03-07\t11\n",
        "2024-03-06,10.5\n2024-03-07,11\n",
        "2024-03-06 10,5\n2024-03-07   11,0\n",
        "06.03.2024;10,5\n07.03.2024;11,0",
        "Date,Close\n2024-03-06,10.5\n2024-03-07,11",
        "Datum;Schlusskurs\n06.03.2024;10,5\n07.03.2024;11,0",
    ],
)
def test_lines_of_date_and_close_are_read_in_many_spellings(text):
    found = pasted.read(text, TODAY)
    assert found.rows == BOTH
    assert found.rejects == []


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("2024-03-07;11;500", BarRow(date(2024, 3, 7), Decimal(11), volume=Decimal(500))),
        (
            "2024-03-07;10;12;9;11",
            BarRow(date(2024, 3, 7), Decimal(11), Decimal(10), Decimal(12), Decimal(9)),
        ),
        (
            "2024-03-07;10;12;9;11;500",
            BarRow(date(2024, 3, 7), Decimal(11), Decimal(10), Decimal(12), Decimal(9), Decimal(500)),
        ),
        ("2024-03-07;;;;11;", BarRow(date(2024, 3, 7), Decimal(11))),
    ],
)
def test_the_number_of_values_tells_what_they_are(line, row):
    assert pasted.read(line, TODAY).rows == [row]


def test_refused_lines_are_told_by_their_number_in_the_text():
    text = "2024-03-05;10\n2024-03-06;abc\n\n2024-03-09;11\n2024-03-07;-1\n2024-03-04;1;2"
    found = pasted.read(text, TODAY)
    assert [(one.line, one.fault) for one in found.rejects] == [
        (2, Fault.NOT_A_NUMBER),
        (4, Fault.FUTURE_DATE),
        (5, Fault.NOT_POSITIVE),
        (6, Fault.WRONG_WIDTH),
    ]
    assert (found.lines, len(found.rows)) == ([1], 1)


def test_lines_of_a_table_count_with_its_header():
    found = pasted.read("date;high;low;close\n2024-03-06;9;10;9", TODAY)
    assert [(one.line, one.fault) for one in found.rejects] == [(2, Fault.HIGH_BELOW_LOW)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n ", "empty-file"),
        ("2024-03-06;1;2;3", "no-header"),
        ("hello", "one-column"),
        ("date;open\n2024-03-06;1", "no-close-column"),
        ("date;adj close\n2024-03-06;1", "only-adjusted"),
        ("03/06/2024;1\n03/07/2024;1", "ambiguous-dates"),
        ("2024-03-06;1,234", "ambiguous-decimals"),
    ],
)
def test_text_that_cannot_be_read_says_why(text, code):
    with pytest.raises(UnreadableFileError) as caught:
        pasted.read(text, TODAY)
    assert caught.value.code == code

"""Periods by name."""

from datetime import date

import pytest

from portfolios.domain.spans import back, is_name, span

FIRST, LAST = date(2020, 5, 5), date(2024, 3, 31)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("1d", date(2024, 3, 30), LAST),
        ("1w", date(2024, 3, 24), LAST),
        ("1m", date(2024, 2, 29), LAST),
        ("3m", date(2023, 12, 31), LAST),
        ("6m", date(2023, 9, 30), LAST),
        ("ytd", date(2023, 12, 31), LAST),
        ("1y", date(2023, 3, 31), LAST),
        ("10y", date(2014, 3, 31), LAST),
        ("all", FIRST, LAST),
        ("2023", date(2022, 12, 31), date(2023, 12, 31)),
        ("2024", date(2023, 12, 31), LAST),
        ("2025", LAST, LAST),
    ],
)
def test_span(name, start, end):
    assert is_name(name)
    assert span(name, FIRST, LAST) == (start, end)


def test_unknown_name_is_refused():
    assert not is_name("2w")
    with pytest.raises(ValueError, match="2w"):
        span("2w", FIRST, LAST)


def test_back_ends_on_the_last_day_of_a_shorter_month():
    assert back(date(2024, 2, 29), 12) == date(2023, 2, 28)
    assert back(date(2024, 1, 31), 2) == date(2023, 11, 30)

"""What the chart lays beside its bars: means, another instrument, splits, dividends and own trades."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core import ports
from core.actor import Actor
from core.ports import OwnTrade
from market.models import CorporateAction
from market.selectors import overlays
from market.services.watchlists import star
from tests.market.builders import bar
from tests.market.views.conftest import page_of

LAST = date(2024, 3, 7)


@pytest.fixture
def ramp(instrument):
    """RAMP rose by 1 a day, from 1 on 19 August 2023 to 202 on 7 March 2024."""
    one = instrument("RAMP")
    for number in range(202):
        bar(one, str(LAST - timedelta(days=201 - number)), str(number + 1))
    return one


def chart(reader, instrument, **asked):
    return reader.get(page_of(instrument, "chart/"), asked).json()


def test_means_of_closes_count_days_before_the_range(reader, ramp):
    series = chart(reader, ramp, range="1W", overlay=["20", "200", "nonsense"])["series"]
    assert [one["name"] for one in series] == ["RAMP", "MA 20", "MA 200"]
    # the mean of 183 … 202, and of 3 … 202
    assert series[1]["points"][-1] == ["2024-03-07", "192.5"]
    assert len(series[1]["points"]) == len(series[0]["points"]) == 8
    assert series[2]["points"][-1] == ["2024-03-07", "102.5"]
    # only the last three days have 200 closes
    assert [day for day, _value in series[2]["points"]] == ["2024-03-05", "2024-03-06", "2024-03-07"]


def test_means_are_adjusted_as_the_bars_are(reader, instrument):
    one = instrument("ONE")
    for number in range(1, 22):
        bar(one, f"2024-02-{number:02}", "100" if number < 11 else "50")
    CorporateAction.objects.create(
        instrument=one, kind="split", ex_date="2024-02-11", numerator=2, denominator=1, source="t"
    )
    adjusted = chart(reader, one, range="All", overlay="20")["series"][1]["points"]
    assert {value for _day, value in adjusted} == {"50"}
    raw = chart(reader, one, range="All", overlay="20", mode="raw")["series"][1]["points"]
    assert raw == [["2024-02-20", "75"], ["2024-02-21", "72.5"]]


def test_comparison_is_percent_since_the_start_of_the_range(reader, instrument):
    one, other = instrument("ONE"), instrument("OTHER", quote_unit="0.01")
    for day, close, theirs in (
        ("2024-02-29", "100", "4000"), ("2024-03-04", "110", "4200"), ("2024-03-07", "125", "3000"),
    ):  # fmt: skip
        bar(one, day, close)
        bar(other, day, theirs)
    found = chart(reader, one, range="1W", compare=str(other.uuid), overlay="20")
    assert [(row["name"], row["unit"], row["points"]) for row in found["series"]] == [
        ("ONE", "percent", [["2024-02-29", "0"], ["2024-03-04", "10"], ["2024-03-07", "25"]]),
        ("OTHER", "percent", [["2024-02-29", "0"], ["2024-03-04", "5"], ["2024-03-07", "-25"]]),
    ]
    assert found["note"] == "Changes of the prices alone, each in its own currency."
    assert "live" not in found


def test_a_comparison_with_what_one_may_not_see_is_none(reader, instrument, sven):
    one, his = instrument("ONE"), instrument("HIS", owner=sven)
    bar(one, "2024-03-07", "1")
    for asked in (str(his.uuid), "nonsense"):
        assert [row["name"] for row in chart(reader, one, compare=asked)["series"]] == ["ONE"]


def test_indices_and_what_is_watched_are_offered(ida, sven, instrument):
    one, watched = instrument("ONE"), instrument("WATCHED")
    index = instrument("ZIX", kind="index")
    instrument("OTHER")
    for row in (one, watched):
        star(actor=Actor.user(ida), user=ida, instrument=row.uuid)
    assert overlays.offered(ida, one) == [index, watched]
    assert overlays.offered(sven, one) == [index]


def test_own_trades_stand_at_the_bar_they_fall_into(reader, ida, instrument, monkeypatch):
    one = instrument("ONE")
    for day in ("2024-02-29", "2024-03-04", "2024-03-07"):
        bar(one, day, "10")

    def traded(user, key):
        assert (user.pk, key) == (ida.pk, one.pk)
        days = [date(2024, 2, 1), date(2024, 3, 2), date(2024, 3, 7), date(2024, 3, 8)]
        return [OwnTrade(day, "buy", Decimal("2.5"), Decimal("9.8"), "USD", "Savings") for day in days]

    monkeypatch.setattr(ports.own_trades, "_providers", {"tests": traded})
    assert chart(reader, one, range="1W")["markers"] == [
        {"date": "2024-03-04", "side": "buy", "text": "March 2, 2024: 2.5 at 9.80 USD, Savings"},
        {"date": "2024-03-07", "side": "buy", "text": "March 7, 2024: 2.5 at 9.80 USD, Savings"},
    ]

"""What the chart lays beside its bars: means, another instrument, splits, dividends and own trades."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from core import ports
from core.actor import Actor
from core.models import LIVE_WORLD
from core.ports import OwnTrade
from market.models import CorporateAction, Exchange, MinuteBar
from market.selectors import overlays
from market.services.ticks import partitions
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


def minute(instrument, at: str, *numbers: str) -> None:
    names = ("open", "high", "low", "close", "volume")
    values = dict(zip(names, map(Decimal, numbers), strict=True))
    MinuteBar.objects.create(
        instrument=instrument, world_id=LIVE_WORLD, at=at, count=1, first_at=at, last_at=at, **values
    )


@pytest.fixture
def traded(instrument):
    """TICK of New York, in cents, of which minutes of two days are kept."""
    partitions.make([datetime(2024, 3, 1, tzinfo=UTC)])
    venue = Exchange.objects.create(mic="XNYS", name="New York", time_zone="America/New_York")
    one = instrument("TICK", exchange=venue, quote_unit="0.01")
    for day in ("2024-02-01", "2024-03-07"):
        bar(one, day, "1000")
    minute(one, "2024-03-07T02:00+00:00", "900", "900", "900", "900", "1")  # the evening before, there
    minute(one, "2024-03-07T15:00+00:00", "1000", "1100", "1000", "1050", "10")
    minute(one, "2024-03-07T15:01+00:00", "1050", "1200", "1040", "1150", "20")
    minute(one, "2024-03-07T15:07+00:00", "1150", "1150", "950", "950", "30")
    return one


def test_a_day_is_in_minutes_where_they_are_kept(reader, traded):
    found = chart(reader, traded, range="1D", overlay="20")
    assert found["series"][0]["points"] == [
        ["2024-03-07T15:00:00+00:00", "10", "11", "10", "10.5", "10"],
        ["2024-03-07T15:01:00+00:00", "10.5", "12", "10.4", "11.5", "20"],
        ["2024-03-07T15:07:00+00:00", "11.5", "11.5", "9.5", "9.5", "30"],
    ]
    assert found["live"] == {"id": str(traded.uuid), "zone": "America/New_York", "step": 1}
    assert found["time_zone"] == "UTC"
    assert found["note"] == "Moving averages are of days and show from one month on."


def test_a_week_is_in_five_minutes(reader, traded):
    found = chart(reader, traded, range="1W")
    assert found["series"][0]["points"] == [
        ["2024-03-07T02:00:00+00:00", "9", "9", "9", "9", "1"],
        ["2024-03-07T15:00:00+00:00", "10", "12", "10", "11.5", "30"],
        ["2024-03-07T15:05:00+00:00", "11.5", "11.5", "9.5", "9.5", "30"],
    ]
    assert (found["note"], found["live"]["step"]) == ("Each point is 5 minutes.", 5)


def test_minutes_that_are_older_than_the_last_day_are_no_course_of_it(reader, traded):
    bar(traded, "2024-03-08", "1000")
    for name in ("1D", "1W"):
        assert chart(reader, traded, range=name)["series"][0]["kind"] == "line"


def test_minutes_before_a_split_are_in_todays_units(reader, traded):
    CorporateAction.objects.create(
        instrument=traded, kind="split", ex_date="2024-03-07", numerator=2, denominator=1, source="t"
    )
    points = chart(reader, traded, range="1W")["series"][0]["points"]
    assert points[0] == ["2024-03-07T02:00:00+00:00", "4.5", "4.5", "4.5", "4.5", "2"]
    assert points[1][1] == "10"

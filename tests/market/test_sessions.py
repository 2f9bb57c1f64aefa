"""When exchanges trade: the calendars as they are kept, and what is answered with and without them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from core.errors import DependencyUnavailable
from core.models import LIVE_WORLD
from market.domain.sessions import Session
from market.models import Exchange, Quote, TradingSession
from market.selectors import sessions
from market.selectors.sessions import Hours
from market.services.quotes import refresh_simulated
from market.services.sessions import are_due, load_sessions
from market.tasks import keep_sessions
from market.transports import calendars
from market.transports.calendars import Calendar
from tests.market.builders import bar

TODAY = datetime(2025, 7, 2, 6, tzinfo=UTC)  # a Wednesday; Friday the 4th is a holiday in New York


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def session(day: str, opens: str, closes: str, *rest: str) -> Session:
    times = [at(f"{day}T{one}") for one in (opens, closes, *rest)]
    return Session(date.fromisoformat(day), times[0], times[1], (times[2], times[3]) if rest else None)


@pytest.fixture
def venues(db):
    for mic, zone in (("XNYS", "America/New_York"), ("XTKS", "Asia/Tokyo"), ("XMAU", "Indian/Mauritius")):
        Exchange.objects.create(mic=mic, name=mic, time_zone=zone)


@pytest.fixture
def known(venues):
    for mic, one in (
        ("XNYS", session("2025-07-01", "13:30", "20:00")),
        ("XNYS", session("2025-07-03", "13:30", "17:00")),
        ("XNYS", session("2025-07-07", "13:30", "20:00")),
        ("XTKS", session("2025-07-01", "00:00", "06:30", "02:30", "03:30")),
        ("XTKS", session("2025-07-07", "00:00", "06:30", "02:30", "03:30")),
    ):
        rests, resumes = one.rest or (None, None)
        TradingSession.objects.create(
            exchange_id=mic, date=one.day, opens_at=one.opens_at, closes_at=one.closes_at,
            break_starts_at=rests, break_ends_at=resumes,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("mic", "when", "expected"),
    [
        ("XNYS", "2025-07-03T13:29:59", Hours(False, True, opens_at=at("2025-07-03T13:30"))),
        ("XNYS", "2025-07-03T13:30", Hours(True, True, closes_at=at("2025-07-03T17:00"))),
        ("XNYS", "2025-07-03T17:00", Hours(False, True, opens_at=at("2025-07-07T13:30"))),
        ("XTKS", "2025-07-01T02:29", Hours(True, True, closes_at=at("2025-07-01T02:30"))),
        ("XTKS", "2025-07-01T02:30", Hours(False, True, opens_at=at("2025-07-01T03:30"))),
        ("XTKS", "2025-07-01T03:30", Hours(True, True, closes_at=at("2025-07-01T06:30"))),
        # nobody has its calendar: weekdays there, and the answer says so
        ("XMAU", "2025-07-02T05:00", Hours(True, False, closes_at=at("2025-07-02T13:30"))),
        ("XMAU", "2025-07-05T08:00", Hours(False, False, opens_at=at("2025-07-07T05:00"))),
        # beyond what the calendar reaches
        ("XNYS", "2025-07-09T15:00", Hours(True, False, closes_at=at("2025-07-09T21:30"))),
        ("NONE", "2025-07-02T08:59", Hours(False, False, opens_at=at("2025-07-02T09:00"))),
    ],
)
def test_an_exchange_is_open_by_its_sessions(known, mic, when, expected):
    assert sessions.hours(mic, at(when)) == expected
    assert sessions.is_open(mic, at(when)) is expected.is_open
    assert sessions.next_open(mic, at(when)) == expected.opens_at


def test_coins_never_rest_and_currencies_do_at_the_weekend(db):
    saturday = at("2025-07-05T12:00")
    assert sessions.hours(None, saturday, kind="crypto") == Hours(True, True)
    assert sessions.hours(None, saturday, kind="currency_pair") == Hours(
        False, True, opens_at=at("2025-07-07T00:00")
    )
    assert sessions.is_open(None, at("2025-07-04T23:59"), kind="currency_pair")


def test_trading_days_are_the_sessions_and_weekdays_where_they_are_not_known(known, instrument):
    def days(one, start, end):
        return [day.day for day in sessions.trading_days(one, date(2025, 7, start), date(2025, 7, end))]

    stock = instrument("STK", exchange_id="XNYS")
    assert days(stock, 1, 7) == [1, 3, 7]
    assert days(stock, 7, 10) == [7, 8, 9, 10]
    assert days(instrument("COI", kind="crypto"), 4, 7) == [4, 5, 6, 7]
    assert days(instrument("EURUSD", kind="currency_pair"), 4, 7) == [4, 7]


def test_many_instruments_cost_one_look_at_each_exchange(known, instrument, django_assert_max_num_queries):
    stocks = [instrument(f"S{number}", exchange_id="XNYS") for number in range(9)]
    coin, invented = instrument("COI", kind="crypto"), instrument("FIC", is_fictional=True)
    asleep = instrument("TKO", exchange_id="XTKS")
    with django_assert_max_num_queries(8):
        found = sessions.trading([*stocks, coin, asleep, invented], at("2025-07-03T14:00"))
    assert found == [*stocks, coin, invented]


def test_the_simulated_market_keeps_the_hours_of_exchanges(known, instrument, settings):
    settings.SIMULATED_MARKET = "exchange"
    bar(instrument("FIC", is_fictional=True), "2025-07-01", "10")
    bar(instrument("FEU", is_fictional=True, currency="EUR"), "2025-07-01", "10")
    with time_machine.travel(at("2025-07-03T17:30"), tick=False):  # New York has closed early
        refresh_simulated(world_id=LIVE_WORLD)
    assert not Quote.objects.exists()
    with time_machine.travel(at("2025-07-07T14:00"), tick=False):
        refresh_simulated(world_id=LIVE_WORLD)
    # without its exchange's row the other one trades in the usual hours of UTC
    assert {one.instrument.symbol for one in Quote.objects.all()} == {"FIC", "FEU"}


def test_real_calendars_are_stored_once_and_holidays_added_later_go(venues):
    with time_machine.travel(TODAY, tick=False):
        assert are_due()
        loaded = load_sessions()
        assert (loaded.exchanges, loaded.without) == (2, ("XMAU",))
        assert loaded.changed == TradingSession.objects.count() > 900
        assert not are_due()
        days = sessions.sessions_between("XNYS", date(2025, 7, 2), date(2025, 7, 7))
        assert days == [
            session("2025-07-02", "13:30", "20:00"),
            session("2025-07-03", "13:30", "17:00"),
            session("2025-07-07", "13:30", "20:00"),
        ]
        assert sessions.sessions_between("XTKS", date(2025, 7, 1), date(2025, 7, 1)) == [
            session("2025-07-01", "00:00", "06:30", "02:30", "03:30")
        ]
        TradingSession.objects.create(
            exchange_id="XNYS", date="2025-07-04", opens_at=TODAY, closes_at=TODAY + timedelta(hours=1)
        )
        TradingSession.objects.filter(exchange="XNYS", date="2025-07-03").update(
            closes_at=at("2025-07-03T20:00")
        )
        assert load_sessions().changed == 2
        assert sessions.sessions_between("XNYS", date(2025, 7, 2), date(2025, 7, 7)) == days


def test_they_are_read_weekly_and_what_has_none_is_left_as_it_is(venues, monkeypatch):
    asked = []

    def read(names, start, end):
        asked.append((dict(names), start, end))
        days = [session(day, "13:30", "20:00") for day in ("2025-07-02", str(end))]
        return [Calendar("XNYS", days), Calendar("XTKS", [], "ValueError: too far")]

    monkeypatch.setattr(calendars, "read", read)
    with time_machine.travel(TODAY, tick=False) as traveller:
        keep_sessions()
        keep_sessions()
        assert len(asked) == 1
        assert asked[0][1:] == (date(2024, 7, 2), date(2026, 7, 2))
        assert set(TradingSession.objects.values_list("exchange_id", flat=True)) == {"XNYS"}
        traveller.shift(timedelta(days=12))
        keep_sessions()
        assert len(asked) == 2


def test_a_package_that_does_not_load_is_told(venues, monkeypatch, tmp_path):
    broken = tmp_path / "reader.py"
    broken.write_text("import sys\nsys.exit('No module named pandas')\n", encoding="utf-8")
    monkeypatch.setattr(calendars, "_READER", broken)
    with pytest.raises(DependencyUnavailable, match="No module named pandas"):
        load_sessions()
    assert not TradingSession.objects.exists()


def test_the_command_says_what_changed_and_who_has_no_calendar(venues, monkeypatch, capsys):
    days = [session("2025-07-02", "13:30", "20:00")]
    monkeypatch.setattr(calendars, "read", lambda *_asked: [Calendar("XNYS", days)])
    call_command("load_sessions")
    assert capsys.readouterr().out == "1 exchanges, 1 days changed. Without a calendar: XMAU, XTKS.\n"
    call_command("load_sessions", verbosity=0)
    assert capsys.readouterr().out == ""

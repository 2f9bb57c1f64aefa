"""Worlds that play stored history again, beside the live one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from core import clock
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.models import LIVE_WORLD, World
from core.worlds import now_in
from market.domain.quotes import NewQuote
from market.domain.replay import Grain, StoredBar, grain_at, path
from market.models import (
    CorporateAction,
    DailyBar,
    HeldQuote,
    Instrument,
    MinuteBar,
    MoveBatch,
    Quote,
    Replay,
)
from market.services import replay as services
from market.services.quotes import record_quotes
from market.services.replay import ReplayData
from tests.market.ticks.told import bring, line

pytestmark = pytest.mark.django_db
STAFF = Actor.system("test")
NOW = datetime(2024, 3, 6, 12, tzinfo=UTC)
START = datetime(2022, 4, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def stock(instrument: Callable[..., Instrument]) -> Instrument:
    """Have days of a coin, which trades from midnight to midnight."""
    made = instrument("STK", kind="crypto")
    days = {"2022-04-01": (8, 9, 7, 8), "2022-04-04": (10, 13, 9, 12), "2022-04-05": (12, 12, 8, 9)}
    for day, prices in days.items():
        first, high, low, close = prices
        DailyBar.objects.create(
            instrument=made, date=day, open=first, high=high, low=low, close=close, volume=5, source="import"
        )
    return made


def make(speed: str = "86400", **values: Any) -> Replay:
    given = {"name": "Crash", "starts_at": START, **values}
    return services.create_replay(actor=STAFF, data=ReplayData(speed=Decimal(speed), **given))


def log_of(world_id: int) -> list[tuple[Any, ...]]:
    rows = MoveBatch.objects.filter(world_id=world_id).order_by("seq")
    return [(row.time, row.previous[0], row.prices[0], row.lows[0], row.highs[0]) for row in rows]


def test_a_bar_is_told_as_open_extremes_and_close():
    bar = StoredBar(1, START, START + timedelta(hours=3), *map(Decimal, (12, 10, 13, 9)), volume=Decimal(5))
    told = [(one.price, one.at - START, one.volume) for one in path(bar)]
    hour = timedelta(hours=1)
    assert told == [(10, 0 * hour, None), (9, hour, None), (13, 2 * hour, None), (12, 3 * hour, 5)]
    fallen = StoredBar(1, START, START + 3 * hour, *map(Decimal, (9, 12, 13, 8)))
    assert [one.price for one in path(fallen)] == [12, 13, 8, 9]
    assert [one.price for one in path(StoredBar(1, START, START + hour, Decimal(9)))] == [9]


def test_how_finely_at_which_speed():
    assert [grain_at(Decimal(speed)) for speed in (1, 60, 61, 3600, 3601)] == [
        Grain.TICKS, Grain.TICKS, Grain.MINUTES, Grain.MINUTES, Grain.DAYS,
    ]  # fmt: skip


def test_days_are_played_to_the_clock_and_no_further(stock, noon):
    replay = make()
    assert services.play(world_id=replay.pk) == 0
    noon.shift(timedelta(seconds=1))
    assert services.play(world_id=replay.pk) == 1
    quote = Quote.objects.get(world=replay.world, instrument=stock)
    assert (quote.price, quote.low, quote.high, quote.open, quote.day) == (12, 9, 13, 10, date(2022, 4, 4))
    assert (quote.source, quote.quality, quote.volume) == ("replay", "replay", 5)
    assert log_of(replay.pk) == [(START + timedelta(days=1), 8, 12, 8, 13)]
    noon.shift(timedelta(seconds=0.5))
    services.play(world_id=replay.pk)
    quote.refresh_from_db()
    assert (quote.price, quote.day) == (12, date(2022, 4, 5))
    noon.shift(timedelta(seconds=5))
    services.play(world_id=replay.pk)
    quote.refresh_from_db()
    assert quote.price == 9
    assert DailyBar.objects.get(world=replay.world, date="2022-04-04").close == 12
    assert services.play(world_id=replay.pk) == 0


def test_the_world_has_a_past_and_no_future(stock):
    replay = make()
    rows = DailyBar.objects.filter(world=replay.world).values_list("date", "close")
    assert list(rows) == [(date(2022, 4, 1), 8)]


def test_nothing_changes_in_the_live_world(stock, noon):
    record_quotes(world_id=LIVE_WORLD, batch=[NewQuote(stock.pk, Decimal(50), NOW, "feed")])

    def live() -> list[Any]:
        return [
            list(model.objects.filter(world_id=LIVE_WORLD).values())
            for model in (Quote, MoveBatch, DailyBar, MinuteBar, HeldQuote)
        ]

    before = live()
    replay = make()
    noon.shift(timedelta(seconds=10))
    assert services.play(world_id=replay.pk) > 0
    assert live() == before
    record_quotes(world_id=LIVE_WORLD, batch=[NewQuote(stock.pk, Decimal(51), clock.now(), "feed")])
    assert Quote.objects.get(world=replay.world).price == 9


def test_ticks_are_told_where_there_are_any_and_else_minutes(stock, instrument, noon):
    other = instrument("OTH", kind="crypto")
    bring(line("10:00:00", "11", day="04/04/2022"), line("10:00:30", "11.5", day="04/04/2022"))
    minute = datetime(2022, 4, 4, 10, tzinfo=UTC)
    record_quotes(
        world_id=LIVE_WORLD, batch=[NewQuote(other.pk, Decimal(3), minute, "feed", quality="close")]
    )
    replay = make("60", starts_at=minute - timedelta(minutes=1))
    noon.shift(timedelta(seconds=1.25))
    services.play(world_id=replay.pk)
    prices = dict(Quote.objects.filter(world=replay.world).values_list("instrument__symbol", "price"))
    assert prices == {"STK": 11, "OTH": 3}
    noon.shift(timedelta(seconds=1))
    services.play(world_id=replay.pk)
    assert Quote.objects.get(world=replay.world, instrument=stock).price == Decimal("11.5")
    coarse = make("3600", name="Hours", starts_at=minute - timedelta(minutes=1))
    noon.shift(timedelta(seconds=1))
    services.play(world_id=coarse.pk)
    quote = Quote.objects.get(world=coarse.world, instrument=stock)
    assert (quote.price, quote.open) == (Decimal("11.5"), 11)


def test_a_split_takes_effect_before_the_first_price_of_its_day(stock, noon):
    CorporateAction.objects.create(
        instrument=stock, kind="split", ex_date="2022-04-05", numerator=2, denominator=1, source="test"
    )
    replay = make()
    noon.shift(timedelta(seconds=2))
    services.play(world_id=replay.pk)
    assert HeldQuote.objects.count() == 0
    assert log_of(replay.pk)[-1][1:] == (6, 9, 6, 12)


def test_a_pause_stands_and_what_was_missed_comes_in_windows(stock, noon):
    replay = make()
    noon.shift(timedelta(seconds=0.25))
    services.pause_replay(actor=STAFF, world_id=replay.pk, reason="")
    noon.shift(timedelta(days=3))
    replay.world.refresh_from_db()
    assert now_in(replay.world) == START + timedelta(hours=6)
    services.play(world_id=replay.pk)
    assert Quote.objects.get(world=replay.world).price == 10
    with pytest.raises(Conflict):
        services.pause_replay(actor=STAFF, world_id=replay.pk, reason="")
    services.resume_replay(actor=STAFF, world_id=replay.pk, reason="")
    noon.shift(timedelta(seconds=3))
    services.play(world_id=replay.pk)
    assert [time - START for time, *_rest in log_of(replay.pk)] == [
        timedelta(hours=6), timedelta(hours=30), timedelta(hours=54),
    ]  # fmt: skip


def test_it_ends_by_itself_and_by_hand(stock, noon):
    replay = make(ends_at=START + timedelta(days=1))
    noon.shift(timedelta(seconds=30))
    services.play(world_id=replay.pk)
    services.play(world_id=replay.pk)
    replay.refresh_from_db()
    assert replay.ended_at == clock.now()
    assert now_in(World.objects.get(pk=replay.pk)) == START + timedelta(days=1)
    assert Quote.objects.get(world=replay.world).price == 12
    with pytest.raises(Conflict):
        services.resume_replay(actor=STAFF, world_id=replay.pk, reason="")
    other = make(name="Other")
    services.end_replay(actor=STAFF, world_id=other.pk, reason="")
    assert services.play(world_id=other.pk) == 0


def test_the_speed_changes_from_where_it_is(stock, noon):
    replay = make("3600")
    noon.shift(timedelta(seconds=1))
    services.set_speed(actor=STAFF, world_id=replay.pk, speed=Decimal(60))
    noon.shift(timedelta(seconds=60))
    assert now_in(World.objects.get(pk=replay.pk)) == START + timedelta(hours=2)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"starts_at": NOW + timedelta(days=1)}, "starts_at"),
        ({"ends_at": START}, "ends_at"),
        ({"speed": "0"}, "speed"),
        ({"speed": "NaN"}, "speed"),
    ],
)
def test_what_is_no_replay_is_refused(db, values, field):
    with pytest.raises(ValidationFailed) as refused:
        make(**values)
    assert [one.field for one in refused.value.errors] == [field]


def test_who_may_and_what_there_is(stock, ida):
    actor = Actor.user(ida)
    with pytest.raises(Forbidden):
        services.create_replay(actor=actor, data=ReplayData(name="x", starts_at=START))
    replay = make()
    with pytest.raises(Conflict):
        make()
    for hold in (services.pause_replay, services.resume_replay, services.end_replay):
        with pytest.raises(Forbidden):
            hold(actor=actor, world_id=replay.pk, reason="")
        with pytest.raises(NotFound):
            hold(actor=STAFF, world_id=LIVE_WORLD, reason="")


def test_the_command(stock, noon):
    def run(*words: str) -> str:
        out = StringIO()
        call_command("replay", *words, stdout=out)
        return out.getvalue()

    assert run("create", "Crash", "--from", "2022-04-04", "--speed", "86400", "--instruments", "STK") == (
        "Crash: plays, 2022-04-04 00:00:00, × 86400\n"
    )
    noon.shift(timedelta(seconds=1))
    assert run("play", "Crash").startswith("1 prices moved.")
    assert run("pause", "Crash") == "Crash: stands, 2022-04-05 00:00:00, × 86400\n"
    assert run("speed", "Crash", "2.5") == "Crash: stands, 2022-04-05 00:00:00, × 2.5\n"
    assert run("end", "Crash") == run("list") == "Crash: ended, 2022-04-05 00:00:00, × 2.5\n"
    for wrong in (
        ("pause", "None"),
        ("create", "x", "--from", "soon"),
        ("create", "x", "--from", "2022-04-04", "--speed", "fast"),
        ("create", "x", "--from", "2022-04-04", "--instruments", "NONE"),
        ("resume", "Crash"),
    ):
        with pytest.raises(CommandError):
            run(*wrong)

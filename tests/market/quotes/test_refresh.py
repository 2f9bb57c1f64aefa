"""The simulated market through its provider: what it quotes, where, how often, and what it leaves alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from celery import current_app

from config import schedule
from core.models import LIVE_WORLD, World
from market.models import DailyBar, LogHead, Quote
from market.providers import Ability, CannotDo, SimulatedMarket
from market.services.quotes import refresh_simulated
from market.services.sample_data import load_fictional
from market.tasks import SCHEDULE, continue_fictional_prices, refresh_simulated_markets
from tests.market.builders import bar
from tests.market.quotes.told import NOON, number, record, told
from tests.support.parallel import at_once


@pytest.fixture
def invented(instrument):
    one = instrument("FAA", is_fictional=True)
    bar(one, "2024-03-05", "250", source="simulated")
    return one


@pytest.mark.django_db
def test_fictional_instruments_move_and_say_that_they_are_invented(invented, at_noon):
    assert refresh_simulated(world_id=LIVE_WORLD).moved <= 1
    row = Quote.objects.get()
    assert (row.source, row.quality, row.as_of) == ("simulated", "simulated", NOON + timedelta(hours=6))
    assert row.bid < row.price < row.ask
    assert row.previous_close == number(250)
    at_noon.shift(10)
    volume, since = row.volume, row.as_of
    assert refresh_simulated(world_id=LIVE_WORLD) is not None
    row.refresh_from_db()
    assert (row.as_of - since, row.volume >= volume) == (timedelta(seconds=10), True)


@pytest.mark.django_db
def test_in_the_live_world_it_quotes_nothing_real_private_or_unpriced(instrument, ida, at_noon):
    for name, fields in {"REAL": {}, "OWN": {"owner": ida, "is_fictional": True}}.items():
        bar(instrument(name, **fields), "2024-03-05", "10")
    instrument("NONE", is_fictional=True)
    bar(instrument("FUND", is_fictional=True, kind="fund"), "2024-03-05", "10")
    refresh_simulated(world_id=LIVE_WORLD)
    assert not Quote.objects.exists()


@pytest.mark.django_db
def test_in_a_simulated_world_it_moves_what_is_quoted_there_and_a_replay_is_left_alone(instrument, at_noon):
    real = instrument("REAL")
    game = World.objects.create(kind="simulated", name="Game")
    replay = World.objects.create(kind="replay", name="2008")
    for world in (game, replay):
        record(told(real, "10"), world_id=world.pk)
    record(told(real, "10"))
    refresh_simulated_markets()
    sources = {row.world_id: row.source for row in Quote.objects.all()}
    assert sources == {LIVE_WORLD: "feed", game.pk: "simulated", replay.pk: "feed"}


@pytest.mark.django_db
def test_hours_and_off(invented, instrument, settings, at_noon):
    settings.SIMULATED_MARKET = "off"
    assert refresh_simulated(world_id=LIVE_WORLD) is None
    settings.SIMULATED_MARKET = "exchange"
    coin = instrument("FCO", is_fictional=True, kind="crypto")
    bar(coin, "2024-03-05", "300")
    at_noon.shift(timedelta(hours=8))  # it is 21:00 in New York
    refresh_simulated(world_id=LIVE_WORLD)
    assert [row.instrument for row in Quote.objects.all()] == [coin]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_refresh_twice(invented):
    def work() -> bool:
        return refresh_simulated(world_id=LIVE_WORLD) is not None

    assert sorted(at_once(work, work, work)) == [False, False, True]
    assert LogHead.objects.get().seq <= 1
    assert work() is False  # a call that waited for a worker


@pytest.mark.django_db
def test_history_goes_on_where_the_quotes_ended():
    with time_machine.travel(NOON, tick=False) as traveller:
        fawa = load_fictional(date(2024, 3, 6))["FAWA"]
        refresh_simulated(world_id=LIVE_WORLD)
        last = Quote.objects.get(instrument=fawa).price
        traveller.shift(timedelta(days=2))
        continue_fictional_prices()
        closes = dict(  # the 8th is being traded
            DailyBar.objects.filter(instrument=fawa, date__gte="2024-03-06").values_list("date", "close")
        )
        assert closes[date(2024, 3, 6)] == last
        assert sorted(closes) == [date(2024, 3, day) for day in (6, 7)]
        refresh_simulated(world_id=LIVE_WORLD)
        assert Quote.objects.get(instrument=fawa).previous_close == closes[date(2024, 3, 7)]


def test_what_it_does_not_offer_it_refuses():
    market = SimulatedMarket()
    asked = {
        Ability.HISTORY: lambda: market.history(None, NOON.date(), NOON.date()),
        Ability.PROFILE: lambda: market.profile(None),
        Ability.SEARCH: lambda: market.search("A"),
        Ability.RATES: lambda: market.rates("EUR", ["USD"], NOON.date()),
        Ability.ACTIONS: lambda: market.actions(None, NOON.date(), NOON.date()),
    }
    assert set(asked) == set(Ability) - market.abilities
    for ability, ask in asked.items():
        with pytest.raises(CannotDo, match=f"simulated does not offer {ability}"):
            ask()


@pytest.mark.django_db
def test_the_schedule_takes_intervals():
    from django_celery_beat.models import PeriodicTask

    schedule.install()
    row = PeriodicTask.objects.get(task="market.tasks.refresh_simulated_markets")
    assert (row.interval.every, row.interval.period, row.expire_seconds) == (10, "seconds", 10)
    current_app.loader.import_default_modules()
    assert set(SCHEDULE) <= set(current_app.tasks)

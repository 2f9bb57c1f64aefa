"""Trades over a real WebSocket, taken in by one process of several."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import DataError, OperationalError
from websockets.asyncio.server import serve

from core import clock as wall
from core import ports
from market.models import Exchange, PriceSource, Quote, SourceAsk, SourceSymbol
from market.providers.finnhub_stream import FinnhubStream
from market.services.feeds import stream
from market.services.feeds.plan import plan
from tests.support import loops

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 10


@pytest.fixture(autouse=True)
def clock():
    """Time goes on: a real socket waits for it."""


@pytest.fixture
def coin(settings, instrument, monkeypatch):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    Exchange.objects.get_or_create(mic="XNAS", defaults={"name": "Nasdaq", "time_zone": "America/New_York"})
    one = instrument("BTC", kind="crypto")  # it trades whenever the test runs
    monkeypatch.setattr(ports.held_instruments, "_providers", {"t": lambda: [one.pk]})
    cache.delete("market.feeds.wanted")
    return one


class Sea:
    def __init__(self):
        self.connections, self.refusal = 0, None
        self.followed = asyncio.Queue()
        self.sockets = []

    async def connected(self, socket):
        self.connections += 1
        self.sockets.append(socket)
        async for text in socket:
            await self.followed.put(json.loads(text)["symbol"])

    def opened(self, socket, _request):
        return socket.respond(self.refusal, "no\n") if self.refusal else None

    async def trade(self, symbol, price):
        at = int(wall.now().timestamp() * 1000)
        data = [{"s": symbol, "p": price, "t": at, "v": 1}]
        await self.sockets[-1].send(json.dumps({"type": "trade", "data": data}))


@asynccontextmanager
async def sea(coin):
    made = Sea()
    async with serve(made.connected, "127.0.0.1", 0, process_request=made.opened) as server:
        port = server.sockets[0].getsockname()[1]
        await sync_to_async(follow)(coin, port)
        yield made


def follow(coin, port):
    options = {"stream_url": f"ws://127.0.0.1:{port}"}
    source = PriceSource.objects.create(name="finnhub", kind="finnhub", key="k3y-of-it", options=options)
    SourceSymbol.objects.create(source=source, instrument=coin, symbol="BINANCE:BTCUSDT")


async def until(condition):
    async with asyncio.timeout(WAIT):
        while not await sync_to_async(condition)():  # noqa: ASYNC110  # a row has no event
            await asyncio.sleep(0.02)


def test_one_of_two_takes_trades_in_and_the_other_takes_over(coin):
    async def scene():
        async with sea(coin) as server:
            first, second = asyncio.Event(), asyncio.Event()
            leader = asyncio.create_task(stream(first, keep=0.05, every=0.02))
            assert await asyncio.wait_for(server.followed.get(), WAIT) == "BINANCE:BTCUSDT"
            waiting = asyncio.create_task(stream(second, keep=0.05, every=0.02))
            await server.trade("BINANCE:BTCUSDT", 100.5)
            await until(lambda: Quote.objects.filter(instrument=coin, price="100.5").exists())
            # what is followed is not asked for besides
            assert await sync_to_async(lambda: plan(wall.now()))() == []
            assert server.connections == 1
            first.set()
            await leader
            await asyncio.wait_for(server.followed.get(), WAIT)
            await server.trade("BINANCE:BTCUSDT", 101.5)
            await until(lambda: Quote.objects.filter(price="101.5").exists())
            second.set()
            await waiting
            return server.connections

    assert loops.run(scene()) == 2
    source = PriceSource.objects.get()
    assert source.failures == 0
    assert source.last_ok_at is not None
    assert SourceAsk.objects.get().instrument == coin


def test_trades_that_the_database_may_take_later_are_kept(coin, monkeypatch):
    module = sys.modules["market.services.feeds.stream"]
    record, failures = module.record_quotes, [OperationalError("deadlock detected"), DataError("overflow")]

    def failing(**named):
        if failures:
            raise failures.pop()
        return record(**named)

    monkeypatch.setattr(module, "record_quotes", failing)

    async def scene():
        async with sea(coin) as server:
            stop = asyncio.Event()
            run = asyncio.create_task(stream(stop, keep=0.05, every=0.02))
            await asyncio.wait_for(server.followed.get(), WAIT)
            await server.trade("BINANCE:BTCUSDT", 99)  # what will never be taken is dropped
            await until(lambda: len(failures) == 1)
            await server.trade("BINANCE:BTCUSDT", 100)  # the other is kept
            await until(lambda: not failures)
            await server.trade("BINANCE:BTCUSDT", 101)
            await until(lambda: Quote.objects.filter(price="101").exists())
            stop.set()
            await run
            return server.connections

    assert loops.run(scene()) == 1
    assert Quote.objects.values_list("low", "high").get() == (100, 101)


def test_a_database_that_is_away_for_a_moment_does_not_end_it(coin, monkeypatch):
    module = sys.modules["market.services.feeds.stream"]
    wanted, turns = module._wanted, iter(range(1000))

    def failing(source):
        if next(turns) in {0, 3}:  # before it is connected, and later
            raise OperationalError("the database system is shutting down")
        return wanted(source)

    monkeypatch.setattr(module, "_wanted", failing)

    async def scene():
        async with sea(coin) as server:
            stop = asyncio.Event()
            run = asyncio.create_task(stream(stop, keep=0.05, every=0.02))
            for _time in range(2):
                await asyncio.wait_for(server.followed.get(), WAIT)
            await server.trade("BINANCE:BTCUSDT", 101)
            await until(lambda: Quote.objects.filter(price="101").exists())
            stop.set()
            await run

    loops.run(scene())


def test_what_is_wanted_later_is_followed_by_the_name_that_staff_gave_it(coin, instrument, monkeypatch):
    def later():
        other, source = instrument("ETH", kind="crypto"), PriceSource.objects.get()
        SourceSymbol.objects.create(source=source, instrument=other, symbol="BINANCE:ETHUSDT")
        monkeypatch.setattr(ports.held_instruments, "_providers", {"t": lambda: [coin.pk, other.pk]})
        cache.delete("market.feeds.wanted")

    async def scene():
        async with sea(coin) as server:
            stop = asyncio.Event()
            run = asyncio.create_task(stream(stop, keep=0.05, every=0.02))
            first = await asyncio.wait_for(server.followed.get(), WAIT)
            await sync_to_async(later)()
            second = await asyncio.wait_for(server.followed.get(), WAIT)
            stop.set()
            await run
            return first, second

    assert loops.run(scene()) == ("BINANCE:BTCUSDT", "BINANCE:ETHUSDT")


def test_a_refused_key_is_left_alone(coin):
    async def scene():
        async with sea(coin) as server:
            server.refusal = HTTPStatus.UNAUTHORIZED
            stop = asyncio.Event()
            run = asyncio.create_task(stream(stop, keep=0.05, every=0.02))
            await until(lambda: PriceSource.objects.get().open_until is not None)
            stop.set()
            await run

    loops.run(scene())
    assert PriceSource.objects.get().last_error == "It answers 401."


def test_what_nobody_expected_is_noted_and_begun_anew(coin, monkeypatch):
    module = sys.modules["market.services.feeds.stream"]
    batches, turns = FinnhubStream.batches, iter(range(1000))
    record, dropped = module.record_quotes, []

    async def breaking(self):
        if next(turns) == 0:
            raise RuntimeError("no trade")
        async for batch in batches(self):
            yield batch

    def failing(**named):
        if named["batch"][0].price == 99:
            dropped.append(99)
            raise OverflowError
        return record(**named)

    monkeypatch.setattr(FinnhubStream, "batches", breaking)
    monkeypatch.setattr(module, "record_quotes", failing)

    async def scene():
        async with sea(coin) as server:
            stop = asyncio.Event()
            run = asyncio.create_task(stream(stop, keep=0.05, every=0.02))
            await asyncio.wait_for(server.followed.get(), WAIT)
            assert (await PriceSource.objects.aget()).last_error == "no trade"
            await server.trade("BINANCE:BTCUSDT", 99)
            await until(lambda: dropped)
            await server.trade("BINANCE:BTCUSDT", 101)
            await until(lambda: Quote.objects.filter(price="101").exists())
            stop.set()
            await run
            return server.connections

    assert loops.run(scene()) == 1

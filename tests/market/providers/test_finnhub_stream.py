"""Finnhub's trades over a real WebSocket on the loopback, as its documentation shows the messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
import structlog
from websockets.asyncio.server import ServerConnection, serve

from core.errors import ValidationFailed
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import ProviderRefused
from market.models import Instrument
from market.providers import SourceSettings, finnhub_stream, reading
from market.providers.finnhub_stream import FinnhubStream
from tests.market.providers.conftest import KEY, utc

AT = 1575526691134
APPLE = Instrument(pk=1, symbol="AAPL", currency="USD", exchange_id="XNAS")
VODAFONE = Instrument(pk=2, symbol="VOD", currency="GBP", exchange_id="XLON")
BITCOIN = Instrument(pk=3, symbol="BTC", currency="USD", kind=Instrument.Kind.CRYPTO)


@pytest.fixture(autouse=True)
def loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(FinnhubStream, "first_wait", 0.005)


class Sea:
    """A server that notes what it is sent, and does with each connection what it is told to."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.got: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.here: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.refusals: list[HTTPStatus] = []
        self.port = 0

    async def connected(self, connection: ServerConnection) -> None:
        await self.here.put(connection)
        async for text in connection:
            await self.got.put(json.loads(text))

    def opened(self, connection: ServerConnection, request: Any) -> Any:
        self.paths.append(request.path)
        return connection.respond(self.refusals.pop(0), "no\n") if self.refusals else None

    async def told(self, count: int) -> list[tuple[str, str]]:
        found = [await asyncio.wait_for(self.got.get(), 5) for _one in range(count)]
        return [(one["type"], one["symbol"]) for one in found]


@asynccontextmanager
async def sea() -> AsyncIterator[Sea]:
    made = Sea()
    async with serve(made.connected, "127.0.0.1", 0, process_request=made.opened) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


def stream(port: int, **fields: Any) -> FinnhubStream:
    options = {"stream_url": f"ws://127.0.0.1:{port}"}
    most = {name: fields.pop(name) for name in ("most", "every") if name in fields}
    settings = SourceSettings(**{"key": KEY, "options": options, "timeout": 2.0, **fields})
    return FinnhubStream(settings, **{"every": 0.02, **most})


def trades(*rows: tuple[str, Any, int]) -> str:
    data = [{"p": price, "s": symbol, "t": AT + after, "v": 0.011467} for symbol, price, after in rows]
    return json.dumps({"data": data, "type": "trade"})


def prices(batch: list[NewQuote]) -> list[tuple[int, Decimal]]:
    return [(one.instrument, one.price) for one in batch]


async def first(found: AsyncIterator[list[NewQuote]]) -> list[NewQuote]:
    return await asyncio.wait_for(anext(found), 5)


async def while_told(following: FinnhubStream, act: Callable[[], Any]) -> list[NewQuote]:
    """Read the first batch while the server is made to act."""
    async with aclosing(following.batches()) as found:
        batch = asyncio.create_task(first(found))
        await act()
        return await batch


async def test_trades_become_live_quotes():
    async with sea() as server:
        following = stream(server.port)
        assert following.follow([APPLE, VODAFONE]) == []

        async def act():
            assert sorted(await server.told(2)) == [("subscribe", "AAPL"), ("subscribe", "VOD.L")]
            await (await server.here.get()).send(trades(("AAPL", 261.74, 0), ("VOD.L", 134.5, 1)))

        assert await while_told(following, act) == [
            NewQuote(1, Decimal("261.74"), utc("2019-12-05T06:18:11.134"), "finnhub", Quality.LIVE),
            NewQuote(2, Decimal("134.5"), utc("2019-12-05T06:18:11.135"), "finnhub", Quality.LIVE),
        ]
        assert server.paths == [f"/?token={KEY}"]


async def test_of_many_trades_the_lowest_highest_and_last_are_told():
    async with sea() as server:
        following = stream(server.port, every=0.2)
        following.follow([APPLE])
        rows = [("AAPL", price, n) for n, price in enumerate([10, 12, 8, 11, 9, 10.5])]

        async def act():
            await server.told(1)
            connection = await server.here.get()
            for row in rows[:-1]:
                await connection.send(trades(row))
            await connection.send(trades(rows[-1], ("AAPL", 7.5, -5)))  # late, and the lowest

        found = await while_told(following, act)
        assert sorted(one.price for one in found) == [Decimal("7.5"), Decimal("10.5"), Decimal(12)]
        assert max(found, key=lambda one: one.at).price == Decimal("10.5")


async def test_what_is_no_trade_changes_nothing():
    nonsense = [
        "no json",
        "[]",
        "[" * 50_000,
        '{"type": "ping"}',
        '{"type": "trade"}',
        '{"type": "trade", "data": null}',
        '{"type": "trade", "data": [null, 5, "x", {}, {"s": "AAPL"}, {"s": ["AAPL"], "p": 1, "t": 1}]}',
        '{"type": "trade", "data": [{"s": "AAPL", "p": NaN, "t": 1575526691134}]}',
        '{"type": "trade", "data": [{"s": "AAPL", "p": 0, "t": 1575526691134}]}',
        '{"type": "trade", "data": [{"s": "AAPL", "p": 5, "t": "soon"}]}',
        trades(("MSFT", 5, 0)),
        '{"type": "error", "msg": "Subscribing to too many symbols"}',
    ]
    async with sea() as server:
        following = stream(server.port)
        following.follow([APPLE])

        async def act():
            await server.told(1)
            connection = await server.here.get()
            for text in nonsense:
                await connection.send(text)
            await connection.send(trades(("AAPL", 5, 0)))

        assert prices(await while_told(following, act)) == [(1, Decimal(5))]
        assert len(server.paths) == 1


async def test_lost_connection_is_made_again_and_subscribes_again():
    async with sea() as server:
        following = stream(server.port)
        following.follow([APPLE])

        async def act():
            for _turn in range(2):
                assert await server.told(1) == [("subscribe", "AAPL")]
                await (await server.here.get()).close(1011)
            server.refusals += [HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY]
            await server.told(1)
            await (await server.here.get()).send(trades(("AAPL", 5, 0)))

        assert prices(await while_told(following, act)) == [(1, Decimal(5))]
        assert len(server.paths) == 5


async def test_what_is_followed_changes_while_it_runs():
    async with sea() as server:
        following = stream(server.port)
        following.follow([APPLE])

        async def act():
            assert await server.told(1) == [("subscribe", "AAPL")]
            following.follow([VODAFONE])
            assert await server.told(2) == [("unsubscribe", "AAPL"), ("subscribe", "VOD.L")]
            await (await server.here.get()).send(trades(("AAPL", 4, 0), ("VOD.L", 5, 0)))

        assert prices(await while_told(following, act)) == [(2, Decimal(5))]
        assert following.symbols == ["VOD.L"]


def test_what_cannot_be_followed_is_told():
    following = stream(1, most=1, symbols={3: "BINANCE:BTCUSDT"})
    nowhere = Instrument(pk=4, symbol="KZAP", currency="KZT", exchange_id="XKAZ")
    assert following.follow([nowhere, BITCOIN, APPLE]) == [nowhere, APPLE]
    assert following.symbols == ["BINANCE:BTCUSDT"]


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
async def test_refused_key_ends_it(status):
    async with sea() as server:
        server.refusals.append(status)
        with pytest.raises(ProviderRefused, match=str(int(status))):
            await first(stream(server.port).batches())


async def test_key_that_is_none_is_said_in_a_message():
    async with sea() as server:
        following = stream(server.port)

        async def act():
            text = json.dumps({"type": "error", "msg": f"Invalid API key {KEY}"})
            await (await server.here.get()).send(text)

        with pytest.raises(ProviderRefused, match="Invalid API key …"):
            await while_told(following, act)


async def test_address_inside_the_network_is_refused(settings):
    settings.OUTBOUND_ALLOWED_HOSTS = []
    async with sea() as server:
        with pytest.raises(ProviderRefused, match="not public"):
            await first(stream(server.port).batches())
        assert server.paths == []


async def test_message_that_is_too_large_costs_the_connection_only():
    async with sea() as server:
        following = stream(server.port)
        following.follow([APPLE])

        async def act():
            await server.told(1)
            await (await server.here.get()).send("x" * 1_100_000)
            await server.told(1)
            await (await server.here.get()).send(trades(("AAPL", 5, 0)))

        assert prices(await while_told(following, act)) == [(1, Decimal(5))]


async def test_log_of_a_lost_connection_has_no_key():
    with structlog.testing.capture_logs() as lines:
        async with sea() as server:
            server.refusals.append(HTTPStatus.BAD_GATEWAY)
            following = stream(server.port)
            following.follow([APPLE])

            async def act():
                await server.told(1)
                await (await server.here.get()).close(1001)
                await server.told(1)
                await (await server.here.get()).send(trades(("AAPL", 5, 0)))

            await while_told(following, act)
    assert [one["event"] for one in lines] == ["stream.refused", "stream.lost"]
    assert KEY not in str(lines)


@pytest.mark.parametrize("url", ["http://example.org", "wss://u:p@example.org", "example.org", 5])
def test_wrong_address_is_refused(url):
    with pytest.raises(ValidationFailed):
        FinnhubStream(SourceSettings(key=KEY, options={"stream_url": url}))


async def test_message_that_cannot_be_read_costs_itself_only(monkeypatch):
    read = reading.positive

    def failing(value):
        if value == 7:
            raise RuntimeError
        return read(value)

    monkeypatch.setattr(reading, "positive", failing)
    beyond = {"type": "trade", "data": [{"s": "AAPL", "p": 6, "t": "0001-01-01T00:00:00+05:00"}]}
    async with sea() as server:
        following = stream(server.port)
        following.follow([APPLE])

        async def act():
            await server.told(1)
            connection = await server.here.get()
            for text in (trades(("AAPL", 7, 0)), json.dumps(beyond), trades(("AAPL", 5, 0))):
                await connection.send(text)

        with structlog.testing.capture_logs() as lines:
            assert prices(await while_told(following, act)) == [(1, Decimal(5))]
        assert len(server.paths) == 1
    assert [one["event"] for one in lines] == ["stream.unread"]


async def test_of_several_addresses_one_that_is_dead_is_passed_over(monkeypatch):
    monkeypatch.setattr(finnhub_stream, "addresses_of", lambda *_asked: ["127.0.0.2", "127.0.0.1"])
    async with sea() as server:
        following = stream(server.port)
        following.follow([APPLE])

        async def act():
            await server.told(1)
            await (await server.here.get()).send(trades(("AAPL", 5, 0)))

        with structlog.testing.capture_logs() as lines:
            assert prices(await while_told(following, act)) == [(1, Decimal(5))]
    assert lines == []

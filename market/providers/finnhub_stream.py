"""Finnhub's trades as they happen, over one WebSocket.

Source: finnhub.io/docs/api/websocket-trades. One connection a key; its free plan takes 50 symbols.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit

import structlog
from django.utils.translation import gettext as _
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from core.errors import AddressRefused
from core.outbound import USER_AGENT, NotReached, addresses_of, checked_url
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import ProviderRefused, ProviderUnknown
from market.models import Instrument
from market.providers import reading
from market.providers.base import SourceSettings
from market.providers.finnhub import Finnhub
from market.providers.http import option_wrong

log = structlog.get_logger(__name__)

OFFICIAL: Final = "wss://ws.finnhub.io"
MOST_SYMBOLS: Final = 50
MOST_BYTES: Final = 1024 * 1024
_PORTS: Final = {"ws": 80, "wss": 443}
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

Trades = dict[str, list[NewQuote]]


class FinnhubStream:
    """Follows instruments, and tells their trades a few times a second.

    Of the trades of an interval it tells, for each instrument, the lowest, the highest and the last one: so
    that no threshold is passed unseen, however many there are.
    """

    first_wait: ClassVar[float] = 1.0
    longest_wait: ClassVar[float] = 60.0

    def __init__(self, settings: SourceSettings, *, every: float = 0.25, most: int = MOST_SYMBOLS) -> None:
        """Prepare; `every` is in seconds, `most` how many symbols the plan takes.

        Raises:
            ProviderRefused: there is no key.
            ValidationFailed: address or options are not right.
        """
        self._adapter = Finnhub(settings)
        self._url = str(settings.options.get("stream_url", OFFICIAL))
        scheme, _colon, rest = self._url.partition("://")
        if scheme not in _PORTS:
            raise option_wrong("stream_url", _("an address that begins with wss://"))
        checked_url(f"https://{rest}")
        self._every, self._most = every, most
        self._followed: dict[str, Instrument] = {}

    @property
    def symbols(self) -> list[str]:
        """Tell what is followed, by the names that it has there."""
        return list(self._followed)

    def follow(
        self, instruments: Iterable[Instrument], symbols: Mapping[int, str] | None = None
    ) -> list[Instrument]:
        """Follow these and no others from now on; those that it cannot are returned.

        `symbols` has what some are called there, by primary key; None: as the settings say.
        """
        if symbols is not None and symbols != self._adapter.settings.symbols:
            self._adapter = Finnhub(replace(self._adapter.settings, symbols=symbols))
        followed: dict[str, Instrument] = {}
        left_out: list[Instrument] = []
        for one in instruments:
            try:
                name = self._adapter.symbol_of(one)
            except ProviderUnknown:
                left_out.append(one)
                continue
            if len(followed) < self._most and name not in followed:
                followed[name] = one
            else:
                left_out.append(one)
        self._followed = followed
        return left_out

    async def batches(self) -> AsyncIterator[list[NewQuote]]:
        """Tell trades until the caller stops; a connection that is lost is made again, with growing pauses.

        Raises:
            ProviderRefused: the key is refused, or the address may not be called.
        """
        failures = 0
        while True:
            try:
                async with self._connected() as connection:
                    async for batch in self._batches_of(connection):
                        failures = 0
                        yield batch
            except AddressRefused as error:
                raise ProviderRefused(error.detail) from None
            except InvalidStatus as error:
                status = error.response.status_code
                if status in _REFUSED:
                    raise ProviderRefused(_("It answers %(status)d.") % {"status": status}) from None
                failures += 1
                log.warning("stream.refused", source=self._adapter.name, status=status)
            except (
                OSError,
                ValueError,
                WebSocketException,
                NotReached,
            ) as error:  # ValueError: sent elsewhere
                failures += 1
                log.warning("stream.lost", source=self._adapter.name, reason=type(error).__name__)
            longest = min(self.first_wait * 2 ** max(failures - 1, 0), self.longest_wait)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311  # that not all come back at once

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        parts = urlsplit(self._url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        # to addresses that were checked; a redirect is not followed to another
        addresses = await asyncio.to_thread(addresses_of, host, port, self._adapter.settings.timeout)
        async with await self._opened(addresses, port) as connection:
            yield connection

    async def _opened(self, addresses: Sequence[str], port: int) -> ClientConnection:
        """Connect to the first of several addresses that answers.

        Raises:
            OSError: none does.
        """
        asked = urlencode({"token": self._adapter.settings.key})
        lost = OSError()
        for address in addresses:
            try:
                return await connect(
                    f"{self._url}?{asked}",
                    host=address,
                    port=port,
                    proxy=None,
                    open_timeout=self._adapter.settings.timeout,
                    close_timeout=1,
                    max_size=MOST_BYTES,
                    user_agent_header=USER_AGENT,
                )
            except OSError as error:
                lost = error
        raise lost

    async def _batches_of(self, connection: ClientConnection) -> AsyncIterator[list[NewQuote]]:
        trades: Trades = {}
        sent: set[str] = set()
        reader = asyncio.create_task(self._read(connection, trades))
        try:
            while not reader.done():
                await self._subscribe(connection, sent)
                await asyncio.wait({reader}, timeout=self._every)
                batch = [quote for some in trades.values() for quote in some]
                trades.clear()
                if batch:
                    yield batch
            reader.result()
        finally:
            reader.cancel()

    async def _subscribe(self, connection: ClientConnection, sent: set[str]) -> None:
        wanted = set(self._followed)
        for symbol in sorted(sent - wanted):
            await connection.send(json.dumps({"type": "unsubscribe", "symbol": symbol}))
        for symbol in sorted(wanted - sent):
            await connection.send(json.dumps({"type": "subscribe", "symbol": symbol}))
        sent.clear()
        sent.update(wanted)

    async def _read(self, connection: ClientConnection, trades: Trades) -> None:
        """Take messages until the connection ends; one that cannot be read costs itself only.

        Raises:
            ProviderRefused: it says that the key is none.
            ConnectionAbortedError: the source took its leave.
        """
        async for text in connection:
            try:
                self._hear(_message(text), trades)
            except ProviderRefused:
                raise
            except Exception:  # whatever it is, the next message is another
                log.exception("stream.unread", source=self._adapter.name)
        raise ConnectionAbortedError  # a farewell is a loss too

    def _hear(self, message: Mapping[str, Any], trades: Trades) -> None:
        kind = message.get("type")
        if kind == "trade" and isinstance(message.get("data"), list):
            for row in message["data"]:
                self._take(row, trades)
        elif kind == "error":
            said = self._adapter.client.clean(message.get("msg", ""))
            if "key" in said.lower() or "token" in said.lower():
                raise ProviderRefused(said)
            log.warning("stream.error", source=self._adapter.name, said=said)

    def _take(self, row: Any, trades: Trades) -> None:
        """Join a trade to those of the interval: the lowest, the highest and the last remain."""
        symbol = row.get("s") if isinstance(row, Mapping) else None
        instrument = self._followed.get(symbol) if isinstance(symbol, str) else None
        price, at = (
            (reading.positive(row.get("p")), reading.instant(row.get("t"))) if instrument else (None,) * 2
        )
        if symbol is None or instrument is None or price is None or at is None:
            return
        quote = NewQuote(instrument.pk, price, at, self._adapter.name, Quality.LIVE)
        known = [*trades.get(symbol, []), quote]
        trades[symbol] = list(dict.fromkeys((_lowest(known), _highest(known), _last(known))))


def _lowest(quotes: Sequence[NewQuote]) -> NewQuote:
    return min(quotes, key=lambda one: one.price)


def _highest(quotes: Sequence[NewQuote]) -> NewQuote:
    return max(quotes, key=lambda one: one.price)


def _last(quotes: Sequence[NewQuote]) -> NewQuote:
    """Return the latest; of several of one millisecond the one that came last."""
    return max(reversed(quotes), key=lambda one: one.at)


def _message(text: str | bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=lambda _text: None)
    except (ValueError, RecursionError, InvalidOperation):
        return {}
    return read if isinstance(read, Mapping) else {}

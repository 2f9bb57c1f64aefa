"""The ticker socket tells what the endpoint answers, and tells it again when a price moves."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest
from django.db import connection
from rest_framework.test import APIClient

from market.consumers.tickers import TickerConsumer
from tests.market.live.test_price_socket import recorded, token_of
from tests.market.live.wire import Wire, lately, stop_listening
from tests.support import loops

pytestmark = pytest.mark.django_db(transaction=True)


async def page(wire: Wire) -> dict:
    """Return the next frame: it has no type."""
    async with asyncio.timeout(10):
        while True:
            sent = await wire._sent()
            if sent["type"] == "websocket.send":
                return json.loads(sent["text"])


def answer(query: str = "", user=None) -> dict:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    try:
        return json.loads(client.get(f"/api/v1/tickers{query}").content)
    finally:
        connection.close()


def test_socket_tells_what_the_endpoint_answers_to_each(instrument, ida):
    loops.run(told(instrument("AAA"), instrument("MINE", owner=ida), ida, token_of(ida)))


async def told(one, own, ida, token):
    await recorded(lately(one, "10.50", ask=Decimal("10.6")), lately(own, "50"))
    nobody, owner = Wire(TickerConsumer), Wire(TickerConsumer, token)
    narrow = Wire(TickerConsumer, query=b"limit=1&search=AAA")
    first = await page(nobody)
    assert first == await asyncio.to_thread(answer)
    assert [(row["ticker"], row["ltp"]) for row in first["tickers_with_dates"]] == [("AAA", 10.5)]
    assert await page(owner) == await asyncio.to_thread(answer, "", ida)
    assert (await page(narrow))["limit"] == 1
    await recorded(lately(one, "11", 1))
    for wire in (nobody, owner, narrow):
        assert (await page(wire))["tickers_with_dates"][0]["ltp"] == 11
    for wire in (nobody, owner, narrow):
        await wire.close()
    wrong = Wire(TickerConsumer, query=b"limit=-1")
    assert (await wrong.heard())["errors"][0]["field"] == "limit"
    assert await wrong.heard() == {"type": "closed", "code": 1008}
    bad = Wire(TickerConsumer, "nothing")
    assert (await bad.heard())["code"] == "not-authenticated"
    assert await bad.heard() == {"type": "closed", "code": 4401}
    await stop_listening()

"""The price socket from `record_quotes` to the frame: the database carries the hint between threads."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts.services.personal_tokens import create_personal_token
from core import clock
from core.actor import Actor
from core.models import World
from market.consumers.prices import PriceConsumer
from tests.market.live.wire import BEGIN, Wire, lately, stop_listening
from tests.market.quotes.told import record
from tests.support import loops

pytestmark = pytest.mark.django_db(transaction=True)


def token_of(user, *scopes: str) -> str:
    end = clock.now() + timedelta(days=1)
    values = {"name": "feed", "scopes": scopes or ["market:read"], "expires_at": end}
    return create_personal_token(actor=Actor.user(user), user_id=user.pk, **values).secret


async def recorded(*quotes, **more):
    """Record quotes as another thread does."""

    def run():
        try:
            return record(*quotes, **more)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


def test_prices_move_from_the_record_to_the_client(instrument, ida, sven):
    one, own = instrument("AAA"), instrument("MINE", owner=ida)
    loops.run(prices_move(one, own, token_of(ida), token_of(sven)))


async def prices_move(one, own, token, strangers):
    await recorded(lately(one, "10"), lately(own, "50"))
    wire, other = Wire(PriceConsumer, token), Wire(PriceConsumer, strangers)
    assert (await wire.heard())["type"] == "welcome"
    wire.say(type="subscribe", instruments=["AAA", str(own.uuid)])
    assert {row["symbol"] for row in (await wire.heard())["instruments"]} == {"AAA", "MINE"}
    snapshot = await wire.heard()
    assert (snapshot["type"], snapshot["world"], snapshot["seq"]) == ("snapshot", 1, 1)
    assert {row["symbol"]: row["price"] for row in snapshot["prices"]} == {"AAA": "10", "MINE": "50"}

    # somebody else's instrument is none, by name and by id
    other.say(type="subscribe", instruments=["AAA", "MINE", str(own.uuid)])
    assert [row["symbol"] for row in (await other.heard("subscribed"))["instruments"]] == ["AAA"]
    assert [row["symbol"] for row in (await other.heard("snapshot"))["prices"]] == ["AAA"]
    error = await other.heard()
    assert (error["code"], "MINE" in error["detail"]) == ("not-found", True)

    await recorded(lately(own, "51", 1))
    delta = await wire.heard()
    assert (delta["type"], delta["seq"], delta["after"]) == ("delta", 2, 1)
    assert [(row["symbol"], row["price"]) for row in delta["prices"]] == [("MINE", "51")]
    await recorded(lately(one, "11", 2))
    assert [row["price"] for row in (await wire.heard())["prices"]] == ["11"]
    assert [row["price"] for row in (await other.heard())["prices"]] == ["11"]

    wire.say(type="unsubscribe", instruments=["AAA"])
    assert [row["symbol"] for row in (await wire.heard())["instruments"]] == ["AAA"]
    await recorded(lately(one, "12", 3), lately(own, "52", 3))
    assert [(row["symbol"], row["price"]) for row in (await wire.heard("delta"))["prices"]] == [
        ("MINE", "52")
    ]

    # back after a break, knowing the state at number 3
    back = Wire(PriceConsumer, token)
    await back.heard("welcome")
    back.say(type="subscribe", instruments=["AAA", "MINE"], seq=3)
    again = await back.heard("snapshot")
    assert {row["symbol"]: row["price"] for row in again["prices"]} == {"AAA": "12", "MINE": "52"}
    back.say(type="resume", seq=again["seq"])
    assert (await back.heard("snapshot"))["prices"] == []
    for each in (wire, other, back):
        await each.close()
    await stop_listening()


def test_worlds_do_not_mix_and_a_socket_shows_one(instrument, ida):
    replay = World.objects.create(
        kind="replay", name="R", clock_at=BEGIN, clock_since=datetime.now(UTC), clock_speed=1
    )
    loops.run(worlds_do_not_mix(instrument("AAA"), token_of(ida), replay))


async def worlds_do_not_mix(one, token, replay):
    await recorded(lately(one, "10"))
    await recorded(lately(one, "99", quality="replay"), world_id=replay.pk)
    wire = Wire(PriceConsumer, token)
    wire.say(type="subscribe", instruments=["AAA"], world=replay.pk)
    assert [row["price"] for row in (await wire.heard("snapshot"))["prices"]] == ["99"]
    await recorded(lately(one, "11", 1))
    await recorded(lately(one, "98", 1, quality="replay"), world_id=replay.pk)
    delta = await wire.heard()
    assert (delta["world"], [row["price"] for row in delta["prices"]]) == (replay.pk, ["98"])
    wire.say(type="subscribe", instruments=["AAA"], world=1)
    assert (await wire.heard())["errors"][0]["code"] == "one_world"
    await wire.close()
    none = Wire(PriceConsumer, token)
    none.say(type="subscribe", instruments=["AAA"], world=4711)
    assert (await none.heard("error"))["code"] == "not-found"
    await none.close()
    await stop_listening()


def test_two_hundred_instruments_and_no_more(instrument, ida):
    loops.run(two_hundred([instrument(f"S{number}") for number in range(201)], token_of(ida)))


async def two_hundred(rows, token):
    wire = Wire(PriceConsumer, token)
    for begin in range(0, 200, 50):
        wire.say(type="subscribe", instruments=[row.symbol for row in rows[begin : begin + 50]])
        assert len((await wire.heard("subscribed"))["instruments"]) == 50
    wire.say(type="subscribe", instruments=["S200"])
    assert (await wire.heard("error"))["errors"][0]["code"] == "too_many"
    await wire.close()
    await stop_listening()


def test_token_without_the_scope_is_refused(ida):
    loops.run(refused(token_of(ida, "profile:read")))


async def refused(token):
    wire = Wire(PriceConsumer, token)
    assert (await wire.heard())["code"] == "insufficient-scope"
    assert await wire.heard() == {"type": "closed", "code": 4403}

"""Who comes in by a socket, and what they may send: real daphne, real sockets."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import connect

from tests.core.live.serving import ended, follow, heard, refused, say


async def test_token_of_the_subprotocol_signs_in_and_is_not_echoed(daphne):
    async with daphne.open() as wire:
        assert (await heard(wire))["type"] == "welcome"
        assert wire.response.headers.get_all("Sec-WebSocket-Protocol") == ["florin.v1"]


async def test_token_of_the_first_message_signs_in(daphne):
    async with daphne.open(token="") as wire:
        await say(wire, type="auth", token="good-ben")
        assert (await heard(wire))["type"] == "welcome"
        assert wire.subprotocol is None


@pytest.mark.parametrize(
    ("first", "code", "close"),
    [
        ({"type": "auth", "token": "bad"}, "not-authenticated", 4401),
        ({"type": "follow", "topics": ["a"]}, "not-authenticated", 4401),
        ({"type": "auth", "token": 7}, "not-authenticated", 4401),
        ({"type": "auth", "token": "narrow-ben"}, "insufficient-scope", 4403),
        ({"type": "auth", "token": "good-leaving"}, "forbidden", 4403),
        (None, "not-authenticated", 4401),
    ],
    ids=["bad token", "no sign-in", "no text", "without the scope", "leaving", "silent"],
)
async def test_others_are_told_why_and_closed(daphne, first, code, close):
    async with daphne.open(token="") as wire:
        if first is not None:
            await say(wire, **first)
        (error,), end = await ended(wire)
        assert (error["type"], error["code"], end) == ("error", code, close)


async def test_bad_token_of_the_subprotocol_is_no_reason_to_wait_for_another(daphne):
    async with daphne.open(token="bad") as wire:
        (error,), end = await ended(wire)
        assert (error["code"], error["status"], end) == ("not-authenticated", 401, 4401)


def of_a_page(daphne, origin: str | None, cookie: str = "sessionid=good-cat", **options):
    headers = {"Cookie": cookie} if cookie else {}
    return daphne.open(token="", origin=origin, additional_headers=headers, **options)


async def test_page_of_ours_signs_in_by_its_cookie(daphne):
    async with of_a_page(daphne, f"http://127.0.0.1:{daphne.port}") as wire:
        assert (await heard(wire))["type"] == "welcome"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "null",
    ],
)
async def test_page_of_another_site_is_refused_at_the_door(daphne, origin):
    # the library under daphne finds some of these malformed
    assert await refused(of_a_page(daphne, origin.format(port=daphne.port))) in {400, 403}


async def test_cookie_without_an_origin_is_no_sign_in(daphne):
    async with of_a_page(daphne, None) as wire:
        (error,), end = await ended(wire)
        assert (error["code"], end) == ("not-authenticated", 4401)


async def test_program_on_another_site_brings_a_token(daphne):
    async with daphne.open(origin="https://app.example") as wire:
        assert (await heard(wire))["type"] == "welcome"


async def test_another_host_is_refused_at_the_door(daphne):
    elsewhere = connect("ws://evil.example/ws/board/", host="127.0.0.1", port=daphne.port, compression=None)
    assert await refused(elsewhere) == 403


async def test_address_that_leads_nowhere_is_refused_at_the_door(daphne):
    assert await refused(daphne.open("/ws/nothing/")) == 403


async def test_nobody_in_particular_may_follow_what_is_open(daphne):
    async with daphne.open("/ws/open/", token="") as wire:
        assert (await heard(wire))["type"] == "welcome"
        assert (await follow(wire, "a"))["values"][0]["id"] == "a"


async def test_ended_sign_in_closes_its_sockets_and_no_others(daphne):
    async with daphne.open(token="good-dan") as gone, daphne.open(token="good-eve") as stays:
        await heard(gone, "welcome")
        await heard(stays, "welcome")
        daphne.gone.write_text("good-dan")
        _messages, code = await ended(gone)
        assert code == 4401
        assert (await follow(stays, "a"))["type"] == "snapshot"


async def test_one_person_has_so_many_sockets_and_no_more(daphne):
    open_ones = [daphne.open(token="good-fay") for _ in range(60)]
    wires = await asyncio.gather(*(one.__aenter__() for one in open_ones))
    await asyncio.gather(*(heard(wire, "welcome") for wire in wires))
    async with daphne.open(token="good-fay") as one_more:
        (error,), code = await ended(one_more)
        assert (error["code"], code) == ("rate-limited", 4429)
    async with daphne.open(token="good-guy") as other:
        assert (await heard(other))["type"] == "welcome"
    await asyncio.gather(*(wire.close() for wire in wires))
    async with asyncio.timeout(10):
        while True:
            async with daphne.open(token="good-fay") as again:
                if (await heard(again))["type"] == "welcome":
                    return


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "validation-failed"),
        ("[1]", "validation-failed"),
        ('{"type": "nothing"}', "validation-failed"),
        ("{}", "validation-failed"),
        (b"\x00\x01", "validation-failed"),
    ],
)
async def test_message_that_says_nothing_is_answered_and_the_socket_stays(daphne, raw, code):
    async with daphne.open() as wire:
        await heard(wire, "welcome")
        await wire.send(raw)
        error = await heard(wire)
        assert (error["type"], error["code"], error["status"]) == ("error", code, 400)
        assert (await follow(wire, "a"))["type"] == "snapshot"


async def test_long_message_ends_the_socket(daphne):
    async with daphne.open() as wire:
        await heard(wire, "welcome")
        await wire.send(json.dumps({"type": "follow", "topics": ["é" * 2100]}, ensure_ascii=False))
        (error,), code = await ended(wire)
        assert (error["code"], code) == ("too-large", 1009)


async def test_more_than_five_messages_a_second_are_refused_and_very_many_end_it(daphne):
    async with daphne.open() as wire:
        await heard(wire, "welcome")
        for number in range(8):
            await say(wire, type="follow", topics=["a" if number % 2 else "b"])
        answers = [await heard(wire) for _ in range(8)]
        errors = [one for one in answers if one["type"] == "error"]
        assert 1 <= len(errors) <= 3
        assert {(one["code"], one["retry_after"]) for one in errors} == {("rate-limited", 1)}
        for _ in range(70):
            await say(wire, type="follow", topics=["a"])
        messages, code = await ended(wire)
        assert (messages[-1]["code"], code) == ("rate-limited", 1008)

"""What a socket says when the database is away, or when it is sent what the database cannot hold."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import InterfaceError

from core.live.process import Process
from core.live.signin import Caller
from tests.core.live.scene import Scene
from tests.core.live.serving import ended, heard, say


@pytest.mark.parametrize(("path", "message"), [("/ws/board/", {"type": "fail"}), ("/ws/down/", None)])
async def test_fault_of_what_stands_behind_it_is_told_and_ends_the_socket(daphne, path, message):
    async with daphne.open(path) as wire:
        if message is not None:
            await heard(wire, "welcome")
            await say(wire, **message)
        (error,), code = await ended(wire)
        assert (error["code"], error["status"], code) == ("dependency-unavailable", 503, 1013)


async def test_nul_in_a_message_is_refused_and_the_socket_stays(daphne):
    async with daphne.open() as wire:
        await heard(wire, "welcome")
        for raw in ('{"type":"follow","topics":["a\\u0000"]}', '{"type":"follow","\\u0000":1}'):
            await wire.send(raw)
            error = await heard(wire)
            assert (error["type"], error["code"]) == ("error", "validation-failed")
        await wire.send('{"type":"follow","topics":["a","\\\\u0000"]}')  # a backslash, and no NUL
        assert (await heard(wire, "snapshot"))["values"][0]["id"] == "a"


async def test_nul_in_the_address_is_refused(daphne):
    async with daphne.open("/ws/board/?search=%00") as wire:
        (error,), code = await ended(wire)
        assert (error["code"], code) == ("validation-failed", 1008)


async def test_sign_ins_stay_while_nobody_can_tell_whether_they_count(monkeypatch):
    asked = []

    class Away:
        def standing(self, proofs):
            asked.append(proofs)
            raise InterfaceError("the connection already closed")

    monkeypatch.setattr("core.live.process.doorkeeper", Away)
    scene, here = Scene(), Process()
    here.hub = scene.hub
    one = scene.come()
    one.owner = SimpleNamespace(caller=Caller(None, "proof"))
    await here.check_proofs()
    assert (asked, one.pipe.code) == ([{"proof"}], 0)

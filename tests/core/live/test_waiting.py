"""Nobody waits for a reading that does not come."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import DependencyUnavailable
from tests.core.live.scene import Scene


async def test_following_nothing_is_done_at_once():
    scene = Scene()
    one = scene.come()
    async with asyncio.timeout(2):
        await scene.follow(one)
    assert (one.pipe.sent, scene.feed.readings, scene.hub._streams) == ([], [], {})
    scene.hub.beat()
    assert one.pipe.sent == [{"type": "hb"}]


async def test_following_nothing_more_lets_go_of_what_was_followed():
    scene = Scene()
    scene.feed.put(a=1)
    one = scene.come()
    await scene.follow(one, "a")
    await scene.follow(one)
    assert (one.topics, scene.hub._streams) == (frozenset(), {})
    await scene.follow(one, "a")
    assert [message["type"] for message in one.pipe.sent] == ["snapshot", "snapshot"]


async def while_another_reads(scene: Scene) -> tuple[asyncio.Task[None], asyncio.Task[None]]:
    """Let one socket wait for a reading that is on, and another for the one after it."""
    scene.feed.put(a=1, b=1)
    scene.first, scene.second = scene.come(), scene.come()
    scene.feed.gate.clear()
    coming = asyncio.create_task(scene.follow(scene.first, "a"))
    async with asyncio.timeout(5):
        while not scene.feed.readings:  # noqa: ASYNC110  # it is read in another thread
            await asyncio.sleep(0.002)
    waits = asyncio.create_task(scene.follow(scene.second, "b"))
    await asyncio.sleep(0)
    return coming, waits


async def test_who_waits_when_the_server_ends_is_told():
    scene = Scene()
    coming, waits = await while_another_reads(scene)
    scene.hub.say_bye()
    scene.feed.gate.set()
    await asyncio.wait_for(coming, 5)
    with pytest.raises(DependencyUnavailable):
        await asyncio.wait_for(waits, 5)


async def test_who_waits_when_all_have_left_is_told():
    scene = Scene()
    coming, waits = await while_another_reads(scene)
    for follower in (scene.first, scene.second):
        scene.hub.leave(follower)
    scene.feed.gate.set()
    await asyncio.wait_for(coming, 5)
    with pytest.raises(DependencyUnavailable):
        await asyncio.wait_for(waits, 5)
    assert scene.hub._streams == {}

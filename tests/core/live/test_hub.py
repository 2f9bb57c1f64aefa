"""What the hub tells its sockets, and when."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import DependencyUnavailable
from core.live.frames import Frame
from core.live.hub import STUCK_SECONDS, Hub
from tests.core.live.scene import Scene


async def test_snapshot_comes_first_and_then_what_changes():
    scene = Scene()
    scene.feed.put(a=1, b=1)
    one = scene.come()
    await scene.follow(one, "a", "b", "none")
    await scene.moved(a=2, c=5)
    snapshot, delta = one.pipe.sent
    assert (snapshot["type"], snapshot["seq"], snapshot["key"]) == ("snapshot", 1, "k")
    assert sorted(row["id"] for row in snapshot["values"]) == ["a", "b"]
    assert delta == {"type": "delta", "key": "k", "seq": 2, "after": 1, "values": [{"id": "a", "v": 2}]}


async def test_changes_between_two_flushes_are_one_frame_of_the_newest_state():
    scene = Scene()
    scene.feed.put(a=1)
    one = scene.come()
    await scene.follow(one, "a")
    for number in range(5):
        scene.hub.hint("memory", "k", scene.feed.put(a=number))
        await scene.read()
    scene.hub.flush()
    # the first change after a pause goes at once
    assert [message["values"][0]["v"] for message in one.pipe.sent] == [1, 0, 4]


async def test_frame_is_built_once_for_all_who_follow_the_same(monkeypatch):
    scene = Scene()
    scene.feed.put(a=1, b=1)
    followers = [scene.come() for _ in range(30)]
    for number, follower in enumerate(followers):
        await scene.follow(follower, "a", *(["b"] if number % 2 else []))
    built = []
    monkeypatch.setattr(
        "core.live.streams.listing",
        lambda kind, *_rest: built.append(kind) or Frame(b'{"values":[]}'),
    )
    await scene.moved(a=2)
    assert built == ["delta"]


async def test_one_reading_serves_all_who_come_while_another_is_on():
    scene = Scene()
    scene.feed.put(**{f"t{number}": number for number in range(40)})
    followers = [scene.come() for _ in range(40)]
    scene.feed.gate.clear()
    coming = [asyncio.create_task(scene.follow(one, f"t{number}")) for number, one in enumerate(followers)]
    await asyncio.sleep(0.05)
    scene.feed.gate.set()
    await asyncio.gather(*coming)
    assert [one.pipe.sent[0]["values"] for one in followers] == [
        [{"id": f"t{number}", "v": number}] for number in range(40)
    ]
    assert len(scene.feed.readings) <= 3


async def test_change_that_comes_while_a_topic_is_read_is_not_lost():
    scene = Scene()
    scene.feed.put(a=1, b=1)
    one, other = scene.come(), scene.come()
    await scene.follow(one, "a")
    scene.feed.gate.clear()
    coming = asyncio.create_task(scene.follow(other, "b"))
    await asyncio.sleep(0.02)  # the reading has looked at b, and waits
    scene.hub.hint("memory", "k", scene.feed.put(b=2))
    scene.feed.gate.set()
    await coming
    await scene.read()
    scene.hub.flush()
    assert other.pipe.values() == {"b": 2}


async def test_what_nobody_follows_is_forgotten():
    scene = Scene()
    scene.feed.put(a=1, b=1)
    one, other = scene.come(), scene.come()
    await scene.follow(one, "a", "b")
    await scene.follow(other, "a")
    await scene.follow(one, "b")
    (stream,) = scene.hub._streams.values()
    assert set(stream.values) == {"a", "b"}
    scene.hub.leave(other)
    assert set(stream.values) == {"b"}
    scene.hub.leave(one)
    assert scene.hub._streams == {}
    readings = len(scene.feed.readings)
    scene.hub.hint("memory", "k", 9)
    assert len(scene.feed.readings) == readings


async def test_who_is_back_gets_what_changed_since_the_number_they_know():
    scene = Scene()
    scene.feed.put(a=1, b=1)
    keeper = scene.come()
    await scene.follow(keeper, "a", "b")
    await scene.moved(b=2)
    back = scene.come()
    await scene.follow(back, "a", "b", since=1)
    assert back.pipe.sent == [{"type": "snapshot", "key": "k", "seq": 2, "values": [{"id": "b", "v": 2}]}]
    strange = scene.come()
    await scene.follow(strange, "a", "b", since=999)
    assert strange.pipe.values() == {"a": 1, "b": 2}


async def test_slow_socket_skips_to_the_newest_state():
    scene = Scene()
    scene.feed.put(a=0, b=0)
    slow, quick = scene.come(), scene.come()
    for one in (slow, quick):
        await scene.follow(one, "a", "b")
    slow.pipe.room = False
    for number in range(1, 6):
        await scene.moved(a=number)
    await scene.moved(b=7)
    slow.pipe.room = True
    scene.hub.flush()
    assert len(quick.pipe.sent) == 7
    assert slow.pipe.sent[1:] == [
        {
            "type": "delta",
            "key": "k",
            "seq": 7,
            "after": 0,
            "values": slow.pipe.sent[1]["values"],
        }
    ]
    assert slow.pipe.values() == {"a": 5, "b": 7}
    await scene.moved(a=8)
    assert slow.pipe.values()["a"] == 8


async def test_snapshot_without_room_is_sent_as_one_once_there_is():
    scene = Scene()
    scene.feed.put(a=0)
    one = scene.come()
    one.pipe.room = False
    await scene.follow(one, "a")
    await scene.moved(a=1)
    one.pipe.room = True
    scene.hub.flush()
    assert one.pipe.sent == [{"type": "snapshot", "key": "k", "seq": 2, "values": [{"id": "a", "v": 1}]}]


async def test_socket_without_room_for_ten_seconds_is_closed_as_slow():
    scene = Scene()
    scene.feed.put(a=0)
    stuck, quick = scene.come(), scene.come()
    for one in (stuck, quick):
        await scene.follow(one, "a")
    stuck.pipe.room = False
    await scene.moved(a=1)
    scene.clock.now += STUCK_SECONDS - 0.1
    scene.hub.flush()
    assert stuck.pipe.code == 0
    scene.clock.now += 0.2
    scene.hub.flush()
    assert (stuck.pipe.code, quick.pipe.code) == (1013, 0)
    assert scene.hub.followers == {quick}


async def test_socket_that_reads_now_and_then_is_kept():
    scene = Scene()
    scene.feed.put(a=0)
    one = scene.come()
    await scene.follow(one, "a")
    for number in range(1, 5):
        one.pipe.room = False
        await scene.moved(a=number)
        scene.clock.now += STUCK_SECONDS - 1
        one.pipe.room = True
        scene.hub.flush()
    assert (one.pipe.code, one.pipe.values()) == (0, {"a": 4})


async def test_heartbeat_tells_the_number():
    scene = Scene()
    scene.feed.put(a=0)
    one, idle = scene.come(), scene.come()
    await scene.follow(one, "a")
    await scene.moved(z=1)
    scene.hub.beat()
    assert one.pipe.sent[-1] == {"type": "hb", "key": "k", "seq": 2}
    assert idle.pipe.sent == [{"type": "hb"}]


async def test_lost_hint_is_found_by_looking_and_a_lost_carrier_sends_all_anew():
    scene = Scene()
    scene.feed.put(a=0, b=0)
    one = scene.come()
    await scene.follow(one, "a", "b")
    scene.feed.put(a=1)
    scene.hub.look()
    await scene.read()
    scene.hub.flush()
    assert one.pipe.values() == {"a": 1, "b": 0}
    scene.feed.put(b=9)
    await scene.hub.resync()
    assert one.pipe.sent[-1]["type"] == "snapshot"
    assert sorted((row["id"], row["v"]) for row in one.pipe.sent[-1]["values"]) == [("a", 1), ("b", 9)]


async def test_number_that_goes_back_is_another_database_and_all_is_read_anew():
    scene = Scene()
    scene.feed.put(a=0)
    scene.feed.put(a=1)
    one = scene.come()
    await scene.follow(one, "a")
    scene.feed.seq, scene.feed.values, scene.feed.changed = 0, {}, []
    scene.feed.put(a=100)
    scene.hub.look()
    await scene.read()
    scene.hub.flush()
    assert one.pipe.values() == {"a": 100}
    assert one.pipe.sent[-1]["seq"] == 1


async def test_failed_reading_is_told_to_who_waits_and_done_again(monkeypatch):
    monkeypatch.setattr("core.live.reading.READ_AGAIN_SECONDS", 0.02)
    scene = Scene()
    scene.feed.put(a=1)
    keeper, late = scene.come(), scene.come()
    await scene.follow(keeper, "a")
    scene.feed.broken = True
    with pytest.raises(DependencyUnavailable):
        await scene.follow(late, "b")
    assert late.topics == frozenset()
    scene.hub.hint("memory", "k", scene.feed.put(a=2))
    await scene.read()
    scene.feed.broken = False
    async with asyncio.timeout(5):
        while keeper.pipe.values() != {"a": 2}:
            await asyncio.sleep(0.01)
            scene.hub.flush()


async def test_first_change_after_a_pause_goes_at_once_and_the_next_waits_for_its_turn():
    scene = Scene()
    loop = asyncio.get_running_loop()
    hub = scene.hub = Hub()
    scene.feed.put(a=0)
    one = scene.come()
    await scene.follow(one, "a")
    times = []
    for number in range(1, 4):
        hub.hint("memory", "k", scene.feed.put(a=number))
        async with asyncio.timeout(5):
            while one.pipe.values()["a"] != number:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        times.append(loop.time())
    first, second = times[1] - times[0], times[2] - times[1]
    assert 0.2 < first < 0.5
    assert 0.2 < second < 0.5
    hub.leave(one)

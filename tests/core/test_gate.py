"""The door before sign-in: so many at once, the others told at once and at the cost of nothing."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import resolve, reverse

from accounts import services
from core import gate as gates
from core import hashing
from core.bodyguard import BodyGuard
from core.errors import Overloaded
from core.gate import SENTENCE, Gate

DOOR = "/sign-in"


class Site:
    """An application behind the door that answers when it is let."""

    def __init__(self, places: int) -> None:
        self.inside = 0
        self.go = asyncio.Event()
        self.gate = BodyGuard(Gate(self, paths=[DOOR], places=places), most_bytes=1000, seconds=5)

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        self.inside += 1
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    async def ask(self, path: str = DOOR, method: str = "POST", parts: int = 1, **headers: str) -> Any:
        """Send a request; its status, head and body."""
        left, sent = parts, []

        async def receive() -> dict[str, Any]:
            nonlocal left
            left -= 1
            return {"type": "http.request", "body": b"x", "more_body": left > 0}

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw}
        await self.gate(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


async def begun(site: Site, number: int, **how: Any) -> list[asyncio.Task[Any]]:
    tasks = [asyncio.create_task(site.ask(**how)) for _ in range(number)]
    await asyncio.sleep(0.01)
    return tasks


async def test_so_many_are_let_in_and_one_more_is_told_when_to_come_back():
    site = Site(2)
    waiting = await begun(site, 2)
    status, head, body = await site.ask(x_request_id="the-request-1")
    assert status == 503
    assert head[b"retry-after"] == b"2"
    assert head[b"content-type"] == b"application/problem+json"
    assert head[b"x-request-id"] == b"the-request-1"
    assert json.loads(body) == {
        "type": "overloaded",
        "title": "Too much is going on at the moment",
        "status": 503,
        "detail": SENTENCE,
        "request_id": "the-request-1",
    }
    site.go.set()
    assert [one[0] for one in await asyncio.gather(*waiting)] == [200, 200]
    assert (await site.ask())[0] == 200
    assert site.inside == 3


async def test_others_are_not_held_up_by_the_door():
    site = Site(1)
    waiting = await begun(site, 1)
    waiting += await begun(site, 3, path="/elsewhere")
    waiting += await begun(site, 3, method="GET")
    assert site.inside == 7
    site.go.set()
    assert {one[0] for one in await asyncio.gather(*waiting)} == {200}


async def test_others_go_first_and_those_at_the_door_one_after_the_other():
    site = Site(3)
    waiting = await begun(site, 1, path="/elsewhere")
    waiting += await begun(site, 3)
    assert site.inside == 1
    site.go.set()
    await waiting[0]
    site.go.clear()
    await asyncio.sleep(0.01)
    assert site.inside == 2
    site.go.set()
    assert [one[0] for one in await asyncio.gather(*waiting)] == [200] * 4
    assert site.inside == 4


async def test_site_that_is_never_quiet_lets_people_in_all_the_same(monkeypatch):
    monkeypatch.setattr(gates, "PATIENCE_SECONDS", 0.02)
    site = Site(1)
    waiting = await begun(site, 1, path="/elsewhere")
    waiting += await begun(site, 1)
    for _ in range(500):
        if site.inside == 2:
            break
        await asyncio.sleep(0.01)
    assert site.inside == 2
    site.go.set()
    await asyncio.gather(*waiting)


async def test_who_is_being_sent_an_answer_keeps_nobody_at_the_door():
    """A long download is no reason to wait: what it costs is behind it when it begins."""
    done = asyncio.Event()

    async def streams(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] != DOOR:
            await done.wait()
        await send({"type": "http.response.body", "body": b""})

    site = Site(1)
    site.gate = BodyGuard(Gate(streams, paths=[DOOR], places=1), most_bytes=1000, seconds=5)
    loading = await begun(site, 1, path="/elsewhere")
    assert (await asyncio.wait_for(site.ask(), 0.2))[0] == 200
    done.set()
    await loading[0]


async def test_nobody_holds_a_place_by_sending_slowly():
    site = Site(1)
    slow = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await slow.wait()
        return {"type": "http.request", "body": b"x"}

    async def send(_message: Any) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": DOOR, "headers": []}
    sending = asyncio.create_task(site.gate(scope, receive, send))
    await asyncio.sleep(0.01)
    site.go.set()
    assert [(await site.ask())[0] for _ in range(3)] == [200] * 3
    slow.set()
    await sending


async def test_place_is_free_again_after_a_failure():
    async def fail(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()
        raise ZeroDivisionError

    site = Site(1)
    gate = Gate(fail, paths=[DOOR], places=1)
    site.gate = BodyGuard(gate, most_bytes=1000, seconds=5)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await site.ask()
    assert gate._free == 1


@pytest.mark.parametrize("given", ["short", "a b c d e f g h", "x" * 65, "<script>alert"])
async def test_strange_request_id_is_replaced(given):
    site = Site(0)
    _status, head, body = await site.ask(x_request_id=given)
    assert UUID(head[b"x-request-id"].decode()).version == 7
    assert given not in body.decode()


def test_paths_of_the_door_are_those_that_hash_for_anybody(settings):
    assert {resolve(path).view_name for path in settings.PASSWORD_PATHS} == {
        "api-users-login",
        "api-users-signup",
        "account_login",
        "account_signup",
        "admin:login",
    }


@pytest.fixture
def full(monkeypatch) -> hashing.Queue:
    """A queue of hashes in which nobody finds a place."""
    cache.clear()
    queue = hashing.Queue(1, 0)
    queue._take_place()
    monkeypatch.setattr(hashing, "queue_of", lambda _process: queue)
    return queue


@pytest.mark.django_db
def test_sign_in_that_finds_no_place_asks_the_database_nothing(full, django_assert_num_queries):
    body = {"email": "ada@example.org", "password": "correct horse battery"}
    with django_assert_num_queries(0):
        answer = Client().post(reverse("api-users-login"), body, content_type="application/json")
    assert (answer.status_code, answer.json()["type"], answer.headers["Retry-After"]) == (
        503,
        "overloaded",
        "2",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("when", ["at the door", "at the hash"])
@pytest.mark.parametrize("way", ["api", "page"])
def test_sign_in_that_was_sent_away_counts_as_no_guess(full, way, when, monkeypatch):
    """Else a crowd at the door would lock people out."""
    password = "correct horse battery"
    services.register_user(email="ada@example.org", password=password)
    name, field = ("api-users-login", "email") if way == "api" else ("account_login", "login")

    def attempt() -> int:
        kind = {"content_type": "application/json"} if way == "api" else {}
        return (
            Client().post(reverse(name), {field: "ada@example.org", "password": password}, **kind).status_code
        )

    def crowded(*_: Any) -> bool:
        raise Overloaded(retry_after=2)

    with monkeypatch.context() as patch:
        if when == "at the hash":  # the last place went to somebody else since the look
            patch.setattr(hashing, "require_room", lambda: None)
            patch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.verify", crowded)
        assert {attempt() for _ in range(12)} == {503}
    full._places.release()
    assert attempt() == (200 if way == "api" else 302)


def test_hashes_run_one_at_a_time_and_a_bounded_number_waits():
    queue, busy, done = hashing.Queue(1, 2), Event(), Event()
    running: list[int] = []

    def hash_slowly() -> int:
        running.append(1)
        busy.set()
        done.wait(10)
        running.pop()
        return len(running)

    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(queue.run, hash_slowly) for _ in range(3)]
        assert busy.wait(10)
        while queue._places._value:  # the two others take their places
            pass
        assert len(running) == 1
        for refused in (queue.require_room, lambda: queue.run(hash_slowly)):
            with pytest.raises(Overloaded):
                refused()
        done.set()
        assert [one.result(10) for one in futures] == [0, 0, 0]
    queue.require_room()

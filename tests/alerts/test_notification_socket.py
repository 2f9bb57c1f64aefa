"""The socket tells each thing once, what came while it was away too, and nothing of anybody else's."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection

from accounts.models import User
from alerts.consumers.notifications import NotificationConsumer
from alerts.models import Notification
from alerts.payloads.inbox import MOST_ITEMS, Told
from alerts.services.notifications import mark_read, notify
from tests.market.live.test_price_socket import token_of
from tests.market.live.wire import Wire, stop_listening
from tests.support import loops


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_or_told_twice_over_a_gap():
    ida, eva = (User.objects.create_user(f"{name}@example.org", "x") for name in ("ida", "eva"))
    tokens = [token_of(one, "alerts:read") for one in (ida, eva)]
    Notification.objects.all().delete()  # of the tokens
    loops.run(over_a_gap(ida, eva, tokens))


async def beside(work, *args, **more):
    """Do something as another thread does."""

    def run():
        try:
            return work(*args, **more)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


async def tell(user, *names: str) -> None:
    for name in names:
        data = {"channel": name, "reason": "it is gone"}
        await beside(
            notify, users=[user.pk], kind=Notification.Kind.CHANNEL, event="channel_stopped", data=data
        )


def said(frame: dict) -> tuple[int, list[str]]:
    return frame["unread"], [one["data"]["channel"] for one in frame["items"]]


async def until(wire: Wire, unread: int) -> list[str]:
    """Hear frames, of which the hub may join several, until so many are unread."""
    heard: list[str] = []
    while True:
        count, names = said(await wire.heard())
        heard += reversed(names)
        if count == unread:
            return heard


async def opened(token: str) -> Wire:
    wire = Wire(NotificationConsumer, token)
    assert (await wire.heard())["type"] == "welcome"
    return wire


async def over_a_gap(ida, eva, tokens) -> None:
    await tell(ida, "before")
    first, other, strange = [await opened(tokens[0]), await opened(tokens[0]), await opened(tokens[1])]
    for wire, unread in ((first, 1), (other, 1), (strange, 0)):
        assert said(await wire.heard()) == (unread, [])
    await tell(ida, "one")
    heard = await first.heard()
    assert said(heard) == (2, ["one"])
    assert heard["items"][0]["title"] == "Notifications no longer go to one"
    assert said(await other.heard()) == (2, ["one"])
    await first.close()

    await tell(ida, "two", "three")
    assert await until(other, unread=4) == ["two", "three"]
    again = await opened(tokens[0])
    assert said(await again.heard()) == (4, [])
    again.say(type="resume", after=heard["last_id"])
    back = await again.heard()
    assert (said(back), back["more"]) == ((4, ["three", "two"]), False)
    await tell(ida, "four")
    assert said(await again.heard()) == (5, ["four"])

    await beside(mark_read, user=ida, up_to=back["last_id"])
    assert said(await again.heard()) == (1, [])
    again.say(type="resume", after=-1)
    assert (await again.heard())["errors"][0]["field"] == "after"

    await tell(eva, "hers")
    assert said(await strange.heard()) == (1, ["hers"])
    for wire in (again, other, strange):
        await wire.close()
    await stop_listening()


def state(ids, *, unread: int = 1, before: int | None = None, at: str = "2024-03-06T12:00:00Z") -> dict:
    items = [{"id": one, "created_at": at} for one in sorted(ids, reverse=True)]
    return {"unread": unread, "last_id": max(ids, default=0), "before": before, "items": items}


def hear(told: Told, now: dict) -> list[int] | None:
    message = told.news(now)
    if message is None:
        return None
    told.said(now, message)
    return [one["id"] for one in message["items"]]


def test_lower_id_that_appears_late_is_told_once():
    told = Told()
    assert hear(told, state([1, 3])) == []
    assert hear(told, state([1, 2, 3])) == [2]
    assert hear(told, state([1, 2, 3])) is None


def test_who_was_away_when_a_lower_id_appeared_is_told_of_it():
    told = Told()
    hear(told, state([1, 2, 3, 4]))
    told.resume(3, [1, 3])
    assert hear(told, state([1, 2, 3, 4])) == [4, 2]
    for known in ([], [3], [2, 3]):  # what is below all that it names it may have read on a page
        other = Told()
        hear(other, state([1, 2, 3, 4]))
        other.resume(3, known)
        assert hear(other, state([1, 2, 3, 4])) == [4]


def test_what_found_no_room_is_told_with_the_next_state():
    told = Told()
    hear(told, state([1]))
    assert told.news(state([1, 2])) is not None  # and was not sent
    assert hear(told, state([1, 2, 3])) == [3, 2]


def test_older_ones_that_move_up_are_nothing_new():
    told = Told()
    full = range(11, 11 + MOST_ITEMS)
    hear(told, state(full, before=10))
    assert hear(told, state([10, *list(full)[:-1]], before=9)) is None


def test_gap_that_is_longer_than_a_message_says_so():
    told = Told()
    hear(told, state([1]))
    message = told.news(state(range(11, 11 + MOST_ITEMS), before=10))
    assert message is not None
    assert (len(message["items"]), message["more"]) == (MOST_ITEMS, True)
    told.resume(10, [])
    exact = told.news(state(range(11, 11 + MOST_ITEMS), before=10))
    assert exact is not None
    assert exact["more"] is False

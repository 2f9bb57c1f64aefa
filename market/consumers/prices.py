"""The price socket: the newest quotes of the instruments that a client names, as they move."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.utils.translation import gettext as _

from core.errors import FieldError, NotFound, ValidationFailed
from core.live.consumer import LiveConsumer, Message
from core.live.feeds import Topic, feeds
from core.live.offloop import off_loop
from core.models import LIVE_WORLD
from market.payloads import PriceFeed
from market.selectors import live

MOST_INSTRUMENTS: Final = 200
_LONGEST_NAME: Final = 60


class PriceConsumer(LiveConsumer):
    """``/ws/prices/``: one world a socket, up to 200 instruments."""

    token_scope: ClassVar[str] = "market:read"  # noqa: S105  # the name of a scope
    handlers: ClassVar[dict[str, str]] = {
        "subscribe": "subscribe",
        "unsubscribe": "unsubscribe",
        "resume": "resume",
    }
    world: int | None = None

    async def subscribe(self, content: Message) -> None:
        """Follow instruments besides those that are followed; `seq` tells what the client knows of them.

        Raises:
            ValidationFailed: a member has another shape, or they are too many.
            NotFound: some are not there; the others are followed.
        """
        names, since, world = names_of(content), number(content, "seq"), await self._world(content)
        found = await off_loop(live.named, self._user, names)
        followed = self.follower.topics | {one.id for one in found.values()}
        if len(followed) > MOST_INSTRUMENTS:
            raise ValidationFailed.of(
                "instruments", _("A socket follows 200 instruments at most."), "too_many"
            )
        self.world = world
        told = {one.id: {"id": str(one.uuid), "symbol": one.symbol} for one in found.values()}
        self.say({"type": "subscribed", "world": world, "instruments": list(told.values())})
        await self._follow(followed, since=since)
        missing = [name for name in names if name not in found]
        if missing:
            raise NotFound(
                _("There is no such instrument, or several venues list it: %(names)s.")
                % {"names": ", ".join(missing)}
            )

    async def unsubscribe(self, content: Message) -> None:
        """Follow some instruments no more.

        Raises:
            ValidationFailed: a member has another shape.
        """
        found = await off_loop(live.named, self._user, names_of(content))
        gone = {one.id: {"id": str(one.uuid), "symbol": one.symbol} for one in found.values()}
        if self.world is not None:
            await self._follow(self.follower.topics - frozenset(gone))
        self.say({"type": "unsubscribed", "instruments": list(gone.values())})

    async def resume(self, content: Message) -> None:
        """Send what changed after the number that the client knows.

        Raises:
            ValidationFailed: there is no number.
        """
        seq = number(content, "seq")
        if seq is None:
            raise ValidationFailed.of("seq", _("Give the number of the last frame."), "required")
        self.process.hub.tell_state(self.follower, self.follower.topics, since=seq)

    async def _follow(self, topics: frozenset[Topic], *, since: int | None = None) -> None:
        feed = feeds[PriceFeed.name]
        await self.process.hub.follow(self.follower, feed, str(self.world), topics, since=since)

    @property
    def _user(self) -> Any:
        return self.caller.user if self.caller is not None else None

    async def _world(self, content: Message) -> int:
        """Tell the world that is meant: the one of the socket, which its first subscription chooses."""
        given = number(content, "world")
        if self.world is not None:
            if given not in {None, self.world}:
                raise ValidationFailed.of("world", _("A socket shows one world: open another."), "one_world")
            return self.world
        world = LIVE_WORLD if given is None else given
        if world != LIVE_WORLD and not await off_loop(live.has_world, world):
            raise NotFound(_("There is no such world."))
        return world


def names_of(content: Message) -> list[str]:
    """Read the instruments of a message.

    Raises:
        ValidationFailed: they are no list of texts, or too many.
    """
    names = content.get("instruments")
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise ValidationFailed(
            errors=(FieldError("instruments", _("Give a list of ids or symbols."), "invalid"),)
        )
    if len(names) > MOST_INSTRUMENTS or any(len(one) > _LONGEST_NAME for one in names):
        raise ValidationFailed.of("instruments", _("A socket follows 200 instruments at most."), "too_many")
    return list(dict.fromkeys(names))


def number(content: Message, field: str) -> int | None:
    """Read a whole number of a message, if it has one.

    Raises:
        ValidationFailed: it is none, or negative, or too large for any of ours.
    """
    value = content.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise ValidationFailed.of(field, _("Give a whole number."), "invalid")
    return value

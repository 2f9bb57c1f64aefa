"""The socket of a person's portfolios: what their open pages show, as it moves."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.utils.translation import gettext as _

from core.errors import FieldError, NotAuthenticated, ValidationFailed
from core.live.consumer import LiveConsumer, Message
from core.live.feeds import Topic, feeds
from core.live.offloop import off_loop
from portfolios.payloads.live import PortfolioFeed, Shown
from portfolios.selectors import portfolios
from portfolios.selectors.valuation import GROUPINGS

MOST_PORTFOLIOS: Final = 20


class FiguresConsumer(LiveConsumer):
    """``/ws/portfolios/``: one stream for each person, whatever pages and programs of theirs listen."""

    token_scope: ClassVar[str] = "portfolios:read"  # noqa: S105  # the name of a scope
    handlers: ClassVar[dict[str, str]] = {"subscribe": "subscribe", "resume": "resume"}

    async def subscribe(self, content: Message) -> None:
        """Follow these portfolios, or everything, and nothing else.

        Raises:
            ValidationFailed: a member has another shape, or they are too many.
            NotFound: one is not there, or somebody else's.
        """
        by = grouping_of(content)
        wanted = portfolios_of(content)
        for one in wanted:
            await off_loop(portfolios.get, self._user, one)
        topics: set[Topic] = {Shown(one, by) for one in wanted}
        if content.get("everything"):
            topics.add(Shown(None, by))
        self.say({"type": "subscribed", "portfolios": [str(one) for one in wanted], "by": by})
        feed = feeds[PortfolioFeed.name]
        await self.process.hub.follow(self.follower, feed, str(self._user.pk), frozenset(topics))

    async def resume(self, _content: Message) -> None:
        """Send the whole state of what is followed."""
        self.process.hub.tell_state(self.follower, self.follower.topics)

    @property
    def _user(self) -> Any:
        if self.caller is None:
            raise NotAuthenticated
        return self.caller.user


def grouping_of(content: Message) -> str:
    """Read how the value is to be spread; by instrument unless it is told.

    Raises:
        ValidationFailed: there is no such grouping.
    """
    by = content.get("by", GROUPINGS[0])
    if by not in GROUPINGS:
        names = ", ".join(GROUPINGS)
        raise ValidationFailed.of("by", _("Group by one of: %(names)s.") % {"names": names}, "invalid")
    return str(by)


def portfolios_of(content: Message) -> list[UUID]:
    """Read the portfolios of a message.

    Raises:
        ValidationFailed: they are no list of ids, or too many.
    """
    given = content.get("portfolios", [])
    if not isinstance(given, list) or len(given) > MOST_PORTFOLIOS:
        raise ValidationFailed.of(
            "portfolios", _("Give a list of %(most)s ids at most.") % {"most": MOST_PORTFOLIOS}, "invalid"
        )
    try:
        return [UUID(one) for one in dict.fromkeys(given)]
    except (TypeError, ValueError, AttributeError) as error:
        raise ValidationFailed(
            errors=(FieldError("portfolios", _("Give the ids of portfolios."), "invalid"),)
        ) from error

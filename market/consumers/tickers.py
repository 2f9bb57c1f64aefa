"""The ticker socket of the published contract: what ``GET /api/v1/tickers`` answers, as it changes."""

from __future__ import annotations

from typing import ClassVar

from django.http import QueryDict

from core.api.pagination import window
from core.errors import ValidationFailed
from core.live.consumer import POLICY, Closing, LiveConsumer
from core.live.feeds import feeds
from market.payloads.tickers import Asked, TickerFeed

_LONGEST_SEARCH = 100
MOST_FOR_ANYBODY = 100


class TickerConsumer(LiveConsumer):
    """``/api/v1/tickers/ws``: for anybody; whoever is signed in sees their own instruments too.

    The query of the address is that of the endpoint: ``skip``, ``limit`` and ``search``. Who is not signed
    in gets 100 tickers at most.
    """

    needs_sign_in: ClassVar[bool] = False
    token_scope: ClassVar[str] = "market:read"  # noqa: S105  # the name of a scope

    async def opened(self) -> None:
        """Send the window now and whenever it changes.

        Raises:
            Closing: the query has another shape.
        """
        params = QueryDict(self.scope.get("query_string", b""))
        try:
            part = window(params)
        except ValidationFailed as error:
            raise Closing(error, POLICY) from error
        search = params.get("search", "")[:_LONGEST_SEARCH]
        limit = part.limit if self.caller else min(part.limit, MOST_FOR_ANYBODY)
        asked = Asked(self.caller.user.pk if self.caller else None, part.skip, limit, search)
        feed = feeds[TickerFeed.name]
        await self.process.hub.follow(self.follower, feed, asked.key, frozenset({"window"}))

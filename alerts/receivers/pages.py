"""What open pages hear of what their people are told."""

from __future__ import annotations

from alerts.events import NotificationsAdded, NotificationsRead
from alerts.payloads.inbox import NotificationFeed
from core.bus import Phase, bus
from core.live.carrier import send_hints

# a hint without a number: read anew
ANEW = 0


@bus.subscribe(NotificationsAdded, Phase.AFTER_COMMIT)
def tell_open_pages(event: NotificationsAdded) -> None:
    """Let the open pages of these people show what they were told."""
    send_hints(NotificationFeed.name, [str(one) for one in event.user_ids], ANEW)


@bus.subscribe(NotificationsRead, Phase.AFTER_COMMIT)
def count_anew(event: NotificationsRead) -> None:
    """Let a person's other pages count what is unread anew."""
    send_hints(NotificationFeed.name, [str(event.user_id)], ANEW)

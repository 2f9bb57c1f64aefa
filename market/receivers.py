"""What follows from what happens in the market."""

from __future__ import annotations

from core.bus import Phase, bus
from core.live.carrier import send_hint
from market.events import PricesUpdated
from market.payloads import PriceFeed


@bus.subscribe(PricesUpdated, Phase.AFTER_COMMIT)
def tell_sockets(event: PricesUpdated) -> None:
    """Let every server process read what moved."""
    send_hint(PriceFeed.name, str(event.world_id), event.seq)

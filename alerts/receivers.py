"""What alerts do when something happened below them."""

from __future__ import annotations

from accounts.events import UserRegistered
from alerts.services.channels import make_account_channel
from alerts.services.splits import convert_levels
from alerts.tasks import evaluate_alerts
from core.bus import Phase, bus
from market.events import PricesUpdated, SplitTookEffect


@bus.subscribe(PricesUpdated, Phase.AFTER_COMMIT)
def wake_evaluation(event: PricesUpdated) -> None:
    """Have the new batch evaluated; the sweep finds it if this call is lost."""
    evaluate_alerts.delay(event.world_id)


@bus.subscribe(SplitTookEffect, Phase.IN_TRANSACTION)
def follow_split(event: SplitTookEffect) -> None:
    """Convert levels with the split, while nothing moves."""
    convert_levels(
        world_id=event.world_id,
        instrument_id=event.instrument_id,
        new=event.numerator,
        old=event.denominator,
    )


@bus.subscribe(UserRegistered, Phase.IN_TRANSACTION)
def lead_to_own_address(event: UserRegistered) -> None:
    """Give a new account the channel to its own address."""
    make_account_channel(user_id=event.user_id)

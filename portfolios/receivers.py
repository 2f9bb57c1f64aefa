"""What portfolios do when something happens elsewhere."""

from __future__ import annotations

from accounts.events import UserErased
from core.bus import Phase, bus
from portfolios.services.portfolios import erase_portfolios_of


@bus.subscribe(UserErased, Phase.IN_TRANSACTION)
def erase_portfolios(event: UserErased) -> None:
    """Delete the person's real portfolios in the transaction that erases the person."""
    erase_portfolios_of(user_id=event.user_id)

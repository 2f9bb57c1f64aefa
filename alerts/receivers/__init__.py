"""What alerts do when something happened below them."""

from __future__ import annotations

from accounts.events import UserRegistered
from alerts.events import DeliveriesQueued
from alerts.receivers import notices, pages  # noqa: F401  # they subscribe themselves
from alerts.services.channels import make_account_channel
from alerts.services.event_watch import tell_dividend
from alerts.services.portfolio_watch import end_alerts_on
from alerts.services.splits import convert_levels
from alerts.tasks import deliver, evaluate_alerts, renew_rules_of, watch_portfolio, watch_portfolios
from core.bus import Phase, bus
from core.models import LIVE_WORLD
from market.events import DividendAnnounced, PricesChanged, PricesUpdated, SplitTookEffect
from portfolios.events import MemberRemoved, PortfolioChanged, PortfolioDeleted


@bus.subscribe(PricesUpdated, Phase.AFTER_COMMIT)
def wake_evaluation(event: PricesUpdated) -> None:
    """Have the new batch evaluated; the sweep finds it if this call is lost."""
    evaluate_alerts.delay(event.world_id)


@bus.subscribe(PricesUpdated, Phase.AFTER_COMMIT)
def wake_portfolio_watch(event: PricesUpdated) -> None:
    """Have portfolios looked at whose values may have moved; the sweep finds them if this call is lost."""
    if event.world_id == LIVE_WORLD:
        watch_portfolios.delay(event.seq)


@bus.subscribe(PortfolioChanged, Phase.AFTER_COMMIT)
def wake_watch_of_portfolio(event: PortfolioChanged) -> None:
    """Have a portfolio looked at whose entries or settings changed."""
    watch_portfolio.delay(str(event.portfolio_id))


@bus.subscribe(PricesChanged, Phase.AFTER_COMMIT)
def follow_days(event: PricesChanged) -> None:
    """Have rules take up what changed about days; the sweep finds it if this call is lost."""
    renew_rules_of.delay(list(event.instrument_ids), None)


@bus.subscribe(PortfolioChanged, Phase.AFTER_COMMIT)
def follow_position(event: PortfolioChanged) -> None:
    """Have rules take up what positions cost now; the sweep finds it if this call is lost."""
    renew_rules_of.delay(None, str(event.portfolio_id))


@bus.subscribe(PortfolioDeleted, Phase.IN_TRANSACTION)
def end_alerts_on_deleted(event: PortfolioDeleted) -> None:
    """End the rules about a portfolio that goes."""
    end_alerts_on(portfolio_id=event.portfolio_id)


@bus.subscribe(MemberRemoved, Phase.IN_TRANSACTION)
def end_alerts_of_removed(event: MemberRemoved) -> None:
    """End a person's rules about a portfolio that is no longer theirs to see."""
    end_alerts_on(portfolio_id=event.portfolio_id, user_id=event.user_id)


@bus.subscribe(DividendAnnounced, Phase.IN_TRANSACTION)
def tell_of_dividend(event: DividendAnnounced) -> None:
    """Fire the rules that wait for a dividend, with what announces it."""
    tell_dividend(
        instrument_id=event.instrument_id,
        ex_date=event.ex_date,
        amount=event.amount,
        currency=event.currency,
    )


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


@bus.subscribe(DeliveriesQueued, Phase.AFTER_COMMIT)
def wake_delivery(_event: DeliveriesQueued) -> None:
    """Have what was queued sent; the sweep finds it if this call is lost."""
    deliver.delay()

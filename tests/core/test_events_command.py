"""The command that prints who listens to what."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from core.bus import Phase, bus
from portfolios.events import PortfolioChanged


def printed() -> list[str]:
    out = StringIO()
    call_command("events", stdout=out)
    return out.getvalue().splitlines()


def test_events_command_names_listener_and_phase_below_its_event():
    @bus.subscribe(PortfolioChanged, Phase.IN_TRANSACTION)
    def listen(_event: PortfolioChanged) -> None:
        """Do nothing."""

    try:
        lines = printed()
    finally:
        bus._subscriptions[PortfolioChanged].pop()
    at = lines.index("portfolios.events.PortfolioChanged")
    assert f"  in_transaction  {listen.__module__}.{listen.__qualname__}" in lines[at + 1 :]


def test_events_command_says_where_nobody_listens():
    lines = printed()
    assert lines[lines.index("market.events.RatesChanged") + 1] == "  nobody listens"


def test_events_command_leaves_no_subscription_out():
    lines = printed()
    assert sum(line.startswith("  ") and "nobody" not in line for line in lines) == len(bus.subscriptions())


def test_events_command_names_each_event_once_in_order():
    names = [line for line in printed() if not line.startswith(" ")]
    assert names == sorted(set(names))
    assert "core.events.Event" not in names

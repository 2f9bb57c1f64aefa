"""Value ledgers of 1,000, 10,000 and 50,000 transactions through the selectors that pages use.

Per size: the exact valuation of the last day (positions, lots, cash), the full daily series of ten
years, TWR and XIRR. Cold: nothing in this process's memory, everything from the database. Warm: the
next read, while no revision has changed. Moved: the next read after one quote has moved. Beside it,
where they are installed, ``hledger`` and ``ledger`` value the last day of the same ledger (no series, no
returns).

Run: ``make bench`` or ``python -m benchmarks.valuation [SIZE …]``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import ledgers
from benchmarks.ground import database, timed

SIZES = (1_000, 10_000, 50_000)


def main(sizes: list[int]) -> None:
    """Print a line per size."""
    prices = ledgers.closes()
    heads = f"{'transactions':>12} {'cold ms':>9} {'warm ms':>9} {'moved ms':>9}"
    print(f"{heads} {'ledger ms':>10} {'hledger ms':>11}")
    with database():
        instruments = store_prices(prices)
        for size in sizes:
            rows = ledgers.ledger(size, prices)
            portfolio = store_ledger(rows, instruments)
            cold = timed(partial(_figures, portfolio), before=forget)
            warm = timed(partial(_figures, portfolio))
            moved = timed(partial(_figures, portfolio), before=partial(move_a_price, instruments))
            peers = _peers(rows, prices)
            times = f"{size:>12,} {cold * 1000:>9.0f} {warm * 1000:>9.1f} {moved * 1000:>9.0f}"
            print(f"{times} {peers['ledger']:>10} {peers['hledger']:>11}", flush=True)


def store_prices(prices: dict[str, Any]) -> dict[str, Any]:
    """Store the closes as bars of public instruments; answer those by symbol."""
    from market.models import DailyBar, Instrument

    instruments = {
        symbol: Instrument.objects.create(symbol=symbol, name=symbol, currency="USD") for symbol in prices
    }
    DailyBar.objects.bulk_create(
        (
            DailyBar(world_id=1, instrument=instruments[symbol], date=day, close=close, source="bench")
            for symbol, series in prices.items()
            for day, close in series.items()
        ),
        batch_size=10_000,
    )
    return instruments


def move_a_price(instruments: dict[str, Any]) -> None:
    """Let the price of one instrument move."""
    from core import clock
    from core.models import LIVE_WORLD
    from market.domain.quotes import NewQuote
    from market.services.quotes import record_quotes

    first = next(iter(instruments.values())).pk
    now = clock.now()
    price = Decimal(now.microsecond + 10_000) / 1000
    record_quotes(world_id=LIVE_WORLD, batch=[NewQuote(first, price, now, "bench")], trusted=True)


def store_ledger(rows: list[ledgers.Row], instruments: dict[str, Any]) -> Any:
    """Record a ledger in a portfolio of a user of its own."""
    from django.contrib.auth import get_user_model

    from core.actor import Actor
    from portfolios.domain.entries import EntryKind
    from portfolios.services.inputs import TransactionInput
    from portfolios.services.portfolios import create_portfolio
    from portfolios.services.transactions import add_transactions

    user = get_user_model().objects.create_user(f"bench{len(rows)}@example.org")
    actor = Actor.user(user)
    portfolio = create_portfolio(actor=actor, owner_id=user.pk, name="Benchmark", currency="USD")
    inputs = [
        TransactionInput(
            kind=EntryKind(row.kind.lower()),
            time=datetime.combine(row.day, time(12), tzinfo=UTC),
            instrument=instruments.get(row.symbol),
            quantity=row.quantity,
            price=row.price,
            currency="USD",
            fee=row.fee,
        )
        for row in rows
    ]
    add_transactions(actor=actor, portfolio_id=portfolio.pk, inputs=inputs, allow_shortfall=True)
    return portfolio


def _figures(portfolio: Any) -> None:
    from portfolios.models import Portfolio
    from portfolios.selectors import figures, valuation
    from portfolios.selectors.ledger import load

    ledger = load(Portfolio.objects.get(pk=portfolio.pk))
    valued = valuation.at(ledger, ledgers.END)
    found = figures.performance(ledger, figures.inception(ledger, ledgers.END))
    assert found.money_weighted.value is not None
    assert found.time_weighted.value is not None
    assert abs(float(valued.total) - found.series.value[-1]) <= 1e-9 * float(valued.total)


def forget() -> None:
    """Forget the ledgers that this process keeps."""
    from portfolios.selectors.ledger import memory

    memory.clear()


def _peers(rows: list[ledgers.Row], prices: dict[str, Any]) -> dict[str, str]:
    commands = {
        "ledger": ["ledger", "-V", "balance", "assets:broker"],
        "hledger": ["hledger", "balance", "assets:broker", "-V", "-e", "2025-01-01"],
    }
    found = dict.fromkeys(commands, "absent")
    with tempfile.TemporaryDirectory() as folder:
        journal = ledgers.write_journal(rows, prices, Path(folder))
        for name, command in commands.items():
            if shutil.which(name):
                full = [*command, "-f", str(journal)]
                seconds = timed(
                    lambda full=full: subprocess.run(full, check=True, capture_output=True), runs=3
                )
                found[name] = f"{seconds * 1000:.0f}"
    return found


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or list(SIZES))

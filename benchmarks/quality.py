"""Run the quality checks over ledgers of 10,000 and 100,000 transactions, database included.

Cold: nothing in this process's memory, so the ledger is read and folded first. Warm: the next call,
while no revision has changed. Every trade has a bar on its day, so that each is compared with it.

Run: ``make bench`` or ``python -m benchmarks.quality [SIZE …]``.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from benchmarks import ledgers
from benchmarks.ground import database, timed
from benchmarks.valuation import forget, store_ledger, store_prices

SIZES = (10_000, 100_000)


def main(sizes: list[int]) -> None:
    """Print a line per size."""
    prices = ledgers.closes()
    print(f"{'transactions':>12} {'findings':>9} {'cold ms':>9} {'warm ms':>9}")
    with database():
        instruments = store_prices(prices)
        for size in sizes:
            portfolio = store_ledger(ledgers.ledger(size, prices), instruments)
            found = len(_issues(portfolio))
            cold = timed(partial(_issues, portfolio), before=forget, runs=3)
            warm = timed(partial(_issues, portfolio))
            print(f"{size:>12,} {found:>9,} {cold * 1000:>9.0f} {warm * 1000:>9.1f}", flush=True)


def _issues(portfolio: Any) -> list[Any]:
    from portfolios.models import Portfolio
    from portfolios.selectors.ledger import load
    from portfolios.selectors.quality import issues_of

    return issues_of(load(Portfolio.objects.get(pk=portfolio.pk)))


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or list(SIZES))

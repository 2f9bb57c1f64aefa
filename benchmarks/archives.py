"""Take a portfolio home as an archive, and bring it into an instance that has neither it nor its market.

Both through the services that the page and the command use, database included; CPU is the process's alone.

Run: ``make bench`` or ``python -m benchmarks.archives [SIZE …]``.
"""

from __future__ import annotations

import sys
import time
from typing import IO, Any

from benchmarks import ledgers
from benchmarks.ground import database
from benchmarks.valuation import store_ledger, store_prices

SIZES = (50_000,)


def main(sizes: list[int]) -> None:
    """Print a line per size."""
    prices = ledgers.closes()
    print(
        f"{'transactions':>12} {'file MB':>9} {'export s':>9} {'its CPU':>9} {'import s':>9} {'its CPU':>9}"
    )
    for size in sizes:
        with database():
            portfolio = store_ledger(ledgers.ledger(size, prices), store_prices(prices))
            started = time.perf_counter(), time.process_time()
            file = _exported(portfolio)
            taken = time.perf_counter(), time.process_time()
            _emptied()
            emptied = time.perf_counter(), time.process_time()
            _imported(file)
            done = time.perf_counter(), time.process_time()
            told = [file.seek(0, 2) / 1e6]
            for since, until in ((started, taken), (emptied, done)):
                told += [end - start for start, end in zip(since, until, strict=True)]
            print(f"{size:>12,}" + "".join(f" {one:>9.1f}" for one in told), flush=True)


def _exported(portfolio: Any) -> IO[bytes]:
    from core.actor import Actor
    from portfolios.services.archive import export_archive

    owner = portfolio.members.get().user
    return export_archive(actor=Actor.user(owner), owner=owner).file


def _emptied() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE portfolios_portfolio, market_instrument, market_fxrate CASCADE")


def _imported(file: IO[bytes]) -> None:
    from accounts.models import User
    from core.actor import Actor
    from portfolios.services.archive import import_archive, opened

    owner = User.objects.create_user("bench@example.org", "x")
    import_archive(actor=Actor.system("bench"), owner_id=owner.pk, bundle=opened(file))


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or list(SIZES))

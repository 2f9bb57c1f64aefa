"""The whole answer about ledgers of 1,000, 10,000 and 50,000 transactions, as pages and the API give it.

Through the selectors and services that pages and the API use, database included: the exact valuation
of the last day (positions, lots, cash), the value of each of ten years' days, TWR and XIRR, every sale
by FIFO with its tax years, and the table of risk figures.

- cold: nothing in this process's memory, everything comes from the database; the connection is open.
- warm: the next answer, while no revision has changed.
- moved: the answer after one quote has moved.
- added: one more transaction through the service that the form uses, and the whole answer again. At the
  end of the ledger, 30 days back, and on its second day.

Times are in milliseconds, ``best / median  (CPU of this process + of the database's)``. Beside them the
peers that are installed: what each took, and how many times our cold answer that is, CPU time against CPU
time.

Run: ``make bench`` or ``python -m benchmarks.valuation [--patient] [SIZE …]``; `--patient` runs the
peers too that take minutes.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from benchmarks import ledgers, peers
from benchmarks.ground import database, stopwatch

SIZES = (1_000, 10_000, 50_000)
PATIENT = "--patient"
ADDED = {
    "added": ledgers.END,
    "30 days back": ledgers.END - timedelta(days=30),
    "second day": ledgers.START + timedelta(days=1),
}


def main(sizes: list[int], *, patient: bool = False) -> None:
    """Print the lines of each size."""
    prices = ledgers.closes()
    with database():
        instruments = store_prices(prices)
        for size in sizes:
            rows = ledgers.ledger(size, prices)
            portfolio = store_ledger(rows, instruments)
            print(f"{size:,} transactions", flush=True)
            cold = _measure(portfolio, ledgers.KNOWN.get(size), instruments["SAA"])
            for one in peers.measured(rows, prices, patient=patient):
                _print_peer(one, cold)


def _measure(portfolio: Any, known: ledgers.Known | None, instrument: Any) -> float:
    """Print our own lines; answer the CPU time of the cold answer, the database's too, in milliseconds."""
    user = portfolio.members.get().user
    answer = partial(whole_answer, user, portfolio.pk, known)
    answer()
    cold = stopwatch(answer, before=forget, runs=7)
    _line("cold", cold)
    _line("warm", stopwatch(answer, runs=9))
    _line("moved", stopwatch(answer, before=partial(move_a_price, instrument), runs=7))
    _line("kept in memory", f"{_kept(answer) / 2**20:.1f} MiB")
    for name, day in ADDED.items():
        work = partial(_added, user, portfolio.pk, instrument, day)
        whole_answer(user, portfolio.pk)
        _line(name, stopwatch(work, runs=7))
    return cold.cpu + cold.database


def _line(name: str, value: object) -> None:
    print(f"  {name:<22} {value}", flush=True)


def _print_peer(found: peers.PeerTime | peers.Peer, cold: float) -> None:
    if isinstance(found, peers.Peer):
        _line(found.name, "not installed")
        return
    times = f"{found.wall:,.0f} ms, CPU {found.cpu:,.0f} ms"
    _line(found.peer.name, f"{times} = {found.cpu / cold:.1f} × our cold ({found.peer.gives})")


def whole_answer(user: Any, portfolio_id: Any, known: ledgers.Known | None = None) -> None:
    """Compute everything; compare it with what is known of the ledger."""
    from portfolios.domain.exact import ZERO, exact
    from portfolios.selectors import figures, portfolios, realised, risk, valuation
    from portfolios.selectors.ledger import load

    ledger = load(portfolios.get(user, portfolio_id))
    valued = valuation.at(ledger, ledgers.END)
    found = figures.performance(ledger, figures.inception(ledger, ledgers.END))
    sales = realised.report(ledger, ledgers.END)
    table = risk.of(ledger, found, risk.Terms(), None)
    assert found.money_weighted.value is not None
    assert found.time_weighted.value is not None
    assert table.figures["sharpe"].value is not None
    assert abs(float(valued.total) - found.series.value[-1]) <= 1e-9 * float(valued.total)
    if known is not None:
        with exact():
            gained = sum((year.gain for year in sales.years), ZERO)
        assert valued.total == known.total
        assert abs(gained - known.realised) < Decimal("1E-9")


def _added(user: Any, portfolio_id: Any, instrument: Any, day: date) -> None:
    from core.actor import Actor
    from portfolios.domain.entries import EntryKind
    from portfolios.services.inputs import TransactionInput
    from portfolios.services.transactions import add_transactions

    bought = TransactionInput(
        kind=EntryKind.BUY,
        time=datetime.combine(day, time(15), tzinfo=UTC),
        instrument=instrument,
        quantity=Decimal("0.125"),
        price=Decimal("99.99"),
        currency="USD",
        fee=Decimal("1.00"),
    )
    add_transactions(actor=Actor.user(user), portfolio_id=portfolio_id, inputs=[bought])
    whole_answer(user, portfolio_id)


def _kept(answer: Callable[[], object]) -> int:
    """Tell the bytes that an answer leaves in this process."""
    forget()
    gc.collect()
    tracemalloc.start()
    try:
        answer()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


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
    _settled()
    return instruments


def move_a_price(instrument: Any) -> None:
    """Let the price of an instrument move."""
    from core import clock
    from core.models import LIVE_WORLD
    from market.domain.quotes import NewQuote
    from market.services.quotes import record_quotes

    now = clock.now()
    price = Decimal(now.microsecond + 10_000) / 1000
    record_quotes(world_id=LIVE_WORLD, batch=[NewQuote(instrument.pk, price, now, "bench")], trusted=True)


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
    _settled()
    return portfolio


def _settled() -> None:
    """Do at once what autovacuum does within a minute of a large import, so that no run meets it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def forget() -> None:
    """Forget the ledgers that this process keeps."""
    from portfolios.selectors.ledger import memory

    memory.clear()


if __name__ == "__main__":
    asked = [text for text in sys.argv[1:] if text != PATIENT]
    main([int(text) for text in asked] or list(SIZES), patient=PATIENT in sys.argv)

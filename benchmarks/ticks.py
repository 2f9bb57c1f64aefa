r"""Compare `import_ticks` with psql's `\copy`, bars with bare SQL, and pages of many ticks with few.

    python -m benchmarks.ticks [--rows 5000000] [--rounds 1]

All in a database of its own, made for the run and dropped after it. `\copy` gets the rows as the table
wants them (ids, instants and numbers at one instant); `import_ticks` reads the file that a feed would
send, checks every line, looks its ticker up, and makes the bars of minutes and days. Daily bars of all
instruments are compared with the SQL that folds them of the ticks, and pages of the contract's endpoints
with those of a database that has 10,000 ticks. Exits 1 when one of the goals is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.ground import database, timed

IMPORT_GOAL = 0.6
OHLC_GOAL = 1.5
READ_GOAL = 2.0
PER_DAY = 10_000
FEW = 10_000
BARE = """
SELECT instrument_id, at::date, (array_agg(price ORDER BY at, seq))[1], max(price), min(price),
       (array_agg(price ORDER BY at DESC, seq DESC))[1], sum(quantity)
FROM market_tick GROUP BY 1, 2
"""
INSTRUMENTS = 100
COLUMNS = "world_id, instrument_id, at, seq, price, quantity, bid, bid_size, ask, ask_size, open_interest"


def main(rows: int = 5_000_000, rounds: int = 1) -> int:
    """Run all and print it."""
    with database(), tempfile.TemporaryDirectory() as folder:
        symbols = _instruments(INSTRUMENTS)
        few = _few(Path(folder), symbols)
        return max(_imports(Path(folder), symbols, rows, rounds), _ohlc(symbols), _reads(symbols, few))


def _few(folder: Path, symbols: dict[str, int]) -> dict[str, float]:
    """Time the pages on few ticks."""
    path = folder / "few.csv"
    _write(symbols, path, folder / "few.rows", FEW)
    _import(path)
    return _pages(symbols)


def _pages(symbols: dict[str, int]) -> dict[str, float]:
    """Time pages of tickers and of ticks, the first and one far back, in seconds."""
    from market.models import Instrument, TickDay
    from market.selectors import tickers

    one = Instrument.objects.get(pk=symbols["BENCH0"])
    far = sum(TickDay.objects.filter(instrument=one).values_list("count", flat=True)) - 100
    return {
        "100 tickers": timed(lambda: tickers.newest(tickers.tickers(None)[:100]), runs=9),
        "the newest 100 ticks": timed(lambda: tickers.ticks(one, skip=0, limit=100), runs=9),
        "the oldest 100 ticks": timed(lambda: tickers.ticks(one, skip=max(far, 0), limit=100), runs=9),
    }


def _reads(symbols: dict[str, int], few: dict[str, float]) -> int:
    worst = 0.0
    for name, seconds in _pages(symbols).items():
        ratio = seconds / few[name]
        worst = max(worst, ratio)
        print(f"{name}: {seconds * 1000:.1f} ms, with {FEW:,} ticks {few[name] * 1000:.1f} ms ({ratio:.1f})")
    return 0 if worst <= READ_GOAL else 1


def _ohlc(symbols: dict[str, int]) -> int:
    """Compare daily bars of all instruments with the bare SQL over the ticks."""
    from django.db import connection

    from market.domain.ticks import Interval
    from market.models import Instrument
    from market.selectors import ohlc

    rows = list(Instrument.objects.filter(pk__in=symbols.values()).select_related("exchange"))

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE)
            cursor.fetchall()

    sql = timed(bare, runs=3)
    ours = timed(lambda: [ohlc.bars(one, Interval.DAY, most=20_000) for one in rows], runs=3)
    print(f"daily bars: {ours * 1000:.0f} ms, bare SQL {sql * 1000:.0f} ms, ratio {ours / sql:.2f}")
    return 0 if ours <= OHLC_GOAL * sql else 1


def _imports(folder: Path, symbols: dict[str, int], rows: int, rounds: int) -> int:
    ours, theirs = folder / "ticks.csv", folder / "rows.csv"
    count = _write(symbols, ours, theirs, rows)
    print(f"{count:,} ticks of {len(symbols)} instruments, {ours.stat().st_size / 1e6:.0f} MB")
    copies, imports = [], []
    for _round in range(rounds):
        copies.append(_timed(lambda: _psql(theirs), count))
        imports.append(_timed(lambda: _import(ours), count))
        print(f"  \\copy {copies[-1]:.1f} s, import_ticks {imports[-1]:.1f} s")
    ratio = min(copies) / min(imports)
    print(f"\\copy {count / min(copies):,.0f} rows/s, import_ticks {count / min(imports):,.0f} rows/s")
    print(f"ratio {ratio:.2f} (goal: at least {IMPORT_GOAL})")
    started = time.perf_counter()
    _import(ours)
    print(f"the same file again (stores nothing): {time.perf_counter() - started:.1f} s")
    return 0 if ratio >= IMPORT_GOAL else 1


def _instruments(count: int) -> dict[str, int]:
    from market.models import Instrument

    Instrument.objects.bulk_create(
        Instrument(symbol=f"BENCH{n}", name=f"Bench {n}", currency="USD") for n in range(count)
    )
    return dict(Instrument.objects.filter(symbol__startswith="BENCH").values_list("symbol", "id"))


def _write(symbols: dict[str, int], ours: Path, theirs: Path, rows: int) -> int:
    """Write the same ticks as a feed would (by time) and as the table wants them."""
    random = np.random.default_rng(5)
    first, written = datetime(2024, 3, 4, 9, tzinfo=UTC), 0
    names = list(symbols)
    seconds = 7 * 3600
    with ours.open("w") as feed, theirs.open("w") as table:
        feed.write("ticker,date,time,ltp,ltq,buyprice,buyqty,sellprice,sellqty,openinterest\n")
        day = 0
        while written < rows:
            at = np.sort(random.integers(0, seconds * 1000, PER_DAY * len(names)))
            who = random.integers(0, len(names), at.size)
            price = 100 + random.normal(0, 1, at.size).cumsum() / 100
            size = random.integers(1, 900, (4, at.size))
            seen: dict[tuple[int, int], int] = {}
            start = first + timedelta(days=day)
            for milli, one, ltp, sizes in zip(
                at.tolist(), who.tolist(), price.tolist(), size.T.tolist(), strict=True
            ):
                if written == rows:
                    break
                stamp = start + timedelta(milliseconds=milli)
                seq = seen.get((milli, one), -1) + 1
                seen[milli, one] = seq
                name = names[one]
                values = (
                    f"{ltp:.2f},{sizes[0]},{ltp - 0.01:.2f},{sizes[1]},{ltp + 0.01:.2f},{sizes[2]},{sizes[3]}"
                )
                feed.write(f"{name},{stamp:%d/%m/%Y},{stamp:%H:%M:%S}.{milli % 1000:03d},{values}\n")
                table.write(f"1,{symbols[name]},{stamp.isoformat()},{seq},{values}\n")
                written += 1
            day += 1
    return written


def _timed(work: Callable[[], None], count: int) -> float:
    from django.db import connection

    from market.services.ticks import partitions

    partitions.make([datetime(2024, 3, 1, tzinfo=UTC)])
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE market_tick, market_minutebar, market_tickday, market_ticker, market_dailybar"
        )
        cursor.execute("CHECKPOINT")
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM market_tick")
        stored = cursor.fetchone()[0]
    if stored != count:
        raise SystemExit(f"{stored:,} ticks were stored instead of {count:,}")
    return seconds


def _import(path: Path) -> None:
    from core.actor import Actor
    from market.services.tick_import import TickOptions, import_ticks

    with path.open("rb") as file:
        import_ticks(actor=Actor.system("bench"), file=file, name=path.name, options=TickOptions())


def _psql(path: Path) -> None:
    from django.db import connection

    from core.embedded import binaries

    params = connection.get_connection_params()
    place = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    environment = {name: str(params[key]) for name, key in place.items() if params.get(key)}
    command = f"\\copy market_tick ({COLUMNS}) FROM '{path}' WITH (FORMAT csv)"
    subprocess.run(
        [binaries.find().psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", params["dbname"], "-c", command],
        env={**os.environ, **environment},
        check=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    sys.exit(main(options.rows, options.rounds))

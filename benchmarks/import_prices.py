r"""Compare `import_prices` with psql's `\copy` into the same table with its indexes.

    python benchmarks/import_prices.py [--rows 1040000] [--rounds 2]

Both store the same rows in a database of its own, which is made for the run and dropped after
it. `\copy` gets the rows as the table wants them (ids instead of symbols, nothing to check);
`import_prices` reads the file as a provider would send it, checks every row and looks its
symbol up. Exits 1 when the import is slower than half of `\copy`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
import numpy as np

GOAL = 0.5
PER_INSTRUMENT = 5200
COLUMNS = "world_id, instrument_id, date, open, high, low, close, volume, source"


def main() -> int:
    """Run both, say rows a second and the ratio."""
    options = _options()
    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _compare(Path(folder), options.rows, options.rounds)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_040_000)
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


def _compare(folder: Path, rows: int, rounds: int) -> int:
    symbols = _instruments(-(-rows // PER_INSTRUMENT))
    ours, theirs = folder / "prices.csv", folder / "rows.csv"
    count = _write(symbols, ours, theirs, rows)
    print(f"{count:,} rows of {len(symbols)} instruments, {ours.stat().st_size / 1e6:.0f} MB")
    peer, name = _peer()
    copies, imports = [], []
    for _round in range(rounds):
        copies.append(_timed(lambda: peer(theirs), count))
        imports.append(_timed(lambda: _import(ours), count))
        print(f"  {name} {copies[-1]:.2f} s, import_prices {imports[-1]:.2f} s")
    copied, imported = statistics.median(copies), statistics.median(imports)
    again = time.perf_counter()
    _import(ours)
    print(f"{name}: {count / copied:,.0f} rows/s")
    print(f"import_prices: {count / imported:,.0f} rows/s")
    print(f"the same file again (nothing changes): {time.perf_counter() - again:.2f} s")
    ratio = copied / imported
    print(f"ratio {ratio:.2f} (goal: at least {GOAL})")
    return 0 if ratio >= GOAL else 1


def _instruments(count: int) -> dict[str, int]:
    from market.models import Instrument

    Instrument.objects.bulk_create(
        Instrument(symbol=f"BENCH{n}", name=f"Bench {n}", currency="USD") for n in range(count)
    )
    return dict(Instrument.objects.filter(symbol__startswith="BENCH").values_list("symbol", "id"))


def _write(symbols: dict[str, int], ours: Path, theirs: Path, rows: int) -> int:
    """Write the same rows as a provider would and as the table wants them."""
    first = date(2005, 1, 1)
    days = [(first + timedelta(days=n)).isoformat() for n in range(PER_INSTRUMENT)]
    random = np.random.default_rng(5)
    written = 0
    with ours.open("w") as provider, theirs.open("w") as table:
        provider.write("symbol,date,open,high,low,close,volume\n")
        for symbol, instrument in symbols.items():
            close = 50 * np.exp(np.cumsum(random.normal(0, 0.01, PER_INSTRUMENT)))
            low, high = close * 0.99, close * 1.01
            volume = random.integers(1000, 9_000_000, PER_INSTRUMENT)
            columns = zip(days, close, high, low, volume, strict=True)
            for day, at, top, bottom, traded in columns:
                if written == rows:
                    return written
                values = f"{at:.2f},{top:.2f},{bottom:.2f},{at:.2f},{traded}"
                provider.write(f"{symbol},{day},{values}\n")
                table.write(f"1,{instrument},{day},{values},import\n")
                written += 1
    return written


def _timed(work: Callable[[], None], count: int) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE market_dailybar")
        cursor.execute("CHECKPOINT")
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM market_dailybar")
        stored = cursor.fetchone()[0]
    if stored != count:
        raise SystemExit(f"{stored:,} rows were stored instead of {count:,}")
    return seconds


def _import(path: Path) -> None:
    from core.actor import Actor
    from market.services.price_import import Options, import_prices

    with path.open("rb") as file:
        import_prices(actor=Actor.system("bench"), file=file, name=path.name, options=Options())


def _peer() -> tuple[Callable[[Path], None], str]:
    """Choose psql from the PATH or the wheel; without one, the same COPY over psycopg."""
    program = shutil.which("psql") or _psql_of_the_wheel()
    if program:
        return lambda path: _psql(program, path), "psql \\copy"
    print("no psql here: the peer is the same COPY sent by psycopg")
    return _psycopg, "psycopg COPY"


def _psql_of_the_wheel() -> str | None:
    from core.embedded import binaries
    from core.embedded.errors import NoBinaries

    try:
        return str(binaries.find().psql)
    except NoBinaries:
        return None


def _psql(program: str, path: Path) -> None:
    from django.db import connection

    params = connection.get_connection_params()
    place = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    environment = {name: str(params[key]) for name, key in place.items() if params.get(key)}
    command = f"\\copy market_dailybar ({COLUMNS}) FROM '{path}' WITH (FORMAT csv)"
    subprocess.run(
        [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", params["dbname"], "-c", command],
        env={**os.environ, **environment},
        check=True,
    )


def _psycopg(path: Path) -> None:
    from django.db import connection, transaction

    statement = f"COPY market_dailybar ({COLUMNS}) FROM STDIN WITH (FORMAT csv)"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())

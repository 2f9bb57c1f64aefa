"""What other programs for the same ledgers take, where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from benchmarks import ledgers

JOURNAL, BEANCOUNT = "main.journal", "main.beancount"
HOLDINGS = (
    "SELECT account, units(sum(position)) AS units, cost(sum(position)) AS cost, "
    "value(sum(position)) AS value WHERE account ~ 'Assets:Broker' GROUP BY account"
)
ROI = ["hledger", "-f", JOURNAL, "roi", "--inv", "assets:broker", "--pnl", "income|expenses"]
ROI += ["--value=then,USD", "-e", "2025-01-01", "-Y", "-b"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A command and what of our answer it gives; it runs on ledgers up to `most`, or `patiently` so far."""

    name: str
    gives: str
    command: list[str]
    most: int
    patiently: int


PEERS = [
    Peer("ledger -V balance", "one value of one day",
         ["ledger", "-f", JOURNAL, "-V", "balance", "assets:broker"], 50_000, 50_000),
    Peer("hledger balance -V", "one value of one day",
         ["hledger", "-f", JOURNAL, "balance", "assets:broker", "-V", "-e", "2025-01-01"], 50_000, 50_000),
    Peer("bean-query holdings", "lots by FIFO, one value of one day",
         ["bean-query", BEANCOUNT, HOLDINGS], 50_000, 50_000),
    Peer("hledger roi, 2024", "TWR and IRR of one year", [*ROI, "2024-01-01"], 1_000, 10_000),
    Peer("hledger roi -Y", "TWR and IRR of ten years", [*ROI, "2015-01-01"], 0, 1_000),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeerTime:
    """What a peer took once, in milliseconds: by the clock, and of CPU on all cores."""

    peer: Peer
    wall: float
    cpu: float


def measured(
    rows: list[ledgers.Row], prices: dict[str, dict[date, Decimal]], *, patient: bool
) -> Iterator[PeerTime | Peer]:
    """Run each peer once on a ledger; one that is not installed comes back as it is.

    With `patient` those too that take minutes.
    """
    with tempfile.TemporaryDirectory() as folder:
        ledgers.write_journal(rows, prices, Path(folder))
        ledgers.write_beancount(rows, prices, Path(folder))
        for peer in PEERS:
            if len(rows) > (peer.patiently if patient else peer.most):
                continue
            yield _time(peer, folder) if shutil.which(peer.command[0]) else peer


def _time(peer: Peer, folder: str) -> PeerTime:
    # beancount would keep what it has read: the next run would measure another thing
    environment = os.environ | {"BEANCOUNT_DISABLE_LOAD_CACHE": "1"}
    before, started = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(peer.command, cwd=folder, env=environment, check=True, capture_output=True)
    wall, after = time.perf_counter() - started, getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return PeerTime(peer, wall * 1000, cpu * 1000)

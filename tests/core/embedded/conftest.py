"""Private databases to play with, each in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.embedded.cluster import Cluster
from tests.support.ground import PROJECT

HOLD = """
import sys
from pathlib import Path
from core.embedded.cluster import Cluster
cluster = Cluster(Path(sys.argv[1]), durable=False)
print(cluster.attach(), flush=True)
sys.stdin.read()
cluster.release()
"""


class Holder:
    """Another process that holds the database until it is told to leave or is killed."""

    def __init__(self, root: Path, *, prelude: str = "") -> None:
        """Start it; `prelude` is Python to run first."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", prelude + HOLD, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )

    def socket(self) -> str:
        """Wait until it holds the database and return the folder of the socket."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """Kill it without a chance to clean up."""
        self.process.kill()
        self.process.communicate()

    def leave(self) -> tuple[str, str]:
        """Let it leave and return what it printed."""
        return self.process.communicate("", timeout=60)


@pytest.fixture
def place(run_root: Path) -> Iterator[Path]:
    """Return an empty folder that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="place-", dir=run_root))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cluster(place: Path) -> Iterator[Cluster]:
    """Return this process's hold on a database of its own; nothing is started yet."""
    made = Cluster(place / "postgres", durable=False)
    yield made
    made.release()


@pytest.fixture(scope="module")
def finished(run_root: Path) -> Iterator[Path]:
    """Make a database once for all tests of a module that need one that was made before."""
    folder = Path(tempfile.mkdtemp(prefix="finished-", dir=run_root))
    folder.chmod(0o755)
    made = Cluster(folder / "postgres", durable=False)
    made.attach()
    made.release()
    yield folder / "postgres"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def made(finished: Path, place: Path) -> Iterator[Cluster]:
    """Return this process's hold on a database of its own that has been started and stopped before."""
    subprocess.run(["cp", "-a", str(finished), str(place / "postgres")], check=True)
    again = Cluster(place / "postgres", durable=False)
    yield again
    again.release()


@pytest.fixture
def hold() -> Iterator[Callable[..., Holder]]:
    """Return a function that starts other holders; they are killed at the end."""
    holders: list[Holder] = []

    def start(root: Path, *, prelude: str = "") -> Holder:
        holders.append(Holder(root, prelude=prelude))
        return holders[-1]

    yield start
    for holder in holders:
        if holder.process.poll() is None:
            holder.kill()

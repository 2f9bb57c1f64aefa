"""The throw-away PostgreSQL of one test run, shared by its parallel workers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from core.embedded.cluster import Cluster

PROJECT = Path(__file__).resolve().parents[2]
RUNS = PROJECT / "var" / "tests"


class Ground:
    """A folder for this run, with the database in it."""

    def __init__(self) -> None:
        """Clear what killed runs left, and start the database before the workers need it."""
        clear_left_overs()
        self.root = RUNS / str(os.getpid())
        self.root.mkdir(parents=True)
        self.cluster = Cluster(self.root / "postgres", durable=False)
        os.environ["EMBEDDED_POSTGRES_DIR"] = str(self.cluster.home.root)
        os.environ["EMBEDDED_POSTGRES_FSYNC"] = "off"
        os.environ["FLORIN_TEST_ROOT"] = str(self.root)
        self.cluster.attach()

    def close(self) -> None:
        """Stop the database and remove it."""
        self.cluster.release()
        shutil.rmtree(self.root, ignore_errors=True)


def clear_left_overs() -> None:
    """Remove the folders of runs that were killed."""
    for folder in RUNS.glob("*"):
        if folder.name.isdigit() and not alive(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)


def alive(pid: int) -> bool:
    """Say whether a process with this id runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def test_root() -> Path:
    """Return this run's folder, which every user of the machine may enter."""
    return Path(os.environ["FLORIN_TEST_ROOT"])

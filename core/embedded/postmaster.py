"""What PostgreSQL's server process tells about itself, and what it is told."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from core.embedded.errors import DiskFull, EmbeddedDatabaseError, ServerFailed, StillBusy
from core.embedded.home import Home, disk_full

STOP_SECONDS = 30.0
# No TCP port: the number in the socket's name.
PORT = 5432
LAST_WORDS_BYTES = 4000
STATUS_LINE = 8


def settings(*, durable: bool) -> tuple[str, ...]:
    """Return the server's settings; without `durable` a power cut may lose the data, for tests."""
    common = (
        "listen_addresses=",
        f"port={PORT}",
        "unix_socket_permissions=0700",
        "max_connections=200",
        "shared_buffers=128MB",
        "wal_level=minimal",
        "max_wal_senders=0",
        "timezone=UTC",
        "log_timezone=UTC",
        "lc_messages=C",
        "logging_collector=off",
        "log_destination=stderr",
    )
    hurried = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum_naptime=10min")
    return common if durable else common + hurried


def is_ready(home: Home, pid: int) -> bool:
    """Say whether the server `pid` takes connections (the last line of its pid file says so)."""
    lines = _pid_file(home)
    return (
        len(lines) >= STATUS_LINE
        and lines[0].strip() == str(pid)
        and lines[STATUS_LINE - 1].strip() == "ready"
    )


def _pid_file(home: Home) -> list[str]:
    try:
        return (home.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def stop_left_over(home: Home) -> None:
    """Clear what a server without a keeper left: the server itself, or only its pid file.

    PostgreSQL refuses to start while the process id in that file is alive, although after
    a restart of the machine or container it is often some other program's.

    Raises:
        StillBusy: the old server does not stop.
    """
    lines = _pid_file(home)
    if not lines or not lines[0].strip().isdigit():
        return
    pid = int(lines[0])
    if not _alive(pid):
        return
    if not _is_our_server(pid, home):
        (home.data / "postmaster.pid").unlink(missing_ok=True)
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while _alive(pid):
        if time.monotonic() >= deadline:
            raise StillBusy(f"An older PostgreSQL (process {pid}) still uses {home.data}. End it: kill {pid}")
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_our_server(pid: int, home: Home) -> bool:
    """Say whether the process is a PostgreSQL that was started on these data."""
    command = ""
    with contextlib.suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    if not command and not Path("/proc/self").exists():
        listing = subprocess.run(  # noqa: S603 - fixed program, a number
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        command = listing.stdout
    return "postgres" in command and str(home.data) in command


def last_words(home: Home, start: int) -> str:
    """Return what the log says since byte `start`, at most its last part."""
    with contextlib.suppress(OSError), home.log.open("rb") as log:
        log.seek(max(start, home.log.stat().st_size - LAST_WORDS_BYTES))
        return log.read().decode(errors="replace").strip()
    return ""


def failure(home: Home, words: str) -> EmbeddedDatabaseError:
    """Turn a server's last words into the error that says what to do."""
    if "No space left on device" in words or "Disk quota exceeded" in words:
        return DiskFull(disk_full(home.root))
    telling = [
        line for line in words.splitlines() if "FATAL" in line or "PANIC" in line or "could not" in line
    ]
    reason = (telling or words.splitlines() or ["it said nothing"])[-1]
    return ServerFailed(
        f"The private PostgreSQL ended instead of starting: {reason.strip()}. Its log is {home.log}. "
        f"If its data are beyond repair, move {home.root} away: the next start makes an empty database."
    )

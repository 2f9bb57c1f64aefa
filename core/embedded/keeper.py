"""The keeper: a small process that owns one PostgreSQL server as long as somebody uses it.

The first process that needs the database starts the keeper, in a session of its own so
that Ctrl-C does not reach it. The keeper starts PostgreSQL, reports through its standard
output, and then watches two things: the server it is the parent of, and the lease, a file
lock that every process using the database shares. When the keeper gets that lock alone,
nobody is left, however they left, and it stops the server. If the keeper itself is killed,
Linux stops the server for it (`die_with_parent`); elsewhere the next keeper does.

It runs on the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from core.embedded import initialise, postmaster
from core.embedded.errors import EmbeddedDatabaseError, PathUnusable, ServerFailed, StillBusy
from core.embedded.home import FileLock, Home, refusal
from core.embedded.privileges import account_for, die_with_parent, drop

WATCH_SECONDS = 0.5
READY_SECONDS = 300.0
FAST_STOP_SECONDS = 30.0
ABORT_SECONDS = 10.0
SOCKET_PATH_LIMIT = 100
SHARED_MEMORY_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the starting process asks of the keeper."""

    root: str
    binaries: str
    major: int
    durable: bool

    def encode(self) -> str:
        """Return the order as one command-line argument."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens: the folder of its socket, and the keeper's process id."""

    socket: str
    keeper: int

    def encode(self) -> str:
        """Return the address as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Address | None:
        """Read an address; None while there is none."""
        return cls(**json.loads(text)) if text else None


def main() -> None:
    """Detach from the process that asked, keep the server, and end when nobody uses it."""
    order = Order(**json.loads(sys.argv[1]))
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    os.chdir("/")
    try:
        Keeper(order).run()
    except EmbeddedDatabaseError as error:
        _report({"code": error.code, "detail": error.detail})
    except OSError as error:
        failure = refusal(error, Path(order.root))
        _report({"code": failure.code, "detail": failure.detail})


def _report(message: dict[str, str]) -> None:
    """Write one line to the process that waits for the start, if it still does."""
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(message).encode() + b"\n")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.close(silent)


class Keeper:
    """One server, from its start to its stop."""

    def __init__(self, order: Order) -> None:
        """Take the order; nothing is started yet."""
        self.home = Home(Path(order.root))
        self.binaries = Path(order.binaries)
        self.major = order.major
        self.durable = order.durable
        self._wake, wake_write = os.pipe()
        for end in (self._wake, wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_write)
        self._stopping = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True

    def run(self) -> None:
        """Start the server, keep it while somebody holds the lease, stop it.

        Raises:
            EmbeddedDatabaseError: it did not start.
        """
        self.lock, self.lease = FileLock(self.home.keeper), FileLock(self.home.lease)
        if not self.lock.exclusive(ABORT_SECONDS):
            raise StillBusy(f"Another process keeps the database in {self.home.root}. Try again in a moment.")
        self.lock.write("")
        drop(account_for(self.home.data), [self.binaries / "postgres", self.home.data / "PG_VERSION"])
        postmaster.stop_left_over(self.home)
        initialise.ensure(self.home, self.binaries, self.major, durable=self.durable)
        socket = _socket_folder()
        try:
            server = self._start(socket)
            try:
                self.lock.write(Address(str(socket), os.getpid()).encode())
                _report({"code": "", "detail": ""})
                self._watch(server)
            finally:
                self.lock.write("")
                _stop(server)
        finally:
            shutil.rmtree(socket, ignore_errors=True)

    def _start(self, socket: Path) -> subprocess.Popen[bytes]:
        """Start the server and wait until it takes connections.

        A server that was killed leaves helpers which hold its shared memory for a moment;
        PostgreSQL refuses to start until they are gone, so that is tried again.
        """
        deadline = time.monotonic() + SHARED_MEMORY_SECONDS
        while True:
            before = self.home.log.stat().st_size if self.home.log.exists() else 0
            server = self._spawn(socket)
            if self._ready(server):
                return server
            words = postmaster.last_words(self.home, before)
            if "shared memory block" not in words or time.monotonic() >= deadline or self._stopping:
                raise postmaster.failure(self.home, words)
            time.sleep(0.2)

    def _spawn(self, socket: Path) -> subprocess.Popen[bytes]:
        command = [str(self.binaries / "postgres"), "-D", str(self.home.data), "-k", str(socket)]
        for setting in postmaster.settings(durable=self.durable):
            command += ["-c", setting]
        return subprocess.Popen(  # noqa: S603 - our own binary, arguments as a list
            command,
            stdin=subprocess.DEVNULL,
            stdout=2,
            cwd="/",
            preexec_fn=lambda: die_with_parent(signal.SIGINT),  # noqa: PLW1509 - this process has one thread
        )

    def _ready(self, server: subprocess.Popen[bytes]) -> bool:
        """Wait until the server says it is ready; say False when it ended instead."""
        deadline = time.monotonic() + READY_SECONDS
        while server.poll() is None:
            if postmaster.is_ready(self.home, server.pid):
                return True
            if self._stopping or time.monotonic() >= deadline:
                _stop(server)
                raise ServerFailed(
                    f"PostgreSQL was not ready after {READY_SECONDS:.0f} seconds; see {self.home.log}."
                )
            time.sleep(0.01)
        return False

    def _watch(self, server: subprocess.Popen[bytes]) -> None:
        """Return when the server ended, when asked to stop, or when nobody holds the lease."""
        while not self._stopping and server.poll() is None:
            if self.lease.exclusive():
                return
            select.select([self._wake], [], [], WATCH_SECONDS)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 512)


def _socket_folder() -> Path:
    """Make a private folder whose path is short enough for a socket's name.

    Raises:
        PathUnusable: there is no such place.
    """
    for parent in (tempfile.gettempdir(), "/tmp", "/dev/shm", "/var/tmp"):  # noqa: S108 - mkdtemp makes it private
        if len(os.fsencode(parent)) + len("/florin-12345678/.s.PGSQL.5432.lock") > SOCKET_PATH_LIMIT:
            continue
        with contextlib.suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="florin-", dir=parent))
    raise PathUnusable(
        "There is no temporary folder for the database's socket: TMPDIR and /tmp cannot be written, "
        "or their paths are too long. Set TMPDIR to a short path that you may write to."
    )


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server: kindly, then firmly, then at once."""
    for number, seconds in (
        (signal.SIGINT, FAST_STOP_SECONDS),
        (signal.SIGQUIT, ABORT_SECONDS),
        (signal.SIGKILL, ABORT_SECONDS),
    ):
        if server.poll() is not None:
            return
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)


if __name__ == "__main__":
    main()

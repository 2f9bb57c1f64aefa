"""bootstrap.py, copied to a folder of its own with packages that are quick to install: none."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ground import PROJECT

MANAGE = "import os, sys; print('ran', *sys.argv[1:], sys.prefix, os.environ.get('DATABASE_URL', ''))\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project's folder"
    (folder / "requirements").mkdir(parents=True)
    shutil.copy(PROJECT / "bootstrap.py", folder)
    for kind in ("run", "dev"):
        (folder / "requirements" / f"{kind}.txt").write_text("")
    (folder / "manage.py").write_text(MANAGE)
    return folder


def bootstrap(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # Without uv, which would hide what venv and pip do.
    plain = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [sys.executable, "bootstrap.py", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**plain, **variables},
        timeout=180,
    )


def test_syntax_is_what_an_old_python_reads():
    ast.parse((PROJECT / "bootstrap.py").read_text(), feature_version=(3, 5))


def test_first_run_makes_the_environment_and_the_second_does_not(project):
    first = bootstrap(project, "run")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines()[-1] == f"ran run {project / '.venv'} "
    made = (project / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    second = bootstrap(project, "run")
    assert second.stdout.splitlines() == [f"ran run {project / '.venv'} "]
    assert (project / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made


def test_changed_requirements_are_installed(project):
    bootstrap(project, "run")
    (project / "requirements" / "run.txt").write_text("# changed\n")
    assert "Installing the packages" in bootstrap(project, "run").stdout


def test_broken_environment_is_made_anew(project):
    bootstrap(project, "run")
    (project / ".venv" / "bin" / "python").unlink()
    (project / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert bootstrap(project, "run").stdout.splitlines()[-1].startswith("ran run")


def test_run_keeps_the_database_url_and_dev_sets_it_aside(project):
    url = "postgres://somewhere/production"
    assert bootstrap(project, "run", DATABASE_URL=url).stdout.splitlines()[-1].endswith(f" {url}")
    assert bootstrap(project, "dev", "manage.py", DATABASE_URL=url).stdout.splitlines()[-1].endswith(".venv ")


@pytest.mark.parametrize("port", ["abc", "65536", "-1", "80 80"])
def test_port_that_is_none_is_a_sentence_before_anything_is_made(project, port):
    done = bootstrap(project, "run", PORT=port)
    assert done.returncode == 1
    assert done.stderr == f'PORT is "{port}": give a number from 1 to 65535, as in make run PORT=8001\n'
    assert not (project / ".venv").exists()


def test_old_python_is_a_sentence(project):
    program = "import bootstrap; bootstrap.NEEDED = (9, 9); bootstrap.NEWER = (); bootstrap.main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "run"], check=False, capture_output=True, text=True, cwd=project
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Florin needs Python 9.9 or newer; this is Python 3.")


def test_python_without_ensurepip_is_a_sentence(project):
    (project / "ensurepip.py").write_text("raise ImportError('no ensurepip', name='ensurepip')\n")
    done = bootstrap(project, "run", PYTHONPATH=str(project))
    assert done.returncode == 1
    assert "has no ensurepip" in done.stderr
    assert "-venv; or install uv" in done.stderr


def test_platform_without_a_wheel_is_a_sentence(project):
    program = "import bootstrap, os; os.confstr = lambda name: None; bootstrap.main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "run"],
        check=False,
        capture_output=True,
        text=True,
        cwd=project,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1
    assert "There is no private PostgreSQL for this platform" in done.stderr
    assert "DATABASE_URL=" in done.stderr


def test_package_that_does_not_exist_ends_with_a_sentence(project):
    (project / "requirements" / "run.txt").write_text("./nowhere\n")
    done = bootstrap(project, "run")
    assert done.returncode == 1
    assert "The packages could not be installed." in done.stderr
    assert "nowhere" in done.stderr

"""Files served out of packages: only those, and only the pinned build."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from core import assets, checks
from core.assets import WHEEL_FILES, WheelFinder, path_of

NAME = "vendor/lightweight-charts.js"


@pytest.fixture(autouse=True)
def _fresh():
    path_of.cache_clear()
    yield
    path_of.cache_clear()


def test_pinned_file_is_found_and_has_its_hash():
    found = finders.find(NAME)
    assert hashlib.sha256(Path(found).read_bytes()).hexdigest() == WHEEL_FILES[NAME].sha256


def test_pinned_file_is_served(client):
    response = client.get(f"/static/{NAME}")
    assert response.status_code == 200
    assert hashlib.sha256(b"".join(response)).hexdigest() == WHEEL_FILES[NAME].sha256


def test_checks_pass_with_the_pinned_builds():
    assert checks.wheel_files_are_the_pinned_builds() == []


@pytest.mark.parametrize(
    "change", [{"sha256": "0" * 64}, {"path": "js/no-such-file.js"}, {"package": "no_such_package"}]
)
def test_other_build_is_a_failed_check_and_is_not_served(monkeypatch, change):
    other = dataclasses.replace(WHEEL_FILES[NAME], **change)
    monkeypatch.setattr(assets, "WHEEL_FILES", {NAME: other})
    monkeypatch.setattr(checks, "WHEEL_FILES", {NAME: other})
    (found,) = checks.wheel_files_are_the_pinned_builds()
    assert (found.id, found.is_serious()) == ("core.E001", True)
    assert WheelFinder().find(NAME) == []
    assert WheelFinder().find(NAME, find_all=True) == []
    assert list(WheelFinder().list([])) == []


@pytest.mark.parametrize(
    "path", ["vendor/__init__.py", "__init__.py", "../litecharts/__init__.py", "vendor/"]
)
def test_nothing_else_of_the_package_is_served(client, path):
    assert WheelFinder().find(path) == []
    assert finders.find(path.removeprefix("../")) is None
    assert client.get(f"/static/{path}").status_code == 404


def test_collectstatic_can_open_each_file():
    ((name, storage),) = list(WheelFinder().list([]))
    with storage.open(name) as opened:
        assert hashlib.sha256(opened.read()).hexdigest() == WHEEL_FILES[name].sha256

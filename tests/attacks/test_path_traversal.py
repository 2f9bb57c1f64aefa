"""No address leads to a file outside the folder of static files, and uploads are served from nowhere."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from tests.attacks.server import Server
from tests.support.ground import PROJECT

UPS = [
    "../manage.py",
    "../../manage.py",
    "..%2fmanage.py",
    "%2e%2e/manage.py",
    "%2e%2e%2fmanage.py",
    "%252e%252e%252fmanage.py",
    "..%5cmanage.py",
    "..\\manage.py",
    "....//manage.py",
    "..;/manage.py",
    ".%00./manage.py",
    "css/../../manage.py",
    "css/%2e%2e/%2e%2e/manage.py",
    "%c0%ae%c0%ae/manage.py",
    "..%c0%afmanage.py",
    "/manage.py",
    "//etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd",
    "css/tokens.css/../../../manage.py",
    "../var/secret-key",
    "..%2fvar%2fsecret-key",
    "../config/settings/__init__.py",
    "../.git/config",
]
ROOTS = ["/static/", "/media/", "/", "/accounts/", "/api/"]


@pytest.fixture(scope="module")
def server(run_root: Path) -> Iterator[Server]:
    """The real server with collected files: WhiteNoise looks them up as it does in production."""
    folder = Path(tempfile.mkdtemp(prefix="paths-", dir=run_root))
    started = Server(folder)
    yield started
    started.close()
    shutil.rmtree(folder, ignore_errors=True)


def get(server: Server, path: str) -> tuple[int, bytes]:
    """Ask for an address as it stands: a client library would tidy it first."""
    answer = server.say(
        b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    first, _, body = answer.partition(b"\r\n\r\n")
    return int(first.split(b" ", 2)[1]), body


def secrets() -> list[bytes]:
    found = [b"DJANGO_SETTINGS_MODULE", b"root:x:", b"INSTALLED_APPS", b"[core]"]
    key = PROJECT / "var" / "secret-key"
    return [*found, key.read_bytes()[:20]] if key.exists() else found


def test_file_that_is_there_is_served(server):
    status, body = get(server, "/static/css/tokens.css")
    assert status == 200
    assert b"--" in body


@pytest.mark.parametrize("root", ROOTS)
def test_nothing_outside_is_served(server, root):
    for up in UPS:
        status, body = get(server, root + up)
        assert status in {301, 302, 400, 404}, up
        assert not any(one in body for one in secrets()), up


def test_folders_are_not_listed_and_dot_files_not_served(server):
    for path in (
        "/static/",
        "/static/css/",
        "/static/css",
        "/media/",
        "/.git/config",
        "/.env",
        "/static/.env",
    ):
        assert get(server, path)[0] == 404, path


def test_link_out_of_the_folder_is_not_followed(server, run_root):
    """Files are listed when the server starts: what somebody puts there later is not served."""
    folder = next(run_root.glob("paths-*")) / "static"
    secret = run_root / "secret.txt"
    secret.write_text("outside")
    (folder / "link.txt").symlink_to(secret)
    status, body = get(server, "/static/link.txt")
    assert status == 404
    assert b"outside" not in body


def test_nothing_stores_an_upload_under_a_name_of_the_visitor():
    """No model keeps a file, so that there is no address under which an upload could come back."""
    from django.apps import apps
    from django.db.models import FileField

    kept = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, FileField)
    ]
    assert kept == []
    assert not hasattr(django_settings, "SERVE_MEDIA")

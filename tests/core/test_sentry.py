"""What leaves for Sentry: the error and where it was; nothing of who asked or what they sent."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.ground import PROJECT

REPORT = """
import django, os; django.setup()
from django.conf import settings
from django.test import Client
import sentry_sdk
settings.ROOT_URLCONF = "tests.core.sample_urls"
client = Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.77")
client.cookies["visit"] = "s3ss10nsecretsecretsecret12345678"
answer = client.post(
    "/api/test/secretive?token=t0kens3cret",
    {"password": "passw0rds3cret", "email": "ada@example.org"},
    content_type="application/json",
    headers={"Authorization": "Bearer b3arers3cret", "X-Request-Id": "the-request-1", "User-Agent": "ag3nt"},
)
print(answer.status_code)
sentry_sdk.flush(10)
"""
SECRETS = (
    *("s3cret", "s3ss10n", "ada@example.org"),
    *("203.0.113.77", "ag3nt", "passw0rd", "b3arer"),
)


class Sentry:
    """A server that takes reports as Sentry does."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        taken = self.taken

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taken.append(
                    gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                )
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.dsn = f"http://publickey@127.0.0.1:{self.server.server_port}/1"

    def events(self) -> list[dict[str, Any]]:
        lines = [line for one in self.taken for line in one.decode().splitlines() if line]
        return [event for line in lines if "exception" in (event := json.loads(line))]


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    started = Sentry()
    yield started
    started.server.shutdown()
    started.server.server_close()


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ALLOWED_HOSTS": "testserver",
            **variables,
        },
        timeout=60,
    )


def test_report_says_what_failed_and_nothing_of_who_asked(sentry):
    done = run(REPORT, SENTRY_DSN=sentry.dsn, SERVICE_VERSION="9.1")
    assert done.stdout == "500\n", done.stderr
    (event,) = sentry.events()
    failure = event["exception"]["values"][-1]
    assert failure["type"] == "RuntimeError"
    assert failure["value"].startswith("the mail to [removed] failed")
    assert failure["stacktrace"]["frames"][-1]["function"] == "fail_with_secrets"
    assert (event["release"], event["environment"]) == ("9.1", "development")
    assert event["tags"]["request_id"] == "the-request-1"
    assert event["request"].keys() <= {"method"}
    sent = b"".join(sentry.taken).decode()
    assert [one for one in SECRETS if one in sent] == []


def test_nothing_is_sent_without_an_address(sentry):
    assert run(REPORT).stdout == "500\n"
    assert sentry.taken == []


@pytest.mark.parametrize("dsn", ["nonsense", "https://sentry.example.org/1"])
def test_address_that_is_none_is_a_sentence(dsn):
    done = run("import django; django.setup()", SENTRY_DSN=dsn)
    assert done.returncode == 1
    assert "ImproperlyConfigured: SENTRY_DSN is no address of Sentry" in done.stderr.splitlines()[-1]


def test_missing_package_is_a_sentence():
    code = "import sys; sys.modules['sentry_sdk'] = None\nimport django; django.setup()"
    done = run(code, SENTRY_DSN="https://k@sentry.example.org/1")
    assert "install the extra “sentry”" in done.stderr.splitlines()[-1]

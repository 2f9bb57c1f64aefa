"""What production settings insist on, and what its logs say; each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.ground import PROJECT

COMPLETE = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "for-tests-only-" * 4,
    "DATABASE_URL": "postgresql://florin@db.example.org/florin",
    "REDIS_URL": "redis://redis.example.org:6379/0",
    "EMAIL_URL": "smtp+tls://florin:secret@mail.example.org:587",
    "FIELD_ENCRYPTION_KEYS": "Zm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLW9ubHktMTI=",
    "ALLOWED_HOSTS": "florin.example.org",
}
WARN = "import logging, django; django.setup(); logging.getLogger('core.x').warning('full %s', 'moon')"


def run(code: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    plain = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**plain, **variables},
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("SECRET_KEY", "Set SECRET_KEY to a long random text; production does not make one up."),
        (
            "DATABASE_URL",
            "Production needs DATABASE_URL and REDIS_URL; the embedded parts are for one machine.",
        ),
        ("REDIS_URL", "Production needs DATABASE_URL and REDIS_URL; the embedded parts are for one machine."),
        ("EMAIL_URL", "Production needs EMAIL_URL, for links that prove addresses and new passwords."),
    ],
)
def test_production_without_a_server_or_key_is_refused(name, sentence):
    variables = {other: value for other, value in COMPLETE.items() if other != name}
    last_line = run("import config.settings", variables).stderr.splitlines()[-1]
    assert last_line == f"django.core.exceptions.ImproperlyConfigured: {sentence}"


def test_production_with_a_sign_in_provider_without_https_is_refused():
    oidc = {"OIDC_SERVER_URL": "http://id.example.org", "OIDC_CLIENT_ID": "florin"}
    last_line = run("import config.settings", {**COMPLETE, **oidc}).stderr.splitlines()[-1]
    assert last_line.endswith("OIDC_SERVER_URL must be https: what it answers says who people are.")
    done = run("import config.settings", {**COMPLETE, **oidc, "OIDC_SERVER_URL": "https://id.example.org"})
    assert (done.returncode, done.stderr) == (0, "")


def test_production_logs_name_the_service_and_its_version():
    done = run(WARN, {**COMPLETE, "SERVICE_NAME": "wallet", "SERVICE_VERSION": "9.1"})
    line = json.loads(done.stderr)
    assert line.pop("timestamp")
    assert line == {
        "event": "full moon",
        "logger": "core.x",
        "level": "warning",
        "service": "wallet",
        "version": "9.1",
    }

"""Cases of error codes that come of the platform: what is too large or too much, and what it depends on."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from core import hashing
from core.embedded import binaries, cluster, initialise, postmaster, privileges
from core.embedded.cluster import Cluster
from core.embedded.home import FileLock, Home
from tests.api.error_ground import Ground, produces
from tests.api.routes import RATE
from tests.support.redis_server import free_port

KEY = "Zm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLW9ubHktMTI="


@produces("too-large")
def _(at: Ground) -> Any:
    at.settings.UPLOAD_LIMIT_BYTES = 100
    return at.send("post", "/api/v1/rates", [RATE] * 20)


@produces("import-too-large")
def _(at: Ground) -> Any:
    content = "date,type,amount,currency\n" + "2024-01-08,DEPOSIT,1,EUR\n" * 200_001
    return at.send("post", f"{at.portfolio}/imports", {"content": content})


@produces("unsupported-media-type")
def _(at: Ground) -> Any:
    return Client().post("/api/v1/portfolios", b"a", "text/plain", headers=at.ada.headers)


@produces("rate-limited")
def _(at: Ground) -> Any:
    answers = [at.sign_in(password="wrong password") for _turn in range(11)]
    assert int(answers[-1].headers["Retry-After"]) > 0
    return answers[-1]


@produces("error")
def _(at: Ground) -> Any:
    at.settings.ROOT_URLCONF = "tests.core.sample_urls"
    return Client(raise_request_exception=False).get("/api/test/raise/bug")


@produces("overloaded")
def _(at: Ground) -> Any:
    full = hashing.Queue(1, 0)
    assert full._places.acquire(blocking=False)
    at.monkeypatch.setattr(hashing, "queue_of", lambda _process: full)
    at.settings.PASSWORD_HASHERS = ["core.hashing.QueuedArgon2"]
    answer = at.anonymous(reverse("api-users-login"), {"email": "nobody@example.org", "password": "x"})
    assert answer.headers["Retry-After"] == "2"
    return answer


@produces("dependency-unavailable")
def _(at: Ground) -> Any:
    at.settings.USER_SERVICE_URL = f"http://127.0.0.1:{free_port()}/me"
    return Client().get("/api/portfolio/total", headers={"Authorization": "Bearer of-another-service"})


@produces("secret-unreadable")
def _(at: Ground) -> Any:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(at.ada.user, secret)
    at.settings.FIELD_ENCRYPTION_KEYS = [KEY]
    return at.sign_in(code="123456")


@produces("timed-out")
def _(at: Ground) -> Any:
    at.settings.REQUEST_TIMEOUT_SECONDS = 0.000001
    return at.send("get", "/api/v1/portfolios")


@produces("embedded-database")
def _(at: Ground) -> Any:
    """A keeper may report what this version does not know by name."""
    return Cluster(at.folder / "postgres")._raise_reported(b'{"code": "of a later version", "detail": "x"}')


@produces("embedded-database-missing")
def _(at: Ground) -> Any:
    at.monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    return binaries.find()


@produces("embedded-database-account")
def _(at: Ground) -> Any:
    at.monkeypatch.setattr(os, "geteuid", lambda: 987_654)
    return privileges.account_for(at.folder)


@produces("embedded-database-privilege")
def _(at: Ground) -> Any:
    def refuse(*_ids: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    at.monkeypatch.setattr(os, "geteuid", lambda: 0)
    at.monkeypatch.setattr(os, "setgroups", refuse)
    return privileges.drop(privileges.Account(65_534, 65_534, "nobody"), [])


@produces("embedded-database-owner")
def _(at: Ground) -> Any:
    home = Home(at.folder / "postgres")
    home.prepare(os.geteuid(), os.getegid())
    at.monkeypatch.setattr(os, "geteuid", lambda: 987_654)
    return home.prepare(987_654, 987_654)


@produces("embedded-database-version")
def _(at: Ground) -> Any:
    home = Home(at.folder)
    home.data.mkdir()
    (home.data / "PG_VERSION").write_text("9\n")
    return initialise.check_version(home, 18)


@produces("embedded-database-disk-full")
def _(at: Ground) -> Any:
    raise postmaster.failure(Home(at.folder), "PANIC:  could not write: No space left on device")


@produces("embedded-database-path")
def _(at: Ground) -> Any:
    return Cluster(at.folder / "/".join(["x" * 100] * 10)).attach()


@produces("embedded-database-busy")
def _(at: Ground) -> Any:
    held = Cluster(at.folder / "postgres", durable=False)
    account = privileges.account_for(held.home.data)
    held.home.prepare(account.uid, account.gid)
    stopping = FileLock(held.home.lease)
    assert stopping.exclusive()
    at.monkeypatch.setattr(cluster, "STOP_SECONDS", 0.1)
    try:
        return held.attach()
    finally:
        stopping.close()


@produces("embedded-database-failed")
def _(at: Ground) -> Any:
    raise postmaster.failure(Home(at.folder), "FATAL:  could not load the moon")

"""Budgets of requests: exact across processes, told on every answer, alive without Redis."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client
from django.urls import get_resolver

from accounts import services
from core import metrics, rediscache
from core.limiter import Budget, spend
from tests.support.ground import PROJECT
from tests.support.redis_server import RedisServer, find, free_port

NOON = "2026-03-02T12:00:10Z"
SPENDING = """
import django, sys; django.setup()
import time_machine
from core.limiter import Budget, spend
sys.stdin.readline()
with time_machine.travel("2026-03-02T12:00:10Z", tick=False):
    print(sum(spend(Budget("raced", 100, 60), "ada").allowed for _ in range(80)))
"""


@pytest.fixture
def rates(settings):
    """Set some budgets."""

    def set_rates(**rates: str) -> None:
        settings.THROTTLES = {**settings.THROTTLES, **rates}

    return set_rates


@pytest.fixture
def shared(settings, redis_url):
    """Cache in a real Redis."""
    settings.CACHES = cache_at(redis_url)
    caches["default"].clear()
    yield redis_url
    caches["default"].clear()


@pytest.fixture(autouse=True)
def _no_outage(monkeypatch):
    monkeypatch.setattr(rediscache, "_outage", rediscache._Outage())
    monkeypatch.setattr(rediscache, "_clients", {})


def cache_at(url: str):
    options = {"socket_connect_timeout": 1, "socket_timeout": 1}
    backend = "core.rediscache.ShelteredRedisCache"
    return {"default": {"BACKEND": backend, "LOCATION": url, "OPTIONS": options}}


@pytest.fixture
def ada(db) -> Client:
    client = Client()
    client.force_login(services.register_user(email="ada@example.org", password="correct horse battery"))
    return client


@pytest.mark.parametrize(
    ("text", "expected"), [("600/min", (600, 60)), ("5/s", (5, 1)), ("10 / hour", (10, 3600))]
)
def test_rate_is_read(text, expected):
    budget = Budget.parse("reads", text)
    assert (budget.count, budget.seconds) == expected


@pytest.mark.parametrize("text", ["", "600", "0/min", "-1/min", "1.5/min", "10/fortnight", "x/min"])
def test_rate_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="is no rate"):
        Budget.parse("reads", text)


def test_window_begins_anew_for_everybody_at_once():
    budget = Budget("some", 2, 60)
    with time_machine.travel("2026-03-02T12:00:50Z", tick=False):
        seen = [spend(budget, "ada") for _ in range(3)]
        assert spend(budget, "bob").allowed
    assert [(one.allowed, one.remaining, one.reset) for one in seen] == [
        (True, 1, 10),
        (True, 0, 10),
        (False, 0, 10),
    ]
    with time_machine.travel("2026-03-02T12:01:00Z", tick=False):
        assert spend(budget, "ada").remaining == 1


def test_two_processes_together_have_one_budget(redis_url):
    variables = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REDIS_URL": redis_url,
        "EMBEDDED_POSTGRES_DIR": os.environ["EMBEDDED_POSTGRES_DIR"],
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SPENDING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env=variables,
        )
        for _ in range(2)
    ]
    for one in running:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    allowed = [int(one.communicate(timeout=60)[0]) for one in running]
    assert sum(allowed) == 100
    assert min(allowed) >= 20


def test_threads_together_have_one_budget(shared):
    budget = Budget("raced", 50, 86_400)

    def some() -> int:
        return sum(spend(budget, "threads").allowed for _ in range(30))

    with ThreadPoolExecutor(4) as pool:
        assert sum(future.result() for future in [pool.submit(some) for _ in range(4)]) == 50


@time_machine.travel(NOON, tick=False)
def test_page_beyond_the_budget_is_a_page_with_the_time_to_wait(ada, rates):
    rates(reads="2/min")
    assert [ada.get("/settings/").status_code for _ in range(2)] == [200, 200]
    answer = ada.get("/settings/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "50")
    assert "That was too often in a short time" in answer.content.decode()
    assert answer.headers["RateLimit-Policy"] == '"address";q=1000000;w=60, "reads";q=2;w=60'
    assert answer.headers["RateLimit"].endswith('"reads";r=0;t=50')


@time_machine.travel(NOON, tick=False)
def test_api_beyond_the_budget_is_a_problem_with_the_time_to_wait(ada, rates):
    rates(reads="1/min")
    first, second = (ada.get("/api/v1/users/me") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    assert first.headers["RateLimit"].endswith('"reads";r=0;t=50')
    assert second.headers["Content-Type"] == "application/problem+json"
    assert (second.json()["type"], second.headers["Retry-After"]) == ("rate-limited", "50")


@time_machine.travel(NOON, tick=False)
def test_person_has_one_budget_for_pages_and_api_and_others_have_their_own(ada, rates):
    rates(reads="2/min")
    assert [ada.get(path).status_code for path in ("/settings/", "/api/v1/users/me", "/settings/")] == [
        200,
        200,
        429,
    ]
    other = Client()
    other.force_login(services.register_user(email="bob@example.org", password="correct horse battery"))
    assert other.get("/settings/").status_code == 200


@time_machine.travel(NOON, tick=False)
def test_writes_and_heavy_work_have_budgets_of_their_own(ada, rates):
    rates(reads="1/min", writes="1/min", heavy="1/min")
    assert ada.get("/settings/").status_code == 200
    token = ada.get("/offline")  # spent: reads
    assert token.status_code == 429
    assert [ada.post("/settings/", {}).status_code for _ in range(2)] == [200, 429]
    assert [ada.get("/api/schema/").status_code for _ in range(2)] == [200, 429]


@time_machine.travel(NOON, tick=False)
def test_visitors_of_one_network_share_a_budget(db, rates):
    rates(anonymous="2/min")
    seen = [Client(REMOTE_ADDR=f"2001:db8:0:1::{number}").get("/offline").status_code for number in range(3)]
    assert seen == [200, 200, 429]
    assert Client(REMOTE_ADDR="2001:db8:0:2::1").get("/offline").status_code == 200


@time_machine.travel(NOON, tick=False)
def test_network_has_a_budget_whoever_asks(ada, rates):
    rates(address="2/min")
    assert [ada.get("/offline").status_code, Client().get("/api/v1/users/me").status_code] == [200, 401]
    assert Client().get("/api/v1/users/me", headers={"Authorization": "Bearer x"}).status_code == 429


def test_health_and_metrics_are_not_counted(db, client, rates):
    rates(address="1/hour", anonymous="1/hour")
    for path in ("/health/live", "/health/ready", "/metrics"):
        answers = [client.get(path) for _ in range(3)]
        assert {one.status_code for one in answers} == {200}
        assert not any("RateLimit" in one.headers for one in answers)


def test_heavy_routes_are_routes(settings):
    places = {"": get_resolver(), "admin:": get_resolver().namespace_dict["admin"][1]}
    names = {
        f"{prefix}{key}" for prefix, one in places.items() for key in one.reverse_dict if isinstance(key, str)
    }
    assert set(settings.HEAVY_ROUTES) - names == set()


@time_machine.travel(NOON, tick=False)
def test_redis_that_is_down_leaves_the_site_up_and_the_budgets_counted(ada, rates, settings, caplog):
    settings.CACHES = cache_at(f"redis://127.0.0.1:{free_port()}/0")
    rates(reads="3/min")
    before = metrics.throttle_failures._value.get()
    assert [ada.get("/settings/").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert metrics.throttle_failures._value.get() - before == 8
    told = [record.msg["event"] for record in caplog.records if record.name == "core.rediscache"]
    assert told == ["cache.unreachable"]


def test_guesses_are_counted_without_redis(db, settings):
    settings.CACHES = cache_at(f"redis://127.0.0.1:{free_port()}/0")
    body = {"email": "nobody@example.org", "password": "wrong"}
    answers = [
        Client().post("/api/v1/users/login", body, content_type="application/json").status_code
        for _ in range(12)
    ]
    assert answers == [401] * 10 + [429] * 2


def test_what_was_deleted_without_redis_is_gone_when_it_is_back(tmp_path, settings, monkeypatch):
    program = find()
    if program is None:
        pytest.skip("no redis-server")
    monkeypatch.setattr(rediscache, "RETRY_SECONDS", 0.0)
    server = RedisServer(program, tmp_path)
    try:
        settings.CACHES = cache_at(server.url)
        cache = caches["default"]
        cache.set("session", "open", 60)
        pause(server, stopped=True)
        cache.delete("session")
        cache.set("other", 1, 60)
        assert (cache.is_down, cache.get("session"), cache.get("other")) == (True, None, 1)
        pause(server, stopped=False)
        assert (cache.get("session"), cache.get("other"), cache.is_down) == (None, None, False)
    finally:
        pause(server, stopped=False)
        server.close()


def pause(server: RedisServer, *, stopped: bool) -> None:
    import signal

    os.kill(server._process.pid, signal.SIGSTOP if stopped else signal.SIGCONT)

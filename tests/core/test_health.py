"""Liveness and readiness."""

from __future__ import annotations

import pytest
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.db.backends.base.base import NO_DB_ALIAS, BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import override_settings

from core.errors import DependencyUnavailable
from core.health import check_broker, check_cache, check_database
from core.ports import HealthResult

NO_REDIS = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
}


def broken_database() -> BaseDatabaseWrapper:
    """Make a connection to a server that is not there."""
    nowhere = {"HOST": "127.0.0.1", "PORT": 1, "OPTIONS": {}}
    return DatabaseWrapper({**connection.settings_dict, **nowhere}, NO_DB_ALIAS)


def embedded_without_wheel() -> BaseDatabaseWrapper:
    """Make a connection that cannot find the binaries of the embedded server."""

    def refuse() -> dict[str, str]:
        raise DependencyUnavailable("No wheel for this platform.")

    wrapper = connection.copy(alias=NO_DB_ALIAS)
    wrapper.get_connection_params = refuse
    return wrapper


def test_live_answers_without_a_database(client):
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_names_every_check(client):
    response = client.get("/health/ready")
    body = response.json()
    assert (response.status_code, body["status"]) == (200, "ok")
    assert {"database", "cache", "broker"} <= set(body["checks"])
    assert {check["healthy"] for check in body["checks"].values()} == {True}


@pytest.mark.django_db
@override_settings(CACHES=NO_REDIS)
def test_ready_is_503_when_the_cache_does_not_answer(client):
    response = client.get("/health/ready")
    body = response.json()
    assert (response.status_code, body["status"]) == (503, "unavailable")
    assert body["checks"]["cache"] == {"healthy": False, "detail": "ConnectionError"}
    assert body["checks"]["database"] == {"healthy": True, "detail": ""}
    assert "127.0.0.1" not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "detail"),
    [(broken_database, "OperationalError"), (embedded_without_wheel, "DependencyUnavailable")],
)
def test_database_check_fails_without_a_server(monkeypatch, make, detail):
    monkeypatch.setattr("core.health.connection", make())
    assert check_database() == HealthResult(healthy=False, detail=detail)


@pytest.mark.django_db
def test_ready_is_503_when_the_database_does_not_answer(client, monkeypatch):
    monkeypatch.setattr("core.health.connection", broken_database())
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == {"healthy": False, "detail": "OperationalError"}


def test_broker_check_fails_without_a_server(settings):
    from celery import current_app

    url = current_app.conf.broker_url
    current_app.conf.broker_url = "redis://127.0.0.1:1"
    try:
        assert check_broker().healthy is False
    finally:
        current_app.conf.broker_url = url
    assert check_broker() == HealthResult(healthy=True)


def test_cache_check_writes_and_reads(redis_url):
    with override_settings(CACHES={"default": {**NO_REDIS["default"], "LOCATION": redis_url}}):
        from django.core.cache import cache

        assert isinstance(cache._connections["default"], RedisCache)
        assert check_cache() == HealthResult(healthy=True)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
@pytest.mark.django_db
def test_operators_endpoints_ask_for_no_token(client, path):
    assert client.get(path).status_code == 200

"""Liveness and readiness, for orchestrators and for people."""

from __future__ import annotations

from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from core.errors import DependencyUnavailable
from core.ports import HealthResult, health_checks


def live(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers; asks nothing of anybody else."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether everything a request needs answers: 200 when it does, 503 when it does not.

    With 200, "degraded" says that something else is wrong, which the checks name.
    """
    results = health_checks.collect()
    is_ready = all(result.healthy for result in results.values() if result.is_vital)
    healthy = all(result.healthy for result in results.values())
    body = {
        "status": "ok" if healthy else "degraded" if is_ready else "unavailable",
        "checks": {
            name: {"healthy": result.healthy, "detail": result.detail} for name, result in results.items()
        },
    }
    return JsonResponse(body, status=200 if is_ready else 503)


def check_database() -> HealthResult:
    """Ask the database for one row."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (Error, DependencyUnavailable) as error:
        return HealthResult(healthy=False, detail=type(error).__name__)
    return HealthResult(healthy=True)


def check_cache() -> HealthResult:
    """Write a value to the cache and read it back."""
    try:
        cache.set("health", "ok", 10)
        healthy = cache.get("health") == "ok"
    except (RedisError, OSError) as error:
        return HealthResult(healthy=False, detail=type(error).__name__)
    return HealthResult(healthy=healthy)


def check_broker() -> HealthResult:
    """Open a connection to the task broker; without Redis it is this process's own memory."""
    from celery import current_app
    from kombu.exceptions import OperationalError

    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, RedisError, OSError) as error:
        return HealthResult(healthy=False, detail=type(error).__name__)
    return HealthResult(healthy=True)


def register() -> None:
    """Answer the health port for the database, the cache and the broker."""
    health_checks.register("database", check_database)
    health_checks.register("cache", check_cache)
    health_checks.register("broker", check_broker)

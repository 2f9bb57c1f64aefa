"""The database and the cache: real servers by URL, else the embedded parts."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import PRODUCTION, VAR_DIR, database_url, env, redis_url

__all__ = [
    "CACHES",
    "DATABASES",
    "DEFAULT_AUTO_FIELD",
    "EMBEDDED",
    "EMBEDDED_NAME",
    "EMBEDDED_POSTGRES_DIR",
    "REDIS_URL",
    "SESSION_ENGINE",
]

DATABASE_URL = database_url()
REDIS_URL = redis_url()
EMBEDDED = not DATABASE_URL
EMBEDDED_POSTGRES_DIR = VAR_DIR / "postgres"
EMBEDDED_NAME = "florin"

if PRODUCTION and not (DATABASE_URL and REDIS_URL):
    raise ImproperlyConfigured(
        "Production needs DATABASE_URL and REDIS_URL; the embedded parts are for one machine."
    )


def _database() -> dict[str, Any]:
    if EMBEDDED:
        return {
            "ENGINE": "core.embedded.backend",
            "NAME": EMBEDDED_NAME,
            "USER": EMBEDDED_NAME,
            "CONN_HEALTH_CHECKS": True,
            # An ASGI server runs each request in a thread of its own: only a pool can keep connections.
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 20}},
        }
    config: dict[str, Any] = {**env.db_url_config(DATABASE_URL), "CONN_HEALTH_CHECKS": True}
    config["ENGINE"] = "django.db.backends.postgresql"
    # A socket's folder is written %2Fvar%2Frun%2Fpostgresql in such a URL.
    config["HOST"] = unquote(config.get("HOST") or "")
    if env.bool("DATABASE_POOL", default=False):
        config.setdefault("OPTIONS", {})["pool"] = {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", default=8),
        }
    else:
        config["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "core.rediscache.ShelteredRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
    }
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

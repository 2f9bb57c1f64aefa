"""Django's PostgreSQL engine, which attaches to the private server on the first connection.

Importing settings, or asking for the connection's settings, starts nothing. The folder is
EMBEDDED_POSTGRES_DIR or `var/postgres` in the project.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from django.db.backends.postgresql.client import DatabaseClient as PostgresClient

from core.embedded import binaries, initialise, postmaster
from core.embedded.cluster import Cluster

COMING_BACK_SECONDS = 30.0
# What libpq says while a server that was killed is on its way back.
COMING_BACK = (
    "No such file or directory",
    "Connection refused",
    "the database system is",
    "server closed the connection unexpectedly",
)


@cache
def cluster() -> Cluster:
    """Return this process's hold on the project's private database."""
    root = os.environ.get("EMBEDDED_POSTGRES_DIR") or settings.EMBEDDED_POSTGRES_DIR
    return Cluster(Path(root), durable=os.environ.get("EMBEDDED_POSTGRES_FSYNC", "on") != "off")


class AttachedConnection(psycopg.Connection[Any]):
    """A connection that finds the server anew: what a pool uses, whose settings are older than the server."""

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> AttachedConnection:
        """Connect to the private server, wherever its socket is now."""
        return super().connect(conninfo, **{**kwargs, "host": cluster().attach()})


class DatabaseClient(PostgresClient):
    """`manage.py dbshell` with the psql of the wheel."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return the command line of psql, connected to the private server."""
        place = {
            "HOST": cluster().attach(),
            "USER": initialise.USER,
            "PASSWORD": "",
            "PORT": "",
            "OPTIONS": {},
        }
        arguments, environment = super().settings_to_cmd_args_env(
            {**settings_dict, **place}, list(parameters)
        )
        return [str(binaries.find().psql), *arguments[1:]], environment


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the private PostgreSQL."""

    client_class = DatabaseClient

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        """Take the settings; nothing is started."""
        super().__init__(settings_dict, alias)
        pool = settings_dict["OPTIONS"].get("pool")
        if pool:
            options = {} if pool is True else pool
            settings_dict["OPTIONS"]["pool"] = {"connection_class": AttachedConnection, **options}

    def get_connection_params(self) -> dict[str, Any]:
        """Return the parameters for psycopg; attaches to the server, starting it if need be."""
        parameters: dict[str, Any] = super().get_connection_params()
        parameters.update(host=cluster().attach(), port=postmaster.PORT, user=initialise.USER)
        parameters.pop("password", None)
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; where the server was killed, bring it back first.

        Raises:
            OperationalError: PostgreSQL refuses, or is not back after 30 seconds.
        """
        deadline = time.monotonic() + COMING_BACK_SECONDS
        while True:
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError as error:
                words = str(error)
                if not any(part in words for part in COMING_BACK) or time.monotonic() >= deadline:
                    raise
            time.sleep(0.1)
            conn_params["host"] = cluster().attach()

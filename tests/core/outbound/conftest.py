"""A server on the loopback, who calls it, and names that mean what a test says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from core.outbound import Caller
from tests.support.sources import Source


@pytest.fixture(scope="module")
def server() -> Iterator[Source]:
    started = Source()
    yield started
    started.close()


@pytest.fixture
def source(server: Source, settings: Any) -> Source:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    server.forget()
    return server


@pytest.fixture
def caller() -> Iterator[Caller]:
    made = Caller(seconds=2.0, most_bytes=100_000)
    yield made
    made.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Stand for the resolver: names and their addresses."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host in known:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in known[host]]
        return real(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known

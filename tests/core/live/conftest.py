"""Servers of the small application, one of each kind for a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.live.serving import Small


@pytest.fixture(scope="module")
def daphne(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Small]:
    """Start daphne."""
    server = Small("daphne", tmp_path_factory.mktemp("daphne"), redis_url, STUCK="1")
    yield server.wait()
    server.close()

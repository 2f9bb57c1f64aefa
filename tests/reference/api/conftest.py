"""Programs that call the API: in this process, and over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from portfolios.selectors.ledger import memory
from tests.reference.api.program import Program


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Forget throttles, and ledgers of the test before."""
    cache.clear()
    memory.clear()
    yield
    memory.clear()


def in_process(
    method: str, path: str, query: dict[str, str], body: bytes | None, headers: dict[str, str]
) -> tuple[int, str, bytes]:
    """Send a request through Django without a socket; an exception of the server is a test's failure."""
    client = APIClient(headers=headers)
    answer = client.generic(
        method, path, body or b"", content_type="application/json", query_params=query or None
    )
    return answer.status_code, answer.headers.get("Content-Type", ""), answer.content


@pytest.fixture
def join(db: None) -> Callable[..., Program]:
    """Sign a user up; their program."""

    def new(email: str = "ada@example.org", **preferences: str) -> Program:
        return Program(in_process).sign_up(email, **preferences)

    return new


@pytest.fixture
def program(join: Callable[..., Program]) -> Program:
    """Sign one user up, who counts in euros."""
    return join(base_currency="EUR")


@pytest.fixture
def over_http(live_server) -> Iterator[Program]:
    """Sign one user up over real HTTP."""
    with httpx.Client(base_url=live_server.url, timeout=30) as http:

        def send(
            method: str, path: str, query: dict[str, str], body: bytes | None, headers: dict[str, str]
        ) -> tuple[int, str, bytes]:
            headers = {"Content-Type": "application/json", **headers}
            answer = http.request(method, path, params=query, content=body, headers=headers)
            return answer.status_code, answer.headers.get("Content-Type", ""), answer.content

        yield Program(send).sign_up("ada@example.org", base_currency="EUR")

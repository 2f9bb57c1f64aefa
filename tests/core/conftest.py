"""Fixtures of the tests of the ground floor."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

SAMPLE = "tests.core.sample_urls"


@pytest.fixture(autouse=True)
def _empty_cache():
    """Forget throttles of the test before."""
    cache.clear()


@pytest.fixture
def sample(settings) -> Callable[..., Any]:
    """Call the small API of the tests."""
    settings.ROOT_URLCONF = SAMPLE
    client = Client(raise_request_exception=False)

    def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return client.generic(
            method, f"/api/test/{path}", raw, content_type="application/json", headers=headers
        )

    return call


def fields(response: Any) -> list[tuple[str, str]]:
    """List the (field, code) pairs of a refusal."""
    assert response.status_code == 400, response.content
    return [(one["field"], one["code"]) for one in response.json()["errors"]]

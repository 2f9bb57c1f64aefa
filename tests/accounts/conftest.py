"""Fixtures of the tests about people."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts import services
from accounts.models import User

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _empty_cache():
    """Forget throttles, guesses and used codes of the test before."""
    cache.clear()


class Api:
    """Call the API as a program does."""

    def __init__(self) -> None:
        self.client = Client()

    def __call__(self, method: str, path: str, body: Any = None, token: str = "", **extra: Any):
        headers = {**extra.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        return self.client.generic(
            method,
            path,
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=headers,
            **extra,
        )

    def sign_in(self, email: str = "ada@example.org", password: str = PASSWORD, **more: Any):
        return self("POST", "/api/v1/users/login", {"email": email, "password": password, **more})

    def refresh(self, token: str):
        return self("POST", "/api/v1/users/refresh", {"refresh_token": token})

    def me(self, token: str):
        return self("GET", "/api/v1/users/me", token=token)


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def make_user(db) -> Callable[..., User]:
    def make(email: str = "ada@example.org", **more: Any) -> User:
        return services.register_user(email=email, password=PASSWORD, **more)

    return make


@pytest.fixture
def ada(make_user) -> User:
    return make_user(email_verified=True)


@pytest.fixture
def tokens(api: Api, ada: User) -> dict[str, Any]:
    """A pair of tokens of Ada's."""
    return api.sign_in().json()


@pytest.fixture
def two_at_once() -> Callable[[Callable[[], Any]], list[Any]]:
    """Run the same work on two connections that start together."""

    def run(work: Callable[[], Any]) -> list[Any]:
        barrier = threading.Barrier(2, timeout=10)

        def one() -> Any:
            try:
                barrier.wait()
                return work()
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            return [future.result(timeout=30) for future in [pool.submit(one), pool.submit(one)]]

    return run

"""The OpenAPI document is valid, and what the API answers conforms to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from market.models import Coin
from portfolios.selectors.ledger import memory
from tests.api.routes import METHODS, routes
from tests.api.test_permissions import Person, bring_in, scene_of

# how many made-up requests each operation gets, right and wrong ones each: always the same ones, but for
# HYPOTHESIS_PROFILE=deep, which draws many others
IS_DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
SIGNED_IN, SIGNED_OUT = (100, 20) if IS_DEEP else (2, 1)
CHECKED = (
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, method): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_document_is_valid_and_complete_without_a_warning(document):
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS._warn_cache, GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache, GENERATOR_STATS._error_cache
    validate_schema(document)


def test_document_has_every_route_and_method(document):
    documented = sum(len(route.methods) for route in routes() if route.name not in {"schema", "api-docs"})
    assert len(operations(document)) == documented


def test_document_names_operations_uniquely(document):
    names = [operation["operationId"] for operation in operations(document).values()]
    assert sorted(names) == sorted(set(names))


def test_document_describes_every_operation(document):
    silent = [key for key, operation in operations(document).items() if not operation.get("description")]
    assert silent == []


def test_document_offers_the_key_where_it_is_honoured(document):
    """Every POST that writes money, orders, instruments or prices honours an Idempotency-Key."""
    without = {
        path
        for (path, method), operation in operations(document).items()
        if method == "post"
        and "Idempotency-Key" not in {one["name"] for one in operation.get("parameters", [])}
    }
    assert {path for path in without if not path.startswith("/api/v1/users/")} == {
        "/api/v1/portfolio-position",  # reads
        "/api/v1/portfolios/{portfolio_id}/imports",  # a preview writes nothing into the ledger
        "/api/v1/alerts/preview",  # reads
        "/api/v1/alerts/{alert_id}/pause",  # twice is once
        "/api/v1/alerts/{alert_id}/resume",
        "/api/v1/alerts/{alert_id}/snooze",
        "/api/v1/notifications/read",
        "/api/v1/notification-channels",  # its answer holds a secret that is kept encrypted only
        "/api/v1/notification-channels/{channel_id}/rotate-secret",
        "/api/v1/notification-channels/{channel_id}/verify",  # each try counts
        "/api/v1/archive",  # the same archive twice changes nothing
        "/api/v1/portfolios/{portfolio_id}/public-links",  # its answer holds a secret that nothing keeps
    }


def test_document_is_served(client):
    answer = client.get("/api/schema/", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")


@pytest.fixture
def app(db) -> Iterator[Any]:
    """Answer as a WSGI server does, but keep the test's connection open between requests."""
    request_finished.disconnect(close_old_connections)
    request_started.disconnect(close_old_connections)
    yield get_wsgi_application()
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def known_ids(db) -> tuple[dict[str, Any], dict[str, str]]:
    """Make one person's objects; the ids by the names of path parameters, and the person's headers."""
    ada = Person("ada@example.org")
    scene = scene_of(ada)
    Coin.objects.create(coin_id="bitcoin", symbol="BTC", name="Bitcoin")
    ids = {name: str(value) for name, value in scene.ids[""].items()}
    ids["import_id"] = bring_in(ada, f"/api/v1/portfolios/{ids['portfolio_id']}/imports", "api-import")
    return ids, ada.headers


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "signed out"])
def test_every_operation_conforms_and_none_breaks(document, known_ids, app, is_signed_in):
    """Send made-up requests, right and wrong ones, each in a transaction that is rolled back."""
    ids, headers = known_ids
    attempt = Attempt(ids, headers, SIGNED_IN) if is_signed_in else Attempt(ids, {}, SIGNED_OUT)
    schema = openapi.from_dict(document)
    schema.app = app
    broken: dict[str, str] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            try:
                attempt(operation, mode)
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE, operation.label  # nothing in it can be wrong
            except (Exception, FailureGroup) as error:  # noqa: BLE001  # tell them all, not only the first
                broken[f"{operation.label} {mode.name}"] = str(error)[:2000]
    assert broken == {}, "\n\n".join(f"{label}: {text}" for label, text in broken.items())


@dataclass(frozen=True)
class Attempt:
    """Made-up requests of one caller, of which three in four name objects that are there."""

    ids: dict[str, str]
    headers: dict[str, str]
    examples: int

    def __call__(self, operation: Any, mode: GenerationMode) -> None:
        """Send them, and hold each answer to the document."""

        @settings(
            max_examples=self.examples,
            database=None,
            derandomize=not IS_DEEP,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), of_mine=st.integers(0, 3))
        def run(case: Case, of_mine: int) -> None:
            if of_mine:
                known = {name: self.ids.get(name, value) for name, value in case.path_parameters.items()}
                case.path_parameters = known
            memory.clear()
            with transaction.atomic():
                # the client in this process does not unpack what is compressed
                response = case.call(headers={**self.headers, "Accept-Encoding": "identity"})
                transaction.set_rollback(True)
            case.validate_response(response, checks=CHECKED)

        run()


def test_documentation_page_works_under_the_content_policy(live_server, page):
    page.goto(f"{live_server.url}/api/docs/")
    page.get_by_text("/api/v1/place-order").first.wait_for()
    assert page.get_by_role("heading", name="Florin").first.is_visible()

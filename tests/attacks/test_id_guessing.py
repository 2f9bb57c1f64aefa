"""Another person's ids, in any place that takes an id, do nothing and tell nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from django.core.handlers import wsgi
from django.http import QueryDict
from django.urls import get_resolver, reverse
from drf_spectacular.generators import SchemaGenerator

from accounts.models import User
from market.models import Coin, Instrument
from portfolios.models import Portfolio, Transaction
from tests.api.routes import CALLS, Call, Route, Scene, pages, routes
from tests.api.test_page_permissions import page_scene, signed_in
from tests.api.test_permissions import Person, bring_in, calls, everything, scene_of
from tests.attacks.forms import forms_of

pytestmark = pytest.mark.django_db
ROUTES = routes()
WITHOUT_IDS = {
    "api-portfolios",
    "place-order",
    "api-explain",
    "api-alerts",
    "api-alerts-preview",
    "api-ticks",
}
# what takes an id in its address, its body or its query
TAKING = [one for one in ROUTES if one.ids or one.name in WITHOUT_IDS or one.name.startswith("api-report-")]
# ids that the caller makes up: they point at nothing
FREE = {"group"}
SECRET = "Xyzzy"
WORDS = ("1", "0", "-1", "null", "me", "*", "%2a", str(UUID(int=0)), "..", "%2e%2e", "' OR 1=1")
NAMES = (
    "instrument", "portfolio", "portfolio_id", "uuid", "id", "transaction", "transaction_id", "import_id",
    "benchmark", "action", "owner", "user", "user_id", "group", "family", "session_id",
)  # fmt: skip


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org").keep_session()


@pytest.fixture(scope="module")
def bob(standing) -> Person:
    return Person("bob@example.org").keep_session()


@pytest.fixture(scope="module")
def hers(ada) -> dict[str, str]:
    """The id of one object of each kind of Ada's, all named so that a leak is seen."""
    scene = scene_of(ada)
    ids = {name: str(value) for name, value in scene.ids[""].items()}
    ids["import_id"] = bring_in(ada, f"/api/v1/portfolios/{ids['portfolio_id']}/imports", "api-import")
    ids["action"] = str(scene.ids["api-corporate-action"]["uuid"])
    ids["user_id"] = str(ada.user.pk)
    del ids["token"]  # an invitation's secret is no id
    Portfolio.objects.update(name=SECRET, note=SECRET)
    Instrument.objects.update(name=SECRET, symbol=SECRET.upper())
    Transaction.objects.update(note=SECRET)
    User.objects.filter(pk=ada.user.pk).update(name=SECRET)
    return ids


@pytest.fixture(scope="module")
def stage(hers, bob) -> Scene:
    Coin.objects.create(coin_id="bitcoin", symbol="BTC", name="Bitcoin")
    return page_scene(bob)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


@cache
def inputs() -> dict[tuple[str, str], set[str]]:
    """List the fields of bodies and queries that the API's document calls ids, by address and method."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    shapes = document["components"]["schemas"]
    found: dict[tuple[str, str], set[str]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            names = {
                one["name"]
                for one in operation.get("parameters", [])
                if one["in"] == "query" and one["schema"].get("format") == "uuid"
            }
            for body in operation.get("requestBody", {}).get("content", {}).values():
                names |= set(_ids_in(body["schema"], shapes))
            if names:
                found[path, method] = names
    return found


def _ids_in(shape: dict[str, Any], shapes: dict[str, Any]) -> Iterator[str]:
    if "$ref" in shape:
        shape = shapes[shape["$ref"].rpartition("/")[2]]
    for part in ("allOf", "oneOf", "anyOf"):
        for one in shape.get(part, []):
            yield from _ids_in(one, shapes)
    if "items" in shape:
        yield from _ids_in(shape["items"], shapes)
    for name, one in shape.get("properties", {}).items():
        if one.get("format") == "uuid" and not one.get("readOnly"):
            yield name
        yield from _ids_in(one, shapes) if "properties" in one or "items" in one else ()


def told(answer: Any, guess: str) -> tuple[int, Any]:
    """Tell all that an answer says, but for the guess itself and what differs between any two requests."""
    text = answer.content.decode().replace(guess, "GUESS")
    if "json" not in answer.headers.get("Content-Type", ""):
        return answer.status_code, text
    body = json.loads(text) if text else None
    if isinstance(body, dict):
        body.pop("request_id", None)
    return answer.status_code, body


def test_places_of_ids_are_found():
    places = {name for names in inputs().values() for name in names}
    assert {"tick_id", "instrument", "benchmark", "group"} <= places


@calls(TAKING)
def test_guessed_id_in_a_body_or_query_is_as_good_as_no_id(route, call, bob, hers, scene):
    url = scene.url(route)
    names = places_of(route, call) - FREE
    hidden = everything_of(hers)
    for name in names:
        nobodys = str(uuid4())
        expected = told(attempt(bob, call, url, scene, {name: nobodys}), nobodys)
        for kind, guess in hers.items():
            answer = attempt(bob, call, url, scene, {name: guess})
            assert told(answer, guess) == expected, (name, kind)
            assert SECRET not in answer.content.decode()
            assert answer.status_code in ({200, 404} if call.method == "get" else {400, 404})
    assert everything_of(hers) == hidden


def places_of(route: Route, call: Call) -> set[str]:
    """Find the ids of a call in the document, whose addresses name parameters as the routes do."""
    pattern = "/" + get_resolver().reverse_dict.getlist(route.name)[0][0][0][0]
    for name in route.ids:
        pattern = pattern.replace(f"%({name})s", f"{{{name}}}")
    return inputs().get((pattern, call.method), set())


def attempt(bob: Person, call: Call, url: str, scene: Scene, ids: dict[str, str]) -> Any:
    if call.method == "get":
        return bob.send(Call("get", query={**(call.query or {}), **ids}), url, None)
    body = scene.body(call.body)
    return bob.send(
        call, url, [{**one, **ids} for one in body] if isinstance(body, list) else {**body, **ids}
    )


def everything_of(ids: dict[str, str]) -> list[Any]:
    """Read every row that has one of these ids in any column."""
    known = set(ids.values())
    return [
        row
        for table, rows in everything().items()
        for row in rows
        if known & {str(value) for value in row.values()} and table != "TokenFamily"
    ]


@calls([route for route in ROUTES if route.ids])
def test_every_kind_of_her_ids_in_an_address_is_404(route, call, bob, hers, scene):
    """Not only the right kind: an id of one table must not open a row of another."""
    scene.url(route)
    own = {**scene.ids[""], **scene.ids.get(route.name, {})}
    hidden = everything_of(hers)
    for place in route.ids:
        for kind, guess in hers.items():
            url = reverse(route.name, kwargs={**{name: own[name] for name in route.ids}, place: guess})
            answer = bob.send(call, url, scene.body(call.body))
            assert answer.status_code == 404, (place, kind, answer.content)
            assert SECRET not in answer.content.decode()
    assert everything_of(hers) == hidden


@calls([route for route in ROUTES if route.ids and "get" in route.methods])
def test_word_or_number_for_an_id_is_404(route, call, bob):
    if call.method != "get":
        return
    address = "/" + get_resolver().reverse_dict.getlist(route.name)[0][0][0][0]
    for guess in WORDS:
        pattern = address
        for name in route.ids:
            pattern = pattern.replace(f"%({name})s", guess)
        assert bob.send(call, pattern, None).status_code == 404, guess


def test_import_finds_no_instrument_of_a_stranger(bob, hers, scene):
    """Neither by its symbol in the file nor by its id in the choices."""
    imports = f"/api/v1/portfolios/{scene.ids['']['portfolio_id']}/imports"
    file = f"date,type,symbol,quantity,price,currency\n2024-01-08,BUY,{SECRET.upper()},2,12,EUR\n"
    answer = bob.send(Call("post"), imports, {"content": file})
    assert answer.status_code == 201
    assert [one["choices"] for one in answer.json()["unresolved"]] == [[]]
    expected = None
    for guess in (str(uuid4()), hers["uuid"]):
        mapping = {"symbols": {SECRET.upper(): {"instrument": guess}}}
        chosen = bob.send(Call("post"), imports, {"content": file, "mapping": mapping})
        shown = told(chosen, guess)
        shown = (shown[0], {name: one for name, one in shown[1].items() if name not in {"id", "created_at"}})
        expected = expected or shown
        assert shown == expected
        assert hers["uuid"] not in chosen.content.decode().replace(guess, "")


NO_PAGES = {"csp-report", "prometheus-django-metrics"}
PAGES = [page for page in pages() if not {"figure", "day"} & set(page.ids) and page.name not in NO_PAGES]


class WatchedQuery(QueryDict):
    """A request's query that notes which of the ids in it anybody reads; "*" is any, or all."""

    read: ClassVar[set[str]] = set()

    def _note(self, name: Any) -> None:
        if not self._mutable:  # else it is still being filled
            self.read.add(name)

    def __getitem__(self, key: Any) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key: Any) -> bool:
        self._note(key)
        return super().__contains__(key)

    def getlist(self, key: Any, default: Any = None) -> Any:
        self._note(key)
        return super().getlist(key, default)

    def __iter__(self) -> Any:
        self._note("*")
        return super().__iter__()

    def lists(self) -> Any:
        self._note("*")
        return super().lists()

    def keys(self) -> Any:
        self._note("*")
        return super().keys()

    def items(self) -> Any:
        self._note("*")
        return super().items()

    def values(self) -> Any:
        self._note("*")
        return super().values()


@pytest.fixture
def read(monkeypatch) -> set[str]:
    """Collect what is read of the queries of this test's requests."""
    monkeypatch.setattr(WatchedQuery, "read", set())
    monkeypatch.setattr(wsgi, "QueryDict", WatchedQuery)
    return WatchedQuery.read


def test_watch_sees_what_is_read_of_a_query(read):
    query = WatchedQuery("user=1&portfolio=2&owner=3")
    assert read == set()
    assert (query["user"], query.get("portfolio"), query.getlist("owner"), "id" in query) == (
        "1", "2", ["3"], False,
    )  # fmt: skip
    assert read == {"user", "portfolio", "owner", "id"}
    for whole in (dict, list, QueryDict.copy, QueryDict.urlencode, QueryDict.dict):
        read.clear()
        whole(query)
        assert "*" in read, whole


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_page_shows_nothing_for_a_guessed_id_in_its_query(page, bob, hers, scene, read):
    """With each of her ids where a page reads any of them; with one where it reads none."""
    url, client = scene.url(page), signed_in(bob)
    nobodys = str(uuid4())
    read.clear()
    expected = client.get(url, dict.fromkeys(NAMES, nobodys)).status_code
    guesses = list(hers.items()) if read & {*NAMES, "*"} else [("portfolio_id", hers["portfolio_id"])]
    for kind, guess in guesses:
        answer = client.get(url, dict.fromkeys(NAMES, guess))
        assert answer.status_code == expected, kind
        if not answer.streaming:
            assert SECRET not in answer.content.decode(), kind


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_form_takes_no_guessed_id(page, bob, hers, scene):
    url, client = scene.url(page), signed_in(bob)
    hidden = everything_of(hers)
    for action, fields in forms_of(client.get(url), url):
        places = [name for name in fields if name in NAMES]
        if "logout" in action:
            continue
        # where no field takes an id, all guesses would be the same request
        for guess in hers.values() if places else ["none"]:
            answer = client.post(action, {**fields, **dict.fromkeys(places, guess)}, follow=True)
            assert answer.status_code < 500
            assert SECRET not in answer.content.decode()
    assert everything_of(hers) == hidden


def test_calls_cover_the_document():
    """Each address that takes ids in its body or query is among the calls tried above."""
    tried = {
        name
        for route in TAKING
        for call in CALLS.get(route.name, ())
        for name in [f"{call.method} {route.name}"]
        if places_of(route, call)
    }
    assert len(tried) == len(inputs())

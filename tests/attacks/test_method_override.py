"""A method in a header or a field is no method: what guards POST or DELETE must not be walked around."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.api.routes import Scene, routes
from tests.api.test_permissions import Person, calls, everything, scene_of

pytestmark = pytest.mark.django_db
HEADERS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Method")
FIELDS = ("_method", "__method", "method", "httpMethod", "_HttpMethod")


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org")


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return scene_of(ada)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


@calls([route for route in routes() if route.methods - {"get"}])
def test_read_stays_a_read_whatever_it_says(route, call, ada, scene):
    url, before = scene.url(route), everything()
    method = call.method.upper()
    headers = {**ada.headers, **dict.fromkeys(HEADERS, method)}
    query = "&".join(f"{name}={method}" for name in FIELDS)
    for sent in ("GET", "HEAD", "OPTIONS"):
        assert Client().generic(sent, f"{url}?{query}", headers=headers).status_code < 500
    assert everything() == before


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_post_stays_a_post_whatever_it_says(ada, scene, method):
    url = reverse("api-portfolio", args=[scene.ids[""]["portfolio_id"]])
    before = everything()
    headers = {**ada.headers, **dict.fromkeys(HEADERS, method)}
    body = dict.fromkeys(FIELDS, method)
    answer = Client().post(url, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (405, "method-not-allowed")
    assert everything() == before


def test_address_that_ends_in_a_format_is_no_other_address(ada):
    for ending in (".json", ".api", ".xml", "/", ";a=b", "%20", "%00", "//"):
        answer = Client().get(f"{reverse('api-portfolios')}{ending}", headers=ada.headers)
        assert answer.status_code in {400, 404}, ending
    for query in ("format=api", "format=xml", "_format=html", "callback=alert", "jsonp=alert"):
        answer = Client().get(f"{reverse('api-portfolios')}?{query}", headers=ada.headers)
        assert answer.headers["Content-Type"] in {"application/json", "application/problem+json"}
        assert b"alert" not in answer.content

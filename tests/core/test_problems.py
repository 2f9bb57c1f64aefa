"""Errors as problem documents."""

from __future__ import annotations

import json

import pytest

from core import errors
from core.api.problems import problem, translate
from tests.core.conftest import fields


@pytest.mark.parametrize(
    ("name", "status", "code", "detail"),
    [
        ("validation", 400, "validation-failed", "The price is negative."),
        ("signed-out", 401, "not-authenticated", "Sign in first"),
        ("forbidden", 403, "forbidden", "Only the owner may do this."),
        ("missing", 404, "not-found", "There is nothing here"),
        ("conflict", 409, "conflict", "This conflicts with what is there"),
        ("conflict-with-code", 409, "in-use", "It is in use."),
        ("large", 413, "too-large", "This is too large"),
        ("limited", 429, "rate-limited", "Too many requests"),
        ("dependency", 503, "dependency-unavailable", "A service we need does not answer"),
        ("slow", 504, "timed-out", "This took too long"),
        ("django-missing", 404, "not-found", "There is nothing here"),
        ("django-denied", 403, "forbidden", "You may not do this"),
        ("django-plain", 400, "validation-failed", "Nothing fits."),
        ("throttled", 429, "rate-limited", "Request was throttled. Expected available in 4 seconds."),
        ("bug", 500, "error", "Something went wrong"),
    ],
)
def test_error_of_each_kind_becomes_a_problem_document(sample, name, status, code, detail):
    response = sample("GET", f"raise/{name}")
    body = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.status_code, body["status"], body["type"]) == (status, status, code)
    assert body["detail"] == detail
    assert body["request_id"] == response.headers["X-Request-Id"]


def test_error_of_a_bug_tells_nothing_of_it(sample):
    assert b"ZeroDivision" not in sample("GET", "raise/bug").content


@pytest.mark.parametrize(("name", "seconds"), [("limited", "7"), ("throttled", "5")])
def test_error_of_rate_limit_says_when_to_come_back(sample, name, seconds):
    assert sample("GET", f"raise/{name}").headers["Retry-After"] == seconds


def test_error_unauthenticated_asks_for_a_bearer_token(sample):
    assert sample("GET", "raise/signed-out").headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_error_of_a_model_names_its_fields(sample):
    assert sample("GET", "raise/django-fields").json()["errors"] == [
        {"field": "name", "message": "It is too long.", "code": "invalid"},
        {"field": "", "message": "Nothing fits.", "code": "invalid"},
    ]


def test_error_of_nested_rows_names_row_and_field(sample):
    rows = [{"name": "ok", "price": "1"}, {"name": "too long", "price": 0}]
    found = fields(sample("POST", "basket", {"rows": rows, "tags": [1, "x"]}))
    assert found == [("rows[1].name", "max_length"), ("rows[1].price", "positive"), ("tags[1]", "invalid")]


def test_error_of_a_list_body_names_row_and_field(sample):
    assert fields(sample("POST", "rows", [{"name": "ok", "price": "1"}, {"price": "1"}])) == [
        ("[1].name", "required")
    ]


def test_error_of_the_whole_body_names_no_field(sample):
    rows = [{"name": "a", "price": "1"}] * 3
    assert fields(sample("POST", "basket", {"rows": rows})) == [("", "crowded")]


@pytest.mark.parametrize("body", [b"", b"[1]", b'"x"', b"null", b"7"])
def test_body_of_another_shape_is_refused(sample, body):
    assert sample("POST", "basket", body).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "basket", 405, "method-not-allowed"),
        ("GET", "nowhere", 404, "not-found"),
    ],
)
def test_error_of_the_framework_is_a_problem_document_too(sample, method, path, status, code):
    response = sample(method, path)
    assert (response.status_code, response.json()["type"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"


def test_body_of_an_unknown_media_type_is_refused(client, settings):
    settings.ROOT_URLCONF = "tests.core.sample_urls"
    response = client.post("/api/test/basket", b"<rows/>", content_type="text/xml")
    assert (response.status_code, response.json()["type"]) == (415, "unsupported-media-type")


def test_problem_is_asked_for_by_its_media_type(client, settings):
    settings.ROOT_URLCONF = "tests.core.sample_urls"
    response = client.get("/api/test/raise/missing", headers={"Accept": "application/problem+json"})
    assert (response.status_code, response.json()["type"]) == (404, "not-found")


def test_problem_outside_a_request_has_no_request_id():
    assert problem(errors.NotFound("No such row.")) == {
        "type": "not-found",
        "title": "There is nothing here",
        "status": 404,
        "detail": "No such row.",
    }


def test_validation_without_a_detail_says_its_fields_messages():
    two = (errors.FieldError("a", "A is wrong."), errors.FieldError("b", "B is wrong."))
    assert errors.ValidationFailed(errors=two).detail == "A is wrong.; B is wrong."


def test_translate_of_a_bug_is_nothing():
    assert translate(KeyError("x")) is None


def test_page_that_is_not_there_is_html_and_not_json(client):
    response = client.get("/no-such-page")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.content)

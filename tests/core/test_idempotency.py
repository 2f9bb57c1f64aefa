"""A repeated POST with an Idempotency-Key."""

from __future__ import annotations

import json
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from accounts import services
from core.api.idempotency import run_once
from core.errors import Conflict
from core.models import IdempotencyKey, World
from tests.core.conftest import SAMPLE, fields
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> str:
    return services.sign_up(email="ada@example.org", password="correct horse battery").access


@pytest.fixture
def post(sample, token):
    def call(body, key: str | None = "key-1", token: str = token):
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        return sample("POST", "worlds", body, **headers)

    return call


def made() -> list[str]:
    return list(World.objects.filter(kind="replay").order_by("id").values_list("name", flat=True))


def test_repeat_with_the_same_key_works_once_and_answers_the_same(post):
    first = post(b'{"name": "A", "price": 1.10}')
    again = post(b'{ "price": 1.10, "name": "A" }')
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert json.loads(again.content, parse_float=str)["price"] == "1.1"
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert made() == ["A"]


def test_repeat_answers_large_numbers_with_the_same_digits(post):
    first = post(b'{"name": "A", "price": 99999999999999999999}')
    assert b'"price":99999999999999999999}' in first.content
    assert post(b'{"name": "A", "price": 99999999999999999999}').content == first.content


def test_same_key_with_another_body_is_a_conflict(post):
    post({"name": "A"})
    refused = post({"name": "B"})
    assert (refused.status_code, refused.json()["type"]) == (409, "key-reused")
    assert made() == ["A"]


def test_same_key_of_another_user_is_another_key(post):
    post({"name": "A"})
    other = services.sign_up(email="bob@example.org", password="correct horse battery").access
    assert post({"name": "B"}, token=other).status_code == 201
    assert made() == ["A", "B"]


def test_another_key_is_another_request(post):
    assert [post({"name": "A"}, key="1").status_code, post({"name": "B"}, key="2").status_code] == [201, 201]
    assert made() == ["A", "B"]


def test_request_without_a_key_is_done_each_time(post):
    post({"name": "A"}, key=None)
    post({"name": "B"}, key=None)
    assert made() == ["A", "B"]
    assert not IdempotencyKey.objects.exists()


def test_failed_request_leaves_neither_work_nor_key_and_may_be_tried_again(post):
    assert post({"name": "A", "fail": True}).status_code == 409
    assert (made(), IdempotencyKey.objects.count()) == ([], 0)
    assert post({"name": "A"}).status_code == 201
    assert made() == ["A"]


@pytest.mark.parametrize(("length", "status"), [(200, 201), (201, 400)])
def test_key_has_at_most_200_characters(post, length, status):
    assert post({"name": "A"}, key="k" * length).status_code == status


def test_key_that_is_too_long_is_named(post):
    assert fields(post({"name": "A"}, key="k" * 201)) == [("Idempotency-Key", "invalid")]


def test_anonymous_caller_leaves_no_key(sample):
    assert sample("POST", "worlds", {"name": "A"}, **{"Idempotency-Key": "k"}).status_code == 401
    assert not IdempotencyKey.objects.exists()


def upload(user, content: bytes) -> Request:
    file = SimpleUploadedFile("prices.csv", content)
    made = APIRequestFactory().post("/x", {"file": file}, headers={"Idempotency-Key": "k"})
    request = Request(made, parsers=[MultiPartParser()])
    request.user = user
    return request


def test_file_counts_by_its_content_not_by_its_name(django_user_model):
    user = django_user_model.objects.create_user("ada@example.org")
    read = [run_once(upload(user, b"a,b"), lambda: Response("done")).data for _ in range(2)]
    assert read == ["done", "done"]
    with pytest.raises(Conflict):
        run_once(upload(user, b"c,d"), lambda: Response("done"))


def test_file_can_still_be_read_after_it_was_counted(django_user_model):
    user = django_user_model.objects.create_user("ada@example.org")
    request = upload(user, b"a,b")
    assert run_once(request, lambda: Response(request.data["file"].read().decode())).data == "a,b"


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_work_once_and_answer_the_same(settings, token):
    settings.ROOT_URLCONF = SAMPLE

    def post():
        return Client().post(
            "/api/test/worlds",
            b'{"name": "A"}',
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"},
        )

    answers = at_once(post, post, post)
    assert [one.status_code for one in answers] == [201, 201, 201]
    assert len({one.content for one in answers}) == 1
    assert sorted("Idempotent-Replayed" in one.headers for one in answers) == [False, True, True]
    assert made() == ["A"]


@pytest.mark.django_db(transaction=True)
def test_second_request_works_where_the_first_one_failed(django_user_model):
    """The second waits for the first's transaction, and its failure frees the key."""
    user = django_user_model.objects.create_user("ada@example.org")
    inside = threading.Event()

    def fail() -> Response:
        inside.set()
        threading.Event().wait(0.3)
        raise Conflict

    def first() -> str:
        try:
            run_once(upload(user, b"a"), fail)
        except Conflict:
            return "failed"
        return "worked"

    def second() -> str:
        assert inside.wait(10)
        return run_once(upload(user, b"a"), lambda: Response("worked")).data

    assert at_once(first, second) == ["failed", "worked"]
    assert IdempotencyKey.objects.get().status == 200

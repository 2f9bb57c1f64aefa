"""How much one request may send."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

pytestmark = pytest.mark.django_db
API = "/api/v1/portfolios"
PAGE = "/accounts/login/"


class Unread(BytesIO):
    """A body that must not be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError(f"{size} bytes were read")


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024


def post(path: str, length: str):
    return Client().post(
        path,
        headers={"Content-Length": length, "Content-Type": "multipart/form-data; boundary=x"},
        **{
            "wsgi.input": Unread(),
            "CONTENT_LENGTH": length,
            "CONTENT_TYPE": "multipart/form-data; boundary=x",
        },
    )


def test_api_request_that_says_it_is_too_long_is_refused_unread():
    response = post(API, "1048577")
    assert (response.status_code, response.headers["Content-Type"]) == (413, "application/problem+json")
    body = response.json()
    assert (body["type"], body["detail"]) == ("too-large", "The request is larger than 1 MB.")


def test_page_that_is_sent_too_much_is_refused_unread():
    response = post(PAGE, "9999999999999999999999")
    assert response.status_code == 413
    assert "The request is larger than 1 MB." in response.content.decode()


def test_form_within_the_limit_is_read():
    file = SimpleUploadedFile("a.csv", b"x" * 1000)
    response = Client().post(PAGE, {"login": "nobody@example.org", "password": "x", "file": file})
    assert response.status_code == 200

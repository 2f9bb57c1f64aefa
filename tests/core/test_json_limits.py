"""How deep and how much a body may hold."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

pytestmark = pytest.mark.django_db


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


@pytest.mark.parametrize("depth", [65, 254, 255, 1_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_body_is_malformed(sample, depth, opening, closing):
    answer = sample("POST", "echo", nested(depth, opening, closing))
    assert (answer.status_code, answer.json()["type"]) == (400, "malformed")


def test_body_of_64_levels_is_read(sample):
    assert sample("POST", "echo", nested(64)).content == nested(64)


def test_brackets_in_texts_do_not_count(sample):
    body = b'["' + b"[{" * 200 + b'\\"' + b"[" * 200 + b'"]'
    assert sample("POST", "echo", body).content == body


def test_unclosed_text_is_malformed(sample):
    assert sample("POST", "echo", b'"' + b"[" * 100_000).status_code == 400


def test_form_with_too_many_fields_is_refused():
    body = {f"field{number}": "x" for number in range(1001)}
    assert Client().post("/accounts/login/", body).status_code == 400


def test_form_with_too_many_files_is_refused():
    body = {f"file{number}": SimpleUploadedFile("a.csv", b"x") for number in range(21)}
    assert Client().post("/accounts/login/", body).status_code == 400

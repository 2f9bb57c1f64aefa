"""A file is what its first bytes say, whatever its name and its sender call it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core.actor import Actor
from portfolios.models import Portfolio, TransactionImport
from portfolios.services.portfolios import create_portfolio

pytestmark = pytest.mark.django_db
TABLE = b"date,type,amount,currency\n2024-01-02,DEPOSIT,1,EUR\n"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WRONG = {
    "png": PNG,
    "png and a table": PNG + b"\n" + TABLE,
    "gif": b"GIF89a" + b"\x00\x01" * 50,
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 50,
    "pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "windows program": b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 100,
    "linux program": b"\x7fELF\x02\x01\x01" + b"\x00" * 100,
    "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100,
    "new office": b"PK\x03\x04\x14\x00\x06\x00" + b"[Content_Types].xml" + b"\x00" * 50,
    "sqlite": b"SQLite format 3\x00" + b"\x00" * 84,
    "page": b"<!doctype html><html><script>alert(1)</script></html>",
    "page with a table": b"<html><table><tr><td>date</td></tr></table></html>",
    "drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "xml": b'<?xml version="1.0"?><a/>',
    "json": b'{"a": 1}',
    "noise": bytes(range(256)) * 20,
    "zeros": b"\x00" * 1000,
    "nothing": b"",
    "spaces": b"   \n\n  ",
}


@pytest.fixture
def portfolio(victim) -> Portfolio:
    return create_portfolio(actor=Actor.user(victim), owner_id=victim.pk, name="A", currency="EUR")


def send(client: Client, route: str, portfolio: Portfolio, content: bytes, *, name: str, kind: str) -> Any:
    file = SimpleUploadedFile(name, content, content_type=kind)
    return client.post(reverse(route, args=[portfolio.pk]), {"file": file})


@pytest.mark.parametrize("route", ["import-start", "api-imports"])
@pytest.mark.parametrize("what", WRONG)
def test_wrong_type_under_the_right_name_is_refused(signed_in, portfolio, what, route):
    answer = send(signed_in, route, portfolio, WRONG[what], name="prices.csv", kind="text/csv")
    assert answer.status_code == 400
    assert b"<script>alert" not in answer.content
    assert TransactionImport.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("prices.exe", "application/x-msdownload"),
        ("prices.html", "text/html"),
        ("prices.svg", "image/svg+xml"),
        ("prices.csv", "text/html; charset=utf-7"),
        ("prices.php.csv", "application/x-httpd-php"),
        ("../../../tmp/prices.csv", "text/csv"),
        ("prices\x00.exe", "text/csv"),
        ("<script>alert(1)</script>.csv", "text/csv"),
        ("a" * 5_000 + ".csv", "text/csv"),
        ("\u202evsc.exe", "text/csv"),
        ("", "text/csv"),
    ],
)
def test_right_type_under_a_wrong_name_is_a_table_and_its_name_does_nothing(signed_in, portfolio, name, kind):
    """The name is shown and nothing else: it is no path, no type, and no markup."""
    answer = send(signed_in, "import-start", portfolio, TABLE, name=name or "x", kind=kind)
    assert answer.status_code == 302
    page = signed_in.get(answer.headers["Location"])
    assert b"<script>alert" not in page.content
    (batch,) = TransactionImport.objects.all()
    assert "/" not in batch.file_name.replace("</script>", "")
    assert len(batch.file_name) <= 255
    listed = signed_in.get(reverse("import-list", args=[portfolio.pk]))
    assert b"<script>alert" not in listed.content


@pytest.mark.parametrize("field", ["image", "files", "file2", "avatar"])
def test_file_in_another_field_is_not_kept(signed_in, portfolio, field):
    url = reverse("import-start", args=[portfolio.pk])
    assert signed_in.post(url, {field: SimpleUploadedFile("a.csv", TABLE)}).status_code == 400
    assert TransactionImport.objects.count() == 0


def test_cells_with_markup_are_shown_as_text(signed_in, portfolio):
    evil = "<script>alert(1)</script>"
    table = f"date,type,symbol,quantity,price,currency,note\n2024-01-02,BUY,{evil},1,1,EUR,{evil}\n".encode()
    answer = send(signed_in, "import-start", portfolio, table, name="a.csv", kind="text/csv")
    page = signed_in.get(answer.headers["Location"]).content
    assert b"<script>alert" not in page
    assert b"&lt;script&gt;alert" in page

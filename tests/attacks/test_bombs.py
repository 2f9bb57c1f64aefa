"""Files that unpack or expand to far more than they are: refused before they fill memory or time."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core.actor import Actor
from market.errors import ImportRefused
from portfolios.models import TransactionImport
from portfolios.services.portfolios import create_portfolio
from tests.market.builders import bring_in
from tests.support import ground
from tests.support.database import alone

pytestmark = pytest.mark.django_db
MEBIBYTE = 1 << 20
MOST_MEMORY = 60 * MEBIBYTE
LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a0 "lol">%s]><lolz>&a9;</lolz>""" % b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
)
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY % y SYSTEM "http://127.0.0.1:9/x"> %y;]>
<x>&x;</x>"""


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED, name: str = "AAA.csv") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def lying(bomb: bytes, size: int) -> bytes:
    """Say in the archive's directory that a member is small."""
    place = bomb.rindex(b"PK\x01\x02") + 24
    first = bomb.index(b"PK\x03\x04") + 22
    bomb = bomb[:place] + size.to_bytes(4, "little") + bomb[place + 4 :]
    return bomb[:first] + size.to_bytes(4, "little") + bomb[first + 4 :]


def workbook(sheet: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return packed.getvalue()


def nest(content: bytes, depth: int) -> bytes:
    for _ in range(depth):
        content = zipped(content, name="inner.zip")
    return content


def huge() -> bytes:
    return b"date,close\n" + b"\n" * (256 * MEBIBYTE)


BOMBS: dict[str, Callable[[], bytes]] = {
    "deflate": lambda: zipped(huge()),
    "deflate that lies": lambda: lying(bomb("deflate"), 100),
    "bzip2": lambda: zipped(huge(), zipfile.ZIP_BZIP2),
    "lzma": lambda: zipped(huge(), zipfile.ZIP_LZMA),
    "gzip": lambda: gzip.compress(huge()),
    "gzip of gzip": lambda: gzip.compress(bomb("gzip")),
    "bare bzip2": lambda: bz2.compress(huge()),
    "bare xz": lambda: lzma.compress(huge(), preset=0),
    "nested": lambda: nest(bomb("deflate"), 5),
    "workbook": lambda: workbook(LAUGHS),
    "workbook of outside": lambda: workbook(OUTSIDE),
    "laughs": lambda: LAUGHS,
    "outside": lambda: OUTSIDE,
    "laughs in UTF-16": lambda: LAUGHS.decode().encode("utf-16"),
}


def bomb(kind: str) -> bytes:
    """Build a bomb, or take it from whichever worker of this run has built it: some take seconds."""
    with alone(f"bomb {kind}") as is_first:
        kept = ground.test_root() / f"bomb {kind}"
        if is_first:
            kept.write_bytes(BOMBS[kind]())
        return kept.read_bytes()


@pytest.fixture
def content(kind) -> bytes:
    return bomb(kind)


@pytest.fixture
def bounded(content):
    """Hold what happens in the test, once its file is made, to some memory and some seconds."""
    tracemalloc.start()
    begun = time.monotonic()
    yield
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert time.monotonic() - begun < 20


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize("kind", BOMBS)
def test_prices_are_refused(content):
    with pytest.raises(ImportRefused):
        bring_in(content, name="AAA.csv")


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize("way", ["page", "form", "json"])
@pytest.mark.parametrize("kind", BOMBS)
def test_transactions_are_refused(victim, signed_in, content, way):
    portfolio = create_portfolio(actor=Actor.user(victim), owner_id=victim.pk, name="A", currency="EUR")
    answer = upload(signed_in, portfolio.pk, content, way)
    assert answer.status_code == 400
    assert b"root:" not in answer.content
    assert TransactionImport.objects.count() == 0


def upload(client: Client, portfolio: Any, content: bytes, way: str, name: str = "a.csv") -> Any:
    """Send a file by the page, by the API's form, or as the API's text."""
    if way == "json":
        url, body = reverse("api-imports", args=[portfolio]), {"content": content.decode("latin-1")}
        return client.post(url, body, content_type="application/json")
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    route = "import-start" if way == "page" else "api-imports"
    return client.post(reverse(route, args=[portfolio]), {"file": file})


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize(
    "content",
    [
        b"date,type\n" + b"," * (2 * MEBIBYTE),
        b"a," * MEBIBYTE,
        b'"' * (2 * MEBIBYTE),
        b'date,type\n"' + b"x" * (2 * MEBIBYTE),
        b"date,type\n" + b'"\n' * MEBIBYTE,
        b"date,type,amount,currency\n" + b"2024-01-02,DEPOSIT," + b"9" * MEBIBYTE + b",EUR\n",
        b"date,type,amount,currency\n" + b"2024-01-02,DEPOSIT,1e999999999,EUR\n" * 1000,
        b"date,type,amount,currency\n2024-01-02," + b"\xcc\x81" * MEBIBYTE + b",1,EUR\n",
    ],
    ids=["cells", "columns", "quotes", "open quote", "quoted lines", "digits", "exponent", "accents"],
)
def test_text_that_is_hard_to_read_is_read_or_refused_in_bounded_time(victim, signed_in, content):
    portfolio = create_portfolio(actor=Actor.user(victim), owner_id=victim.pk, name="A", currency="EUR")
    assert upload(signed_in, portfolio.pk, content, "form").status_code in {201, 400, 413}

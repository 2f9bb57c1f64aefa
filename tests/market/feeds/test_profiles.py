"""Company profiles and logos: asked for behind the page, checked, and served by us."""

from __future__ import annotations

import zlib

import pytest
from celery import current_app
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from market.domain.images import cleaned
from market.models import Exchange, PriceSource
from market.selectors.profiles import profile_of
from market.tasks import fetch_profile
from tests.support.sources import Source, payload, says

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04JF\xff\xe1\x00\x08SECRET\xff\xdb\x00\x03\x01"
    b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00\xff\xda\x00\x03\x01data\xff\xd9"
)


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def png(width: int = 1, height: int = 1, *more: bytes) -> bytes:
    header = chunk(b"IHDR", width.to_bytes(4) + height.to_bytes(4) + b"\x08\x00\x00\x00\x00")
    data = chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    return PNG + header + b"".join(more) + data + chunk(b"IEND", b"")


def test_a_picture_is_rebuilt_from_what_it_needs():
    text = chunk(b"tEXt", b"Comment\x00<script>")
    assert cleaned(png(1, 1, text) + b"<html>").body == png()
    assert cleaned(JPEG + b"<?php").body == JPEG.replace(b"\xff\xe1\x00\x08SECRET", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"<svg onload='x()'/>", b"GIF89a", b"", PNG, png()[:-6], png(4096, 1), png(0, 1),
        png().replace(b"IDAT", b"IDAX"), JPEG[:20], b"\xff\xd8\xff\xda\x00\x02\xff\xd9", b"x" * 300_000,
        png(1, 1, b"\x00\x00\x00\x00" + b"junk" * 2),
    ],
    ids=lambda data: f"{data[:8]!r}-{len(data)}",
)  # fmt: skip
def test_what_is_no_picture_of_ours_is_not_taken(data):
    assert cleaned(data) is None


@pytest.fixture(scope="module")
def server():
    started = Source()
    yield started
    started.close()


@pytest.fixture
def company(server, settings, instrument):
    """Apple as Finnhub describes it, with a logo beside it."""
    cache.clear()
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    server.forget()
    PriceSource.objects.create(name="finnhub", kind="finnhub", key="k3y-of-the-source", base_url=server.url)
    body = payload("finnhub-profile2.json").body.decode()
    address = body.partition('"logo": "')[2].partition('"')[0]
    server.on("/stock/profile2", says(body.replace(address, f"{server.url}/logo.png")))
    server.on("/logo.png", says(png() + b"<script>"))
    Exchange.objects.create(mic="XNAS", name="Nasdaq", time_zone="America/New_York")
    return instrument("AAPL", exchange_id="XNAS")


@pytest.fixture
def sent(monkeypatch):
    rows = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_: rows.append((name, args)))
    return rows


@pytest.mark.django_db
def test_a_page_does_not_wait_and_the_next_one_has_it(company, server, sent, ida):
    browser = Client()
    browser.force_login(ida)
    url = reverse("instrument-logo", args=[company.uuid])
    assert browser.get(url).status_code == 404
    assert browser.get(url).status_code == 404
    assert sent == [("market.tasks.fetch_profile", [company.pk])]  # once
    assert server.paths == []
    fetch_profile(company.pk)
    profile = profile_of(company)
    assert (profile.name, profile.source, profile.has_logo) == ("Apple Inc", "finnhub", True)
    answer = browser.get(url)
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (200, "image/png", png())
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert len(sent) == 1


@pytest.mark.django_db
def test_a_program_is_no_logo(company, server, sent):
    server.on("/logo.png", says("<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"))
    fetch_profile(company.pk)
    assert profile_of(company).has_logo is False


@pytest.mark.django_db
def test_what_nobody_knows_is_not_asked_for_again_today(company, server, sent):
    server.on("/stock/profile2", says({}))
    fetch_profile(company.pk)
    assert profile_of(company) is None
    assert sent == []
    assert PriceSource.objects.get().failures == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "asked_again"), [(500, 1), (429, 1), (403, 0)])
def test_who_fails_for_a_while_is_asked_again_and_who_refuses_is_not(
    company, server, sent, status, asked_again
):
    server.on("/stock/profile2", says({}, status=status))
    fetch_profile(company.pk)
    assert profile_of(company) is None
    assert len(sent) == asked_again


@pytest.mark.django_db
def test_a_page_is_shown_without_a_broker_and_own_instruments_are_nobodys_business(
    company, instrument, monkeypatch, sent, ida
):
    assert profile_of(instrument("OWN", owner=ida)) is None
    assert profile_of(instrument("FIC", is_fictional=True)) is None
    assert sent == []

    def away(*_args, **_options):
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", away)
    assert profile_of(company) is None

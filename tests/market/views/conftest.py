"""Signed-in browsers, a stopped clock, and pages read as they are seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils.html import strip_tags

from market.models import Instrument

NOW = datetime(2024, 3, 8, 12, tzinfo=UTC)


@pytest.fixture
def march() -> Iterator[None]:
    """Stop the clock at noon of Friday, 8 March 2024."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def reader(db: None, ida: Any, march: None) -> Client:
    client = Client()
    client.force_login(ida)
    return client


@pytest.fixture
def stranger(db: None, sven: Any, march: None) -> Client:
    client = Client()
    client.force_login(sven)
    return client


@pytest.fixture
def mine(instrument: Callable[..., Instrument], ida: Any) -> Instrument:
    """An instrument of Ida's own, quoted in hundredths of a pound."""
    return instrument("MINE", owner=ida, name="My Fund", currency="GBP", quote_unit="0.01", kind="fund")


def page_of(one: Instrument, rest: str = "") -> str:
    return f"/market/{one.uuid}/{rest}"


def words(response: HttpResponse) -> str:
    """Read a page as it is seen: no markup, every run of white space one space."""
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()).replace("&nbsp;", " ")).strip()

"""The examples of docs/algorithms/alert-rules.md."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from alerts.domain.clauses import OURS, PURCHASES, Asked
from alerts.domain.conditions import Step
from alerts.domain.rules import WHOLE, Kind
from market.domain.bars import BarRow
from tests.alerts.naive import Naive
from tests.market.quotes.told import NOON

PAGE = Path(settings.BASE_DIR) / "docs/algorithms/alert-rules.md"
ROW = re.compile(r"\| `(\w+) ([^`]+)` \|([\d. ]*)\| ([\d.]+|none) \| ([^|]+) \| (\d+|–) \|")
ROWS = [match.groups() for line in PAGE.read_text("utf-8").splitlines() if (match := ROW.match(line))]


def asked(kind: str, parameters: str) -> Asked:
    values: dict[str, Any] = dict(one.split("=") for one in parameters.split())
    for name in values.keys() - {"direction"}:
        values[name] = int(values[name]) if name in WHOLE else Decimal(values[name])
    return Asked(Kind(kind), **values)


def first_fired(row: tuple[str, ...]) -> str:
    kind, parameters, closes, stood, batches, _expected = row
    days = [Decimal(one) for one in closes.split()]
    start = NOON.date() - timedelta(days=len(days))
    bars = [BarRow(start + timedelta(days=at), close) for at, close in enumerate(days)]
    price = None if stood == "none" else Decimal(stood)
    naive = Naive("any", [(asked(kind, parameters), 1)], {1: bars}, None, returns=True)
    naive.arm({} if price is None else {1: price}, NOON)
    at, number = NOON, 0
    for word in batches.split():
        if word.startswith("+"):
            at += timedelta(minutes=int(word[1:]))
            continue
        path = [Decimal(one) for one in word.split(">")]
        at, number = at + timedelta(minutes=1), number + 1
        if price is not None and at.date() > NOON.date() and bars[-1].day < at.date() - timedelta(days=1):
            bars.append(BarRow(at.date() - timedelta(days=1), price))
        whole = path if price is None else [price, *path]
        naive.batch(number, at, {1: Step(price, path[-1], min(whole), max(whole))}, {})
        price = path[-1]
    return str(naive.fired[0]) if naive.fired else "–"


@pytest.mark.parametrize("row", ROWS, ids=[" ".join((row[0], row[3], row[4])) for row in ROWS])
def test_example_fires_with_the_batch_that_the_page_says(row):
    assert first_fired(row) == row[-1]


def test_page_has_an_example_of_every_kind():
    shown = {Kind(row[0]) for row in ROWS}
    assert shown == OURS - PURCHASES - {Kind.VOLUME_UNUSUAL}

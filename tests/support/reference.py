"""The outside reference numbers, and which of them belong to a later issue.

A test that stands for a case carries `@reference("case-id", …)` and takes it as `case`; a test in
tests/reference holds that every case is either tested so or listed here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[1] / "reference" / "data"
DOCS = Path(__file__).parents[2] / "docs" / "algorithms"
Case = dict[str, Any]


def _load(name: str) -> dict[str, Any]:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


ACCOUNTING: dict[str, Case] = {case["id"]: case for case in _load("accounting")["cases"]}
GHOSTFOLIO: dict[str, Case] = {case["id"]: case for case in _load("ghostfolio")["cases"]}
PROBES: dict[str, Case] = {case["id"]: case for case in _load("ghostfolio")["probes"]}
ORDERS: dict[str, Case] = {
    case["id"]: case for group in ("order_cases", "account_cases") for case in _load("orders")[group]
}
EVERY: dict[str, Case] = {**ACCOUNTING, **GHOSTFOLIO, **PROBES, **ORDERS}

LATER: dict[str, str] = dict.fromkeys(ORDERS, "the simulator's issue: matching of orders, paper accounts")


def reference(*ids: str) -> pytest.MarkDecorator:
    """Run a test once for each case, named by its id."""
    return pytest.mark.parametrize("case", [EVERY[name] for name in ids], ids=ids)

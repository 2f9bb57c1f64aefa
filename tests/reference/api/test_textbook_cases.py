"""Cases of textbooks and tax offices, written as API calls in `data/textbook.json`; a program runs them.

Each says what to create and what to read after it. A JSON number is held to within a billionth, text
exactly; null stands for undefined, whose reason is read beside it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.reference import DATA, DOCS

CASES = json.loads((DATA / "textbook.json").read_text(encoding="utf-8"))["cases"]
NAMES = ("date", "symbol", "label", "currency", "key")


def set_up(program, case):
    """Create what a case names; the portfolio."""
    base = case.get("currency", "EUR")
    for symbol in {row.get("instrument") for row in case["transactions"]} | set(case.get("instruments", ())):
        if symbol:
            about = dict(case.get("instruments", {}).get(symbol, {}))
            program.instrument(symbol, about.pop("currency", base), about.pop("closes", None), **about)
    for pair, by_day in case.get("rates", {}).items():
        program.rates(*pair.split("/"), by_day)
    for action in case.get("actions", ()):
        body = dict(action)
        path = f"/api/v1/instruments/{program.symbols[body.pop('instrument')]}/corporate-actions"
        target = {"target": program.symbols[body["target"]]} if "target" in body else {}
        program.done("POST", path, body | target)
    portfolio, made = program.portfolio(base, **case.get("portfolio", {})), []
    path = f"{portfolio.path}/transactions"
    rows = [
        {**row, "instrument": program.symbols[row["instrument"]]} if "instrument" in row else row
        for row in case["transactions"]
    ]
    if not any("lots" in row for row in rows):
        program.done("POST", f"{path}/batch", rows)
        return portfolio
    for row in rows:
        lots = [{**one, "transaction": made[one["transaction"]]} for one in row.get("lots", ())]
        made.append(program.done("POST", path, row | {"lots": lots})["id"])
    return portfolio


def found_at(answer: Any, path: str) -> Any:
    """Follow a path such as ``items.A.quantity``: rows by number, by name, or by one field of theirs."""
    for step in path.split("."):
        if not isinstance(answer, list):
            answer = answer[step]
        elif step.isdecimal():
            answer = answer[int(step)]
        else:
            names, value = ((step.split("=")[0],), step.split("=")[1]) if "=" in step else (NAMES, step)
            (answer,) = (row for row in answer if value in {row.get(name) for name in names})
    return answer


def wrong(answer, expected, tolerance=1e-9):
    """Tell which figures are not as expected, with both."""
    found = {}
    for path, value in expected.items():
        ours = found_at(answer, path)
        near = isinstance(value, float) and ours is not None
        if (float(ours) != pytest.approx(value, rel=tolerance, abs=tolerance)) if near else (ours != value):
            found[path] = (ours, value)
    return found


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_textbook(case, program):
    portfolio = set_up(program, case)
    for one in case["expected"]:
        found = portfolio.read(one["read"], **one.get("query", {}))
        assert wrong(found, one["is"], case.get("tolerance", 1e-9)) == {}, one["read"]


def test_the_page_of_reference_cases_counts_and_explains_them():
    page = (DOCS / "reference-cases.md").read_text(encoding="utf-8")
    assert f"{len(CASES)} cases of textbooks" in page
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert {case["topic"] for case in CASES} == {
        "xirr", "twr", "lots", "short", "tax", "transfer", "action", "currency", "statement", "income",
        "days", "risk",
    }  # fmt: skip


def test_wrong_figures_are_seen():
    answer = {"a": "1.5", "b": None, "items": [{"symbol": "X", "v": "2", "sold": "2024-01-02"}]}
    right = {"a": "1.5", "b": None, "items.0.v": 2.0, "items.X.v": "2", "items.sold=2024-01-02.symbol": "X"}
    assert wrong(answer, right) == {}
    off = {"a": 1.5000001, "b": 0.0, "items.X.v": "2.0", "items.X.sold": "2024-01-03"}
    assert set(wrong(answer, off)) == set(off)

"""No reference case gets lost: each is tested, or listed with the issue that will test it."""

import ast
from pathlib import Path

from tests.support.reference import EVERY, LATER

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "algorithms" / "reference-cases.md"


def covered() -> set[str]:
    """Collect the ids that decorate a test in this folder."""
    found = set()
    for path in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "reference":
                    found |= {argument.value for argument in mark.args}
    return found


def test_every_reference_case_is_tested_or_listed_for_later():
    assert len(EVERY) == 68 + 23 + 5 + 68 + 21
    assert covered() | set(LATER) == set(EVERY)


def test_no_reference_case_is_both_tested_and_listed_for_later():
    assert covered() & set(LATER) == set()


def test_the_page_of_reference_cases_names_what_is_left_for_later_and_counts_the_rest():
    page = PAGE.read_text(encoding="utf-8")
    rows = {
        cells[1].strip().strip("`"): cells[2].strip()
        for cells in (line.split("|") for line in page.splitlines() if line.startswith("| `"))
    }
    single = {name: why for name, why in LATER.items() if not why.startswith("the simulator")}
    assert rows == single
    assert f"{len(covered())} of {len(EVERY)} cases are tests" in page
    assert f"{len(LATER) - len(single)} cases of order matching" in page

"""No reference case gets lost: each is tested, or waits for the simulator."""

import ast
import re
from pathlib import Path

from tests.support.reference import DOCS, EVERY, LATER

HERE = Path(__file__).parent


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


def test_the_page_of_reference_cases_counts_them_and_names_only_what_is_tested():
    page = (DOCS / "reference-cases.md").read_text(encoding="utf-8")
    assert f"{len(covered())} of {len(EVERY)} cases are tests" in page
    assert f"{len(LATER)} cases of order matching" in page
    firsts = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = {name for cell in firsts for name in re.findall("`([^`]+)`", cell)}
    assert len(named) > 20
    assert named <= covered()

"""Each outside case is run over the API, waits for the simulator, or is on the page with both numbers."""

import ast
from pathlib import Path

from tests.support.reference import DOCS, EVERY, LATER

HERE = Path(__file__).parent
FUNCTION = "the API annualises a return by its days and from a year on; the function is tested with these"
UNSAID: dict[str, str] = {
    "pp-volatility-filter": "a case of daily totals and returns, not of transactions; the function is tested",
    "pp-drawdown-below-minus-100": "an index below zero needs a price below zero; the function is tested",
    "empyrical-annual-return": FUNCTION,
    "empyrical-cagr": FUNCTION,
}


def literals(node, tree):
    """Read the ids of a mark: literals, or the module's tuples of them."""
    if isinstance(node, ast.Starred):
        (found,) = (
            one.value
            for one in tree.body
            if isinstance(one, ast.Assign) and one.targets[0].id == node.value.id
        )
        return set(ast.literal_eval(found))
    return {ast.literal_eval(node)}


def covered():
    """Collect the ids that decorate a test in this folder."""
    found = set()
    for path in HERE.glob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        marks = [
            mark
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for mark in node.decorator_list
        ]
        for mark in marks:
            if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "reference":
                found = found.union(*(literals(argument, tree) for argument in mark.args))
    return found


def test_every_case_is_run_over_the_api_or_named_with_its_reason():
    assert covered() | set(UNSAID) | set(LATER) == set(EVERY)


def test_no_case_is_both_run_over_the_api_and_named_as_left_out():
    assert covered() & (set(UNSAID) | set(LATER)) == set()
    assert set(UNSAID) & set(LATER) == set()


def test_case_that_is_not_run_over_the_api_is_on_the_page_with_both_numbers():
    page = (DOCS / "reference-cases.md").read_text(encoding="utf-8")
    assert [name for name in UNSAID if f"| `{name}`" not in page] == []

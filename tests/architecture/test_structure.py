"""The house rules that a machine can hold: who imports whom, how large things get, what is typed."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "core", "accounts", "market", "portfolios", "alerts")
MODULE_CAP = 400
MODULE_P90 = 350
FUNCTION_CAP = 60
FUNCTION_P90 = 30
FUNCTION_MEDIAN = 12
CLASS_CAP = 250


def sources() -> list[Path]:
    found = [
        path
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and "__pycache__" not in path.parts
    ]
    assert len(found) > 80
    return found


def parsed() -> Iterator[tuple[Path, ast.Module]]:
    for path in sources():
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def functions() -> list[tuple[str, int]]:
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1)
        for path, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]


def p90(sizes: list[int]) -> float:
    return statistics.quantiles(sizes, n=10)[-1]


def test_imports_keep_the_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [linter, "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    assert "0 broken" in result.stdout


def test_modules_stay_small() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {str(path.relative_to(ROOT)): size for path, size in sizes.items() if size > MODULE_CAP} == {}
    assert p90(list(sizes.values())) <= MODULE_P90


def test_functions_stay_small() -> None:
    found = functions()
    assert [name for name, size in found if size > FUNCTION_CAP] == []
    sizes = [size for _, size in found]
    assert p90(sizes) <= FUNCTION_P90
    assert statistics.median(sizes) <= FUNCTION_MEDIAN


def test_classes_stay_small() -> None:
    large = [
        f"{path.relative_to(ROOT)} {node.name}"
        for path, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno + 1 > CLASS_CAP
    ]
    assert large == []


def service_functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path, tree in parsed():
        relative = path.relative_to(ROOT)
        if "services" not in relative.parts and path.name != "services.py":
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{relative} {node.name}", node


def test_services_are_keyword_only_and_typed() -> None:
    positional = [
        name
        for name, node in service_functions()
        if node.args.args and any("atomic" in ast.unparse(one) for one in node.decorator_list)
    ]
    untyped = [name for name, node in service_functions() if node.returns is None]
    assert (positional, untyped) == ([], [])


def own_models() -> list[type[models.Model]]:
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def test_no_model_keeps_a_float() -> None:
    floats = [
        f"{model.__name__}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FloatField)
    ]
    assert floats == []


def test_decimal_columns_are_all_numeric_38_18() -> None:
    other = [
        f"{model.__name__}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.DecimalField) and (field.max_digits, field.decimal_places) != (38, 18)
    ]
    assert other == []


LOWER = {"core": 0, "accounts": 1, "market": 1, "portfolios": 2, "alerts": 3, "config": 4}


def test_foreign_keys_upward_have_no_reverse_name() -> None:
    """A reverse accessor would let a lower room reach a higher one past the import contracts."""
    leaking = [
        f"{model.__name__}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model._meta.app_label in LOWER
        and LOWER[field.related_model._meta.app_label] < LOWER[model._meta.app_label]
        and not (field.remote_field.related_name or "").endswith("+")
    ]
    assert leaking == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "HACK", "NotImplementedError"])
def test_sources_hold_nothing_unfinished(word: str) -> None:
    assert [str(path) for path in sources() if word in path.read_text(encoding="utf-8")] == []

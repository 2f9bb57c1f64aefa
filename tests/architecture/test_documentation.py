"""What docs/ lists is what the code has: settings, errors, events, commands, metrics, links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from django.core.management import get_commands
from prometheus_client import REGISTRY

from core.errors import DomainError
from core.management.commands.events import known_events

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
APPS = ("config", "core", "accounts", "market", "portfolios", "alerts")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FRAMEWORK_CODES = {"method-not-allowed", "not-acceptable", "unsupported-media-type"}
README_LINES = 150


def tabled(page: str) -> list[str]:
    """List the names in the first column of a page's tables."""
    rows = re.findall(r"^\| (`[^|]+`) \|", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def trees(*folders: str) -> Iterator[ast.Module]:
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            yield ast.parse(path.read_text(encoding="utf-8"))


def first_text(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def calls_on(tree: ast.Module, owners: Iterable[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) in owners
        ):
            yield node


def variables_read() -> set[str]:
    names = {
        first_text(call)
        for tree in trees(*APPS)
        for call in calls_on(tree, ("env", "os.environ"))
        if isinstance(call.func, ast.Attribute)
        and call.func.attr not in {"db_url_config", "email_url_config", "items"}
    }
    assert None not in names, "a variable's name is computed: the documentation cannot be compared"
    return {name for name in names if name is not None}


def codes_given() -> set[str]:
    """List the codes that are given where a DomainError is raised."""
    kinds = {kind.__name__ for kind in error_classes()}
    return {
        keyword.value.value
        for tree in trees(*APPS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in kinds
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }


def error_classes() -> set[type[DomainError]]:
    for app in APPS:
        for module in walk_packages([str(ROOT / app)], prefix=f"{app}."):
            if not module.name.startswith("config.settings") and not module.name.endswith("sgi"):
                import_module(module.name)  # an error class is known once its module is
    found, waiting = set(), [DomainError]
    while waiting:
        kind = waiting.pop()
        found.add(kind)
        waiting += [one for one in kind.__subclasses__() if one.__module__.split(".")[0] in APPS]
    return found


def pages() -> list[Path]:
    return [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]


def anchors(page: Path) -> set[str]:
    """List the anchors of a page's headings, as code hosts make them."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


def test_settings_page_tables_every_variable_once():
    listed = tabled("settings.md")
    assert sorted(listed) == sorted(variables_read())


def test_settings_read_the_names_of_older_deployments():
    assert {
        "POSTGRES_USER",
        "DB_HOST",
        "PROD_DB_CONNECTION",
        "REDIS_PORT",
        "JWT_EXPIRY_MINUTES",
    } <= variables_read()


def test_errors_page_tables_every_code_once():
    codes = {kind.code for kind in error_classes()} | codes_given() | FRAMEWORK_CODES
    assert sorted(tabled("errors.md")) == sorted(codes)


def test_errors_page_gives_each_code_its_status():
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", text, re.MULTILINE))
    own = {kind.code: str(kind.status) for kind in error_classes() if not kind.code.startswith("embedded-")}
    assert {code: shown.get(code) for code in own} == own


def test_error_codes_are_unique():
    codes = [kind.code for kind in error_classes()]
    assert sorted(codes) == sorted(set(codes))


def test_events_page_tables_every_event_once():
    assert sorted(tabled("events.md")) == sorted(
        f"{one.__module__}.{one.__qualname__}" for one in known_events()
    )


def test_commands_page_tables_every_command_once():
    assert sorted(tabled("commands.md")) == sorted(
        name for name, app in get_commands().items() if app in APPS
    )


def own_metrics() -> set[str]:
    """Name them as Prometheus is told of them."""
    return {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in REGISTRY.collect()
        if metric.name.startswith("florin_")
    }


@pytest.mark.django_db
def test_metrics_page_tables_every_metric_of_ours():
    assert {name for name in tabled("metrics.md") if name.startswith("florin_")} == own_metrics()


@pytest.mark.django_db
def test_metrics_page_names_only_what_is_exported(client):
    client.get("/health/live")
    exported = set(re.findall(r"^# TYPE (\S+)", client.get("/metrics").content.decode(), re.MULTILINE))
    listed = set(tabled("metrics.md"))
    assert listed - exported == set()


def test_links_between_the_pages_resolve():
    broken = []
    for page in pages():
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", target):
                continue
            place, _, anchor = target.partition("#")
            other = (page.parent / place).resolve() if place else page
            if not other.exists() or (anchor and other.suffix == ".md" and anchor not in anchors(other)):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_pages_are_reached_from_somewhere():
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in pages()
        for target in LINK.findall(page.read_text(encoding="utf-8"))
    }
    folders = {path for path in linked if path.is_dir()}
    alone = [
        page
        for page in pages()
        if page not in linked and page.parent not in folders and page.name != "README.md"
    ]
    assert [str(page.relative_to(ROOT)) for page in alone] == []


def test_pages_name_no_path_of_a_machine():
    found = [
        f"{page.relative_to(ROOT)}: {path}"
        for page in pages()
        for path in re.findall(
            r"(?<![\w.:/])/(?:home|root|Users|tmp|work|private|opt)/[\w./-]*",
            page.read_text(encoding="utf-8"),
        )
    ]
    assert found == []


def test_readme_stays_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_decisions_are_numbered_without_gaps_and_titled():
    decisions = sorted((DOCS / "adr").glob("*.md"))
    numbers = [int(path.name[:4]) for path in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    for path, number in zip(decisions, numbers, strict=True):
        assert path.read_text(encoding="utf-8").startswith(f"# {number}. "), path.name

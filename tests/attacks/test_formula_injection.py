"""What people write must not become a formula in the spreadsheet of whoever opens an export."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from market.models import Instrument
from portfolios.models import Portfolio, Transaction
from tests.api.routes import Call, Route, Scene, pages, routes
from tests.api.test_page_permissions import page_scene, signed_in
from tests.api.test_permissions import Person

pytestmark = pytest.mark.django_db
FORMULAS = [
    "=cmd|'/c calc'!A1",
    "+1+cmd|'/c calc'!A1",
    "-2+3+cmd|'/c calc'!A1",
    "@SUM(1+1)*cmd|'/c calc'!A1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    '=HYPERLINK("http://evil.example.net","x")',
    "'=1+1",
]
DANGEROUS = tuple("=+-@\t\r\n")
KNOWN = {"transaction-export", "instrument-bars-csv"}


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org").keep_session()


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return page_scene(ada)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


def is_table(answer: Any) -> bool:
    return answer.headers.get("Content-Type", "").startswith(("text/csv", "text/tab", "application/vnd"))


def tables_of(answer: Any) -> list[str]:
    """Read the tables that an answer holds: it is one, or an archive of some."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.headers.get("Content-Type", "").startswith("application/zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".csv")]
            return [archive.read(name).decode("utf-8-sig") for name in names]
    return [content.decode("utf-8-sig")] if is_table(answer) else []


def exports(ada: Person, scene: Scene, some: list[Route]) -> dict[str, list[str]]:
    """Ask for the addresses, and keep those that answer with tables."""
    client = signed_in(ada)
    found = {route.name: tables_of(client.get(scene.url(route))) for route in some}
    return {name: tables for name, tables in found.items() if tables}


@pytest.fixture(scope="module")
def of_tables(ada, stage) -> list[Route]:
    """Ask for every address that answers a read, once: which of them are tables hangs on no name."""
    reads = [one for one in (*routes(), *pages()) if "get" in one.methods and one.name not in stage.on_demand]
    found = exports(ada, stage.copy(), reads)
    assert set(found) >= KNOWN
    return [one for one in reads if one.name in found]


def runs(cell: str) -> bool:
    """Tell whether a spreadsheet takes the cell for a formula; a negative number is none."""
    if not cell.startswith(DANGEROUS):
        return False
    try:
        Decimal(cell)
    except InvalidOperation:
        return True
    return False


@pytest.mark.parametrize("formula", FORMULAS, ids=range(len(FORMULAS)))
def test_no_export_holds_a_formula(ada, scene, of_tables, formula):
    Portfolio.objects.update(name=formula, note=formula)
    Instrument.objects.update(name=formula, symbol=formula[:40], sector=formula)
    Transaction.objects.update(note=formula, external_id=formula)
    User.objects.update(name=formula)
    found = exports(ada, scene, of_tables)
    assert set(found) == {one.name for one in of_tables}
    for name, tables in found.items():
        for table in tables:
            cells = [cell for row in csv.reader(io.StringIO(table, newline="")) for cell in row]
            assert [cell for cell in cells if runs(cell)] == [], name


@pytest.mark.parametrize("formula", FORMULAS, ids=range(len(FORMULAS)))
def test_what_was_guarded_reads_back_as_it_was(ada, scene, formula):
    """A guard that an import does not take off again would change people's notes at each round trip."""
    note = " ".join(formula.split())
    Transaction.objects.update(note=note)
    client = signed_in(ada)
    table = client.get(scene.url(next(one for one in routes() if one.name == "transaction-export"))).content
    other = ada.send(Call("post"), reverse("api-portfolios"), {"name": "Copy", "currency": "EUR"}).json()[
        "id"
    ]
    imports = reverse("api-imports", args=[other])
    batch = ada.send(Call("post"), imports, {"content": table.decode()}).json()
    assert ada.send(Call("post"), f"{imports}/{batch['id']}/apply", {}).status_code == 200
    assert set(Transaction.objects.filter(portfolio_id=other).values_list("note", flat=True)) == {note}

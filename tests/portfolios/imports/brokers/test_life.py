"""The life of every broker's file: in once, again nothing, a later export the rest, and out again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from portfolios.domain.brokers import registry
from portfolios.models import Transaction, TransactionImport
from portfolios.services import imports
from tests.portfolios.imports.brokers.reading import content
from tests.portfolios.imports.brokers.test_ibkr import REBOOKED


@dataclass(frozen=True)
class File:
    """A broker's file, how an export of before its last events looked, and how many entries each makes."""

    name: str
    preset: str
    earlier: Callable[[str], str]
    first: int
    whole: int


def without(first: int, last: int) -> Callable[[str], str]:
    """Cut the lines `first` to `last` (from 1) out."""

    def cut(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(lines[: first - 1] + lines[last:])

    return cut


FILES = [
    File("trading212.csv", "trading212", without(6, 13), 4, 9),
    File("degiro-transactions.csv", "degiro-transactions", without(2, 3), 3, 5),
    File("degiro-account.csv", "degiro-account", without(2, 5), 5, 9),
    File("coinbase.csv", "coinbase", without(5, 11), 9, 16),
    File("kraken.csv", "kraken", without(10, 28), 5, 18),
    File("ibkr-activity.csv", "ibkr-activity", without(42, 43), 19, 21),
    File("ibkr-flex.xml", "ibkr-flex", without(21, 24), 8, 11),
    File("portfolio-performance-de.csv", "portfolio-performance-csv", without(8, 16), 6, 13),
    File("portfolio-performance.xml", "portfolio-performance-xml", without(177, 185), 7, 8),
    File("ghostfolio.json", "ghostfolio", without(12, 16), 3, 7),
]


def ledger(portfolio) -> list[tuple[object, ...]]:
    rows = Transaction.objects.filter(portfolio=portfolio, deleted_at=None).order_by(
        "day", "time", "kind", "quantity"
    )
    return [
        (
            row.kind,
            row.time,
            row.instrument_id,
            row.quantity,
            row.price,
            row.currency,
            row.fee,
            row.tax,
            row.fx_rate,
        )
        for row in rows
    ]


@pytest.fixture
def bring(people, portfolio) -> Callable[[str | bytes, str], TransactionImport]:
    """Preview a file, make what it names my own, and apply it."""

    def work(data: str | bytes, name: str) -> TransactionImport:
        data = data.encode() if isinstance(data, str) else data
        given = {"user": people.owner, "portfolio_id": portfolio.pk}
        batch = imports.preview_import(**given, file_name=name, content=data)
        made = {one["label"]: {"create": True, "kind": "stock"} for one in batch.summary["unresolved"]}
        if made:
            batch = imports.remap_import(**given, import_id=batch.pk, mapping={"symbols": made})
        return imports.apply_import(
            actor=Actor.user(people.owner), portfolio_id=portfolio.pk, import_id=batch.pk
        )

    return work


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_file_comes_in_once_grows_and_goes_out(file, bring, people, portfolio, undo):
    text = content(file.name).decode()
    first = bring(file.earlier(text), "first")
    assert first.summary["layout"]["preset"] == file.preset
    assert first.summary["result"]["imported"] == file.first == len(ledger(portfolio))

    second = bring(text, "second")
    assert second.summary["result"]["imported"] == file.whole - file.first
    grown = ledger(portfolio)
    with pytest.raises(Conflict) as caught:
        bring(text, "third")
    assert caught.value.code == "import-empty"
    assert ledger(portfolio) == grown

    undo(second)
    assert len(ledger(portfolio)) == file.first
    undo(first)
    assert ledger(portfolio) == []
    bring(text, "fourth")
    assert ledger(portfolio) == grown


@pytest.mark.parametrize("preset", sorted(registry.BY_KEY))
def test_wrong_broker_is_told_from_a_broken_file(preset, people, portfolio):
    with pytest.raises(ValidationFailed) as caught:
        imports.preview_import(
            user=people.owner, portfolio_id=portfolio.pk, file_name="x",
            content=b"date,type,amount,currency\n2024-01-02,deposit,1,EUR\n", mapping={"preset": preset},
        )  # fmt: skip
    assert caught.value.errors[0].code == "other-broker"


@pytest.mark.parametrize("preset", sorted(registry.BY_KEY))
def test_empty_file_is_told(preset, people, portfolio):
    with pytest.raises(ValidationFailed) as caught:
        imports.preview_import(
            user=people.owner,
            portfolio_id=portfolio.pk,
            file_name="x",
            content=b"  \n",
            mapping={"preset": preset},
        )
    assert caught.value.errors[0].code in {"empty", "other-broker"}


def test_file_of_a_broker_can_be_read_by_its_columns_instead(people, portfolio):
    batch = imports.preview_import(
        user=people.owner, portfolio_id=portfolio.pk, file_name="x", content=content("trading212.csv"),
        mapping={"preset": "csv"},
    )  # fmt: skip
    assert batch.summary["layout"]["preset"] == "csv"
    assert len(batch.summary["layout"]["columns"]) == 25


def test_dividend_that_came_in_before_it_was_booked_anew_is_to_be_deleted(bring, people, portfolio):
    lines = REBOOKED.splitlines(keepends=True)
    bring("".join([*lines[:2], lines[3], lines[8], lines[9]]), "before")
    ((_, _, _, *figures),) = ledger(portfolio)
    assert [str(one.normalize()) for one in (figures[1], figures[4])] == ["284.2", "74.96"]
    batch = imports.preview_import(
        user=people.owner, portfolio_id=portfolio.pk, file_name="after", content=REBOOKED.encode()
    )
    codes = {row["line"]: row["findings"][0]["code"] for row in batch.rows if row["findings"]}
    assert codes[4] == "cancelled-there"

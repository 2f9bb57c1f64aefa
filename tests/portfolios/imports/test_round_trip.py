"""What is exported reads back exactly."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actor import Actor
from core.cells import guarded, unguarded
from portfolios.domain.csv_import.choices import Choices
from portfolios.domain.csv_import.export import ExportRow, written
from portfolios.domain.csv_import.layout import lay_out
from portfolios.domain.csv_import.lots import carried_read, carried_told, chosen_read, chosen_told
from portfolios.domain.csv_import.rows import read_rows
from portfolios.domain.csv_import.text import read_sheet
from portfolios.domain.entries import CarriedLot, EntryKind
from portfolios.models import Transaction
from portfolios.selectors.imports import export_csv, export_json
from portfolios.selectors.ledger import read
from portfolios.services import imports
from portfolios.services.inputs import FIELDS, TransactionInput
from portfolios.services.portfolios import create_portfolio
from portfolios.services.transactions import add_transactions
from tests.support import archives


@pytest.fixture
def world(db):
    return archives.everything()


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
POSITIVE = st.decimals(Decimal("0.000000000000000001"), Decimal(10) ** 19, places=18)
NOT_NEGATIVE = st.decimals(0, Decimal(10) ** 19, places=18)
TIMES = st.datetimes(
    datetime(1950, 1, 1),  # noqa: DTZ001 (the strategy adds the zone)
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.builds(
        timezone, st.integers(-14 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes))
    ),
)
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "BTC"])
LOTS = st.builds(
    CarriedLot, acquired=st.dates(), quantity=POSITIVE, cost=st.none() | NOT_NEGATIVE,
    cost_base=st.none() | NOT_NEGATIVE, charges=st.none() | NOT_NEGATIVE, base=st.just("USD"),
)  # fmt: skip
ROWS = st.builds(
    ExportRow,
    time=TIMES,
    kind=st.sampled_from([kind.value for kind in EntryKind]),
    symbol=st.sampled_from(["", "ABC", "=SUM", "-X", "EUR", "ünï"]),
    isin=st.sampled_from(["", "US0378331005"]),
    name=TEXTS,
    quantity=st.decimals(-(Decimal(10) ** 19), Decimal(10) ** 19, places=18),
    price=st.none() | NOT_NEGATIVE,
    currency=CURRENCIES,
    fee=NOT_NEGATIVE,
    fee_currency=CURRENCIES,
    tax=NOT_NEGATIVE,
    tax_currency=CURRENCIES,
    fx_rate=st.none() | POSITIVE,
    note=TEXTS,
    external_id=TEXTS,
    group=st.just("") | st.uuids().map(str),
    instrument=st.just("") | st.uuids().map(str),
    entry=st.just("") | st.uuids().map(str),
    lots=st.just("") | st.lists(st.tuples(st.uuids(), POSITIVE), min_size=1, max_size=3).map(chosen_told),
    carried=st.just("") | st.lists(LOTS, min_size=1, max_size=3).map(lambda lots: carried_told("USD", lots)),
)


@given(st.lists(ROWS, min_size=1, max_size=8))
def test_any_ledger_reads_back_exactly(rows):
    sheet = read_sheet(written(rows).encode())
    layout, body = lay_out(sheet, Choices(), "Asia/Tokyo")
    drafts = read_rows(body, layout, Choices())
    assert layout.own
    read = [
        ExportRow(
            time=one.time, kind=one.kind.value, symbol=one.symbol, isin=one.isin, name=one.name,
            quantity=one.quantity, price=one.price, currency=one.currency, fee=one.fee,
            fee_currency=one.fee_currency, tax=one.tax, tax_currency=one.tax_currency, fx_rate=one.fx_rate,
            note=one.note, external_id=one.external_id, group=one.group, instrument=one.instrument,
            entry=one.entry, lots=one.lots, carried=one.carried,
        )
        for one in drafts
    ]  # fmt: skip
    assert read == rows
    assert [one.findings for one in drafts] == [[] for _ in rows]


@given(st.lists(LOTS, min_size=1, max_size=4), st.lists(st.tuples(st.uuids(), POSITIVE), max_size=4))
def test_lots_read_back_exactly(carried, chosen):
    assert carried_read(carried_told("USD", carried)) == carried
    unique = list({key: (key, units) for key, units in chosen}.values())
    assert chosen_read(chosen_told(unique)) == [(str(key), units) for key, units in unique]


@given(TEXTS)
def test_guard_comes_off_again_and_no_formula_is_left(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_portfolio_comes_back_identical_in_another(people, portfolio, market, rated):
    rated("USD", {"2023-01-02": "0.90"})
    actor = Actor.user(people.owner)
    at = datetime(2024, 3, 4, 15, 30, 1, 234567, tzinfo=UTC)
    group = UUID("01900000-0000-7000-8000-000000000001")
    give = {"time": at, "currency": "EUR", "quantity": Decimal(10), "price": Decimal("5.123456789012345678")}
    inputs = [
        TransactionInput(kind=EntryKind.BUY, instrument=market.abc, fee=Decimal("1.1"), note="=1+1", **give),
        TransactionInput(kind=EntryKind.BUY, instrument=market.abc, fee=Decimal("1.1"), note="=1+1", **give),
        TransactionInput(kind=EntryKind.SELL, instrument=market.abc, group=group, external_id="+T1", **give),
        TransactionInput(
            kind=EntryKind.DIVIDEND, instrument=market.usd, tax=Decimal("0.3"), tax_currency="CHF",
            fx_rate=Decimal("0.9"), group=group, **(give | {"currency": "USD"}),
        ),
        TransactionInput(
            kind=EntryKind.TRANSFER_IN, instrument=market.usd, **(give | {"price": None, "currency": "USD"})
        ),
        TransactionInput(kind=EntryKind.FEE, **(give | {"quantity": Decimal(-5), "price": Decimal(1)})),
        TransactionInput(
            kind=EntryKind.INTEREST, **(give | {"quantity": Decimal("-0.5"), "price": Decimal(1)})
        ),
    ]  # fmt: skip
    add_transactions(actor=actor, portfolio_id=portfolio.pk, inputs=inputs)
    other = create_portfolio(
        actor=actor, owner_id=people.owner.pk, name="Copy", currency="EUR", time_zone="Asia/Tokyo"
    )
    batch = imports.preview_import(
        user=people.owner, portfolio_id=other.pk, file_name="c.csv", content=export_csv(portfolio).encode()
    )
    assert batch.summary["counts"] == {"new": 7, "warning": 0, "duplicate": 0, "error": 0, "skipped": 0}
    imports.apply_import(actor=actor, portfolio_id=other.pk, import_id=batch.pk)

    def told(of) -> list[tuple[object, ...]]:
        rows = Transaction.objects.filter(portfolio=of).order_by("sequence")
        return list(rows.values_list(*FIELDS))

    assert told(other) == told(portfolio)
    assert len(told(other)) == 7


@pytest.mark.parametrize("times", [1, 2])
def test_export_into_the_same_portfolio_changes_nothing(desk, times):
    rows = ["2024-01-02,buy,ABC,10,5.5,1,EUR"] * times + ["2024-01-03,deposit,,5,1,0,EUR"]
    desk.apply(desk.preview(*rows))
    batch = imports.preview_import(
        user=desk.people.owner,
        portfolio_id=desk.portfolio.pk,
        file_name="c.csv",
        content=export_csv(desk.portfolio).encode(),
    )
    assert batch.summary["counts"]["duplicate"] == times + 1
    assert batch.summary["counts"]["new"] == 0


def test_lots_chosen_and_moved_come_back_and_what_is_no_lot_is_refused(world):
    copies = []
    for portfolio in (world.main, world.side):
        copy = create_portfolio(
            actor=world.actor, owner_id=world.user.pk, name="Copy", currency=portfolio.currency,
            time_zone=portfolio.time_zone, allow_short=portfolio.allow_short,
        )  # fmt: skip
        batch = imports.preview_import(
            user=world.user, portfolio_id=copy.pk, file_name="c.csv", content=export_csv(portfolio).encode()
        )
        assert batch.summary["counts"]["error"] == 0
        imports.apply_import(actor=world.actor, portfolio_id=copy.pk, import_id=batch.pk)
        copies.append(copy)

    def told(portfolio) -> list[tuple[object, ...]]:
        entries = {one.id: one for one in read(portfolio).entries}
        return [
            (
                one.day,
                one.kind,
                one.quantity,
                one.carried,
                [(entries[pick.acquisition].time, pick.quantity) for pick in one.picks or ()],
            )
            for one in entries.values()
        ]

    assert told(copies[0]) == told(world.main)
    assert told(copies[1]) == told(world.side)
    assert any(one[4] for one in told(copies[0]))
    assert any(one[3] for one in told(copies[1]))
    again = imports.preview_import(
        user=world.user,
        portfolio_id=world.main.pk,
        file_name="c.csv",
        content=export_csv(world.main).encode(),
    )
    assert again.summary["counts"]["new"] + again.summary["counts"]["warning"] == 0
    lines = export_csv(world.main).splitlines()
    (sale,) = [number for number, line in enumerate(lines) if ",sell," in line]
    lines[sale] = lines[sale].replace(":2 ", ":1 ")
    wrong = imports.preview_import(
        user=world.user, portfolio_id=copies[1].pk, file_name="w.csv", content="\n".join(lines).encode()
    )
    (row,) = [one for one in wrong.rows if one["line"] == sale + 1]
    assert (row["verdict"], row["findings"][-1]["code"]) == ("error", "not-lots")


def test_json_tells_what_csv_tells(world):
    told = json.loads(export_json(world.main))
    assert told["portfolio"] == {
        "id": str(world.main.pk), "name": world.main.name, "currency": "EUR", "time_zone": "Asia/Tokyo"
    }  # fmt: skip
    rows = told["transactions"]
    assert len(rows) == len(export_csv(world.main).split("\r\n")) - 2 == 13
    (sale,) = [one for one in rows if one["kind"] == "sell"]
    assert [one["quantity"] for one in sale["lots"]] == ["2", "2"]
    assert {one["entry"] for one in sale["lots"]} <= {one["entry"] for one in rows}
    assert (sale["price"], sale["carried"], sale["fx_rate"]) == ("7.5", [], None)
    moved = [one for one in json.loads(export_json(world.side))["transactions"] if one["carried"]]
    assert [one["base"] for one in moved[0]["carried"]] == ["EUR"]

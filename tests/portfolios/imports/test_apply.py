"""Bring imports in and take them out again: once, whole, and without doubling."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.models import AuditEvent
from market.models import Instrument
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, Transaction, TransactionImport, TransactionRevision
from portfolios.services import imports
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import (
    add_transactions,
    change_transaction,
    delete_transaction,
    restore_transaction,
)

BUY = "2024-01-02,buy,ABC,10,5.5,1,EUR"
SELL = "2024-01-03,sell,ABC,4,6,0.5,EUR"


def test_rows_are_booked_as_they_were_shown(preview, apply, live, market):
    batch = apply(preview(BUY, SELL, "2024-01-04,deposit,,100,1,0,USD"))
    shown = [
        (row.kind, row.day, row.instrument, row.quantity, row.price, row.currency, row.fee, row.fee_currency)
        for row in live()
    ]
    assert shown == [
        ("buy", date(2024, 1, 2), market.abc, Decimal(10), Decimal("5.5"), "EUR", Decimal(1), "EUR"),
        ("sell", date(2024, 1, 3), market.abc, Decimal(4), Decimal(6), "EUR", Decimal("0.5"), "EUR"),
        ("deposit", date(2024, 1, 4), None, Decimal(100), Decimal(1), "USD", Decimal(0), "USD"),
    ]
    assert {row.import_batch_id for row in live()} == {batch.pk}
    assert live()[0].time == datetime(2024, 1, 1, 23, tzinfo=UTC)
    assert (batch.status, bytes(batch.source)) == ("applied", b"")
    assert batch.summary["result"] == {
        "imported": 3, "duplicates": 0, "duplicates_since_preview": 0, "left_out": 0, "skipped": 0,
        "instruments_created": [],
    }  # fmt: skip


def test_rows_with_errors_are_left_out_and_counted(preview, apply, live, market):
    batch = apply(preview(BUY, "2024-01-02,buy,NOPE,1,1,0,EUR", ",,,,,,"))
    assert len(live()) == 1
    assert (batch.summary["result"]["left_out"], batch.summary["result"]["skipped"]) == (1, 1)


def test_strict_refuses_all_and_names_the_line(preview, apply, live, market):
    batch = preview(BUY, "2024-01-02,buy,NOPE,1,1,0,EUR")
    with pytest.raises(ValidationFailed) as caught:
        apply(batch, strict=True)
    assert [one.field for one in caught.value.errors] == ["rows[3].symbol"]
    assert live() == []
    assert TransactionImport.objects.get(pk=batch.pk).status == "previewed"


def test_true_twins_survive_and_a_repeat_doubles_nothing(preview, apply, live, market):
    apply(preview(BUY, BUY, SELL))
    assert len(live()) == 3
    again = preview(BUY, BUY, SELL)
    assert again.summary["counts"]["duplicate"] == 3
    with pytest.raises(Conflict):
        apply(again)
    assert len(live()) == 3


def test_overlapping_file_brings_only_what_is_new(preview, apply, live, market):
    apply(preview(BUY, SELL))
    batch = apply(preview(SELL, BUY, BUY, "2024-01-05,sell,ABC,1,7,0,EUR"))
    assert batch.summary["result"]["imported"] == 2
    assert [(row.kind, row.quantity) for row in live()] == [
        ("buy", 10), ("buy", 10), ("sell", 4), ("sell", 1),
    ]  # fmt: skip


def test_brokers_id_decides_where_there_is_one(preview, apply, live, market):
    head = "date,type,symbol,quantity,price,currency,trade id\n"
    apply(preview("2024-01-02,buy,ABC,1,2,EUR,T1", "2024-01-02,buy,ABC,1,2,EUR,T2", head=head))
    assert len(live()) == 2
    batch = preview(
        "2024-01-02,buy,ABC,1,2,EUR,T2",
        "2024-01-02,buy,ABC,1,2.5,EUR,T1",
        "2024-01-02,buy,ABC,1,2,EUR,T3",
        head=head,
    )
    assert [row["verdict"] for row in batch.rows] == ["duplicate", "duplicate", "new"]
    assert batch.rows[1]["findings"][0]["code"] == "already-there-differs"


def test_edited_row_is_still_known(desk):
    desk.apply(desk.preview(BUY, SELL))
    change_transaction(
        actor=desk.actor,
        transaction_id=desk.live()[0].pk,
        portfolio_id=desk.portfolio.pk,
        changes={"price": Decimal(9), "note": "corrected"},
    )
    again = desk.preview(BUY, SELL)
    assert [row["verdict"] for row in again.rows] == ["duplicate", "duplicate"]
    assert again.rows[0]["findings"][0]["code"] == "already-there-differs"


def test_deleted_twin_is_the_one_that_comes_back(desk):
    desk.apply(desk.preview(BUY, BUY))
    delete_transaction(actor=desk.actor, transaction_id=desk.live()[0].pk, portfolio_id=desk.portfolio.pk)
    again = desk.preview(BUY, BUY)
    assert [row["verdict"] for row in again.rows] == ["new", "duplicate"]


def test_what_came_since_the_preview_is_skipped_and_counted(preview, apply, live, market):
    waiting = preview(BUY, SELL)
    apply(preview(BUY, head="date,type,symbol,quantity,price,fee,currency\n\n"))
    batch = apply(waiting)
    assert batch.summary["result"]["imported"] == 1
    assert batch.summary["result"]["duplicates_since_preview"] == 1
    assert [row["verdict"] for row in batch.rows] == ["duplicate", "new"]
    assert len(live()) == 2


def test_import_applies_once(preview, apply, live, market):
    batch = preview(BUY)
    apply(batch)
    with pytest.raises(Conflict) as caught:
        apply(batch)
    assert caught.value.code == "import-state"
    assert len(live()) == 1


def test_own_instruments_are_made_when_applied(preview, apply, live, market, people):
    head = "date,type,symbol,name,quantity,price,currency\n"
    choice = {"FARM": {"create": True, "kind": "fund", "currency": "CHF"}}
    rows = ("2024-01-02,buy,FARM,Family Farm,2,50,EUR", "2024-01-03,sell,FARM,Family Farm,1,60,EUR")
    batch = apply(preview(*rows, head=head, symbols=choice))
    made = Instrument.objects.get(symbol="FARM")
    assert (made.owner, made.kind, made.currency, made.name) == (people.owner, "fund", "CHF", "Family Farm")
    assert [row.instrument for row in live()] == [made, made]
    assert batch.summary["result"]["instruments_created"] == ["FARM"]
    assert preview(*rows, head=head).summary["counts"]["duplicate"] == 2


def test_instrument_made_meanwhile_is_used(preview, apply, live, market, people):
    batch = preview("2024-01-02,buy,FARM,2,50,0,EUR", symbols={"FARM": {"create": True}})
    made = Instrument.objects.create(symbol="FARM", name="Farm", currency="EUR", owner=people.owner)
    apply(batch)
    assert live()[0].instrument == made


def test_linked_legs_stay_linked(preview, apply, live, market):
    head = "date,type,symbol,quantity,price,currency,group\n"
    apply(preview("2024-01-02,sell,ABC,1,2,EUR,swap", "2024-01-02,buy,USDX,1,2,EUR,swap", head=head))
    groups = {row.group for row in live()}
    assert len(groups) == 1
    assert None not in groups


def test_apply_and_undo_are_audited(preview, apply, undo, market, people):
    batch = preview(BUY)
    apply(batch)
    undo(batch)
    events = AuditEvent.objects.filter(object_id=str(batch.pk)).order_by("at")
    assert [(one.verb, one.actor_id) for one in events] == [
        ("import.applied", people.owner.pk), ("import.undone", people.owner.pk),
    ]  # fmt: skip
    assert events[1].after["removed"] == 1


def test_undo_takes_all_out_and_the_file_can_come_again(desk):
    batch = desk.preview(BUY, BUY, SELL)
    desk.apply(batch)
    revision = Portfolio.objects.get(pk=desk.portfolio.pk).revision
    undone = desk.undo(batch)
    assert desk.live() == []
    assert (undone.status, undone.summary["undone"]) == ("undone", {"removed": 3, "edited": 0})
    assert Portfolio.objects.get(pk=desk.portfolio.pk).revision > revision
    assert TransactionRevision.objects.filter(transaction__import_batch=batch).count() == 3
    assert {row.version for row in Transaction.objects.all()} == {2}
    again = desk.apply(desk.preview(BUY, BUY, SELL))
    assert (again.summary["result"]["imported"], len(desk.live())) == (3, 3)


def test_undo_tells_of_edited_rows_and_leaves_deleted_ones(desk):
    batch = desk.preview(BUY, BUY, SELL)
    desk.apply(batch)
    actor, rows = desk.actor, desk.live()
    delete_transaction(actor=actor, transaction_id=rows[0].pk, portfolio_id=desk.portfolio.pk)
    change_transaction(
        actor=actor, transaction_id=rows[1].pk, portfolio_id=desk.portfolio.pk, changes={"note": "mine"}
    )
    assert desk.undo(batch).summary["undone"] == {"removed": 2, "edited": 1}


def test_undo_is_refused_when_later_sales_need_the_units(desk):
    batch = desk.preview(BUY)
    desk.apply(batch)
    sale = TransactionInput(
        kind=EntryKind.SELL,
        time=datetime(2024, 5, 1, tzinfo=UTC),
        instrument=desk.market.abc,
        quantity=Decimal(3),
        price=Decimal(7),
        currency="EUR",
    )
    add_transactions(actor=desk.actor, portfolio_id=desk.portfolio.pk, inputs=[sale])
    with pytest.raises(Conflict) as caught:
        desk.undo(batch)
    assert caught.value.code == "import-in-use"
    assert "2024-05-01: ABC −3" in caught.value.detail
    assert len(desk.live()) == 2
    assert TransactionImport.objects.get(pk=batch.pk).status == "applied"


def test_deleted_row_that_was_imported_again_does_not_come_back_twice(desk):
    desk.apply(desk.preview(BUY))
    row = desk.live()[0]
    given = {"actor": desk.actor, "transaction_id": row.pk, "portfolio_id": desk.portfolio.pk}
    delete_transaction(**given)
    desk.apply(desk.preview(BUY))
    with pytest.raises(Conflict):
        restore_transaction(**given)
    assert len(desk.live()) == 1


def test_undo_needs_an_applied_import(preview, apply, undo, market):
    batch = preview(BUY)
    with pytest.raises(Conflict):
        undo(batch)
    apply(batch)
    undo(batch)
    with pytest.raises(Conflict):
        undo(batch)


def test_discard_throws_a_preview_away_and_nothing_else(preview, apply, market, people, portfolio):
    actor = Actor.user(people.editor)
    batch = preview(BUY)
    imports.discard_import(actor=actor, portfolio_id=portfolio.pk, import_id=batch.pk)
    assert TransactionImport.objects.count() == 0
    batch = preview(BUY)
    apply(batch)
    with pytest.raises(Conflict):
        imports.discard_import(actor=actor, portfolio_id=portfolio.pk, import_id=batch.pk)


@pytest.mark.parametrize("work", [imports.apply_import, imports.undo_import, imports.discard_import])
def test_only_writers_may_change_an_import(work, preview, market, people, portfolio):
    batch = preview(BUY)
    with pytest.raises(Forbidden):
        work(actor=Actor.user(people.viewer), portfolio_id=portfolio.pk, import_id=batch.pk)
    with pytest.raises(NotFound):
        work(actor=Actor.user(people.stranger), portfolio_id=portfolio.pk, import_id=batch.pk)
    with pytest.raises(NotFound):
        work(actor=Actor.user(people.owner), portfolio_id=portfolio.pk, import_id=portfolio.pk)


def test_ten_thousand_rows_come_in_and_go_out(preview, apply, undo, live, market):
    rows = [f"2024-01-{1 + turn % 28:02},buy,ABC,{turn + 1},2,0,EUR" for turn in range(10_000)]
    batch = apply(preview(*rows))
    assert batch.summary["result"]["imported"] == 10_000
    assert sum(row.quantity for row in live()) == 50_005_000
    assert undo(batch).summary["undone"]["removed"] == 10_000
    assert live() == []

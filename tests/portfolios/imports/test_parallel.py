"""The same file twice at once, on two connections: one wins, nothing doubles."""

from __future__ import annotations

import pytest

from core.actor import Actor
from core.errors import Conflict
from portfolios.models import Transaction, TransactionImport
from portfolios.services import imports
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = ("2024-01-02,buy,ABC,10,5.5,1,EUR", "2024-01-02,buy,ABC,10,5.5,1,EUR", "2024-01-03,sell,ABC,4,6,0,EUR")


def applying(user, batch: TransactionImport):
    def work() -> int | str:
        try:
            done = imports.apply_import(
                actor=Actor.user(user), portfolio_id=batch.portfolio_id, import_id=batch.pk
            )
        except Conflict as refusal:
            return refusal.code
        return int(done.summary["result"]["imported"])

    return work


def test_same_file_previewed_twice_and_applied_at_once_comes_in_once(preview, market, people):
    first, second = preview(*ROWS), preview(*ROWS, user=people.editor)
    results = at_once(applying(people.owner, first), applying(people.editor, second))
    assert sorted(results) == [0, 3]
    assert Transaction.objects.filter(deleted_at=None).count() == 3


def test_one_preview_applied_twice_at_once_comes_in_once(preview, market, people):
    batch = preview(*ROWS)
    results = at_once(applying(people.owner, batch), applying(people.editor, batch))
    assert sorted(results, key=str) == [3, "import-state"]
    assert Transaction.objects.filter(deleted_at=None).count() == 3


def test_undo_twice_at_once_takes_out_once(preview, market, people):
    batch = preview(*ROWS)
    applying(people.owner, batch)()

    def undo() -> int | str:
        try:
            done = imports.undo_import(
                actor=Actor.user(people.owner), portfolio_id=batch.portfolio_id, import_id=batch.pk
            )
        except Conflict as refusal:
            return refusal.code
        return int(done.summary["undone"]["removed"])

    assert sorted(at_once(undo, undo), key=str) == [3, "import-state"]
    assert Transaction.objects.filter(deleted_at=None).count() == 0

"""An archive comes back bit for bit in an instance that has nothing."""

from __future__ import annotations

from types import SimpleNamespace

from core.actor import Actor
from portfolios.models import Transaction, TransactionImport
from portfolios.services import imports
from tests.support.archives import archived, bring, emptied, figures


def test_everything_comes_back(world: SimpleNamespace) -> None:
    data = archived(world)
    before = {one.pk: figures(world.user, one.pk) for one in (world.main, world.side)}
    user = emptied(reference=False)
    bring(data, user)
    again = archived(SimpleNamespace(actor=Actor.user(user), user=user))
    after = {key: figures(user, key) for key in before}
    assert {status for one in before.values() for status, _body in one.values()} == {200}
    assert after == before
    assert again == data


def test_import_that_waits_to_be_undone_is_still_there(world: SimpleNamespace) -> None:
    batch = TransactionImport.objects.filter(status="applied").first()
    assert batch is not None
    rows = Transaction.objects.filter(import_batch=batch).count()
    imports.queue_undo(actor=world.actor, portfolio_id=batch.portfolio_id, import_id=batch.pk)
    bring(archived(world), emptied(reference=False))
    again = TransactionImport.objects.get(pk=batch.pk)
    assert (again.status, "job" in again.summary) == ("applied", False)
    assert Transaction.objects.filter(import_batch=again).count() == rows > 0

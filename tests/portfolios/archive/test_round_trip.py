"""An archive comes back bit for bit in an instance that has nothing."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from accounts.models import User
from core.actor import Actor
from market.services.sample_data import load_fictional, load_real_sample
from portfolios.models import Portfolio, Transaction, TransactionImport
from portfolios.services import imports, samples
from tests.support.archives import archived, bring, emptied, figures, rate


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


@pytest.mark.django_db
def test_the_portfolios_of_the_demo_come_back() -> None:
    user, until = User.objects.create_user("ida@example.org", "x", base_currency="EUR"), date(2025, 6, 30)
    actor = Actor.user(user)
    for code in ("USD", "GBP", "CHF", "JPY"):
        rate(code, "EUR", "1999-12-01", "0.9")
    samples.create_history_sample(actor=actor, owner_id=user.pk, listings=load_real_sample())
    samples.create_fictional_sample(
        actor=actor, owner_id=user.pk, listings=load_fictional(until=until), currency="EUR",
        time_zone="Europe/Berlin", until=until,
    )  # fmt: skip
    keys = sorted(Portfolio.objects.values_list("pk", flat=True))
    before, data = (
        {key: figures(user, key) for key in keys},
        archived(SimpleNamespace(actor=actor, user=user)),
    )
    owner = emptied(reference=False)
    bring(data, owner)
    assert {key: figures(owner, key) for key in keys} == before
    assert archived(SimpleNamespace(actor=actor, user=owner)) == data

"""An archive comes back bit for bit in an instance that has nothing."""

from __future__ import annotations

from types import SimpleNamespace

from core.actor import Actor
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

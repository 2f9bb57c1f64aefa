"""A split converts what alerts wait for, before the first move in new units."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from alerts.models import Level, Trigger
from alerts.services.evaluation import evaluate
from core.models import LIVE_WORLD
from market.models import CorporateAction
from market.services.quotes import apply_due_splits
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db


def test_level_follows_the_split_and_the_new_price_does_not_fire_it(armed, share, tell, traveller):
    tell(share, "400", 1)
    falls, rises = armed(share, "below", "200"), armed(share, "crosses_up", "420")
    CorporateAction.objects.create(
        instrument=share,
        kind="split",
        ex_date=NOON.date() + timedelta(days=1),
        numerator=4,
        denominator=1,
        source="t",
    )
    traveller.move_to(NOON + timedelta(hours=20))
    apply_due_splits(world_id=LIVE_WORLD)
    assert sorted(Level.objects.values_list("level", flat=True)) == [Decimal(50), Decimal(105)]
    tell(share, "101", 21 * 60)
    evaluate(world_id=LIVE_WORLD)
    assert not Trigger.objects.exists()
    tell(share, "105", 21 * 60 + 1)
    evaluate(world_id=LIVE_WORLD)
    assert list(Trigger.objects.values_list("alert", "level", "price")) == [
        (rises.pk, Decimal(105), Decimal(105))
    ]
    falls.refresh_from_db()
    assert (falls.level, falls.state) == (Decimal(50), "armed")

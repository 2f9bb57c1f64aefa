"""A split converts what alerts wait for, before the first move in new units."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from alerts.models import Level, Trigger
from alerts.services.changing import AlertChanges, change_alert
from alerts.services.evaluation import evaluate
from alerts.services.life import duplicate_alert
from core.actor import Actor
from core.models import LIVE_WORLD
from market.models import CorporateAction
from market.services.quotes import apply_due_splits, record_quotes
from tests.alerts.ground import clause
from tests.market.quotes.told import NOON, told

pytestmark = pytest.mark.django_db


def tell_now(share) -> None:
    record_quotes(world_id=LIVE_WORLD, batch=[told(share, "400")])


def split(share, new: int, old: int = 1) -> None:
    CorporateAction.objects.create(
        instrument=share,
        kind="split",
        ex_date=NOON.date() + timedelta(days=1),
        numerator=new,
        denominator=old,
        source="t",
    )


def test_moves_before_the_split_that_nobody_read_are_held_against_the_old_level(
    armed, share, tell, traveller
):
    tell(share, "400", 1)
    quiet, fires = armed(share, "above", "420"), armed(share, "crosses_up", "401")
    tell(share, "402", 2)
    split(share, 4)
    traveller.move_to(NOON + timedelta(hours=20))
    apply_due_splits(world_id=LIVE_WORLD)
    evaluate(world_id=LIVE_WORLD)
    assert list(Trigger.objects.values_list("alert", "level")) == [(fires.pk, Decimal(401))]
    quiet.refresh_from_db()
    assert (quiet.state, quiet.level) == ("armed", Decimal(105))


@pytest.mark.parametrize(
    ("level", "ratio"),
    [
        (("0.000000001", "0.000000000000000001"), (10**12, 1)),
        (("1000000000000", "99999999999999999999.999999999999999999"), (1, 10**12)),
    ],
)
def test_level_that_no_column_would_take_holds_no_split_up(armed, share, traveller, level, ratio):
    tell_now(share)
    alert = armed(share, "crosses_up", level[0])
    split(share, *ratio)
    traveller.move_to(NOON + timedelta(hours=20))
    assert apply_due_splits(world_id=LIVE_WORLD) == 1
    alert.refresh_from_db()
    assert alert.level == Level.objects.get().level == Decimal(level[1])


def test_level_follows_the_split_and_the_new_price_does_not_fire_it(armed, share, tell, traveller):
    tell(share, "400", 1)
    falls, rises = armed(share, "below", "200"), armed(share, "crosses_up", "420")
    split(share, 4)
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


def test_what_is_done_is_armed_again_at_the_converted_level(armed, ruled, share, tell, traveller):
    tell(share, "99", 1)
    plain = armed(share, "above", "100")
    rule = ruled("any", clause("inside", share, level="90", upper="100"), clause("above", share, level="90"))
    tell(share, "101", 2)
    evaluate(world_id=LIVE_WORLD)
    split(share, 10)
    traveller.move_to(NOON + timedelta(hours=20))
    apply_due_splits(world_id=LIVE_WORLD)
    who = {"actor": Actor.user(plain.owner), "user": plain.owner}
    assert duplicate_alert(**who, uuid=plain.uuid).level == Decimal(10)
    again = change_alert(**who, uuid=rule.uuid, changes=AlertChanges(note="again"))
    said = list(again.clauses.values_list("level", "upper"))
    assert said == [(Decimal(9), Decimal(10)), (Decimal(9), None)]
    assert Trigger.objects.get(alert=plain).level == Decimal(100)

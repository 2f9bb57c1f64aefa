"""What each kind of clause has to be told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from alerts.domain.conditions import Condition
from alerts.domain.rules import NEEDS, PARAMETERS, Kind, faults
from alerts.models import Clause


def test_every_kind_says_what_it_needs_and_a_clause_has_a_place_for_it():
    assert set(NEEDS) == set(Kind)
    places = {field.name for field in Clause._meta.fields}
    assert places.issuperset(PARAMETERS)
    assert {name for need in NEEDS.values() for name in need.parameters} == set(PARAMETERS)
    assert max(map(len, Kind)) <= Clause._meta.get_field("kind").max_length


def test_conditions_of_plain_alerts_are_kinds_too():
    assert {one.value for one in Condition} <= set(Kind)


def test_usual_values_are_within_their_bounds():
    for need in NEEDS.values():
        for bounds in need.parameters.values():
            assert bounds.lowest < bounds.highest
            assert bounds.usual is None or bounds.lowest <= bounds.usual <= bounds.highest


@pytest.mark.parametrize(
    ("kind", "given", "direction", "found"),
    [
        ("above", {"level": Decimal(10)}, "", []),
        ("above", {}, "", [("level", "missing")]),
        ("above", {"level": Decimal(0)}, "", [("level", "out_of_range")]),
        ("above", {"level": Decimal("NaN")}, "", [("level", "out_of_range")]),
        ("above", {"level": Decimal(1), "days": 3}, "up", [("direction", "unwanted"), ("days", "unwanted")]),
        ("inside", {"level": Decimal(2), "upper": Decimal(2)}, "", [("upper", "not_above")]),
        ("change_percent_close", {"percent": Decimal(5)}, "", [("direction", "missing")]),
        ("change_percent_close", {"percent": Decimal(100)}, "down", [("percent", "out_of_range")]),
        ("change_percent_close", {"percent": Decimal(100)}, "up", []),
        ("trailing", {"percent": Decimal(5)}, "either", [("direction", "missing")]),
        ("averages_crossed", {"days": 50, "slow_days": 50}, "up", [("slow_days", "not_above")]),
        ("rsi_above", {"percent": Decimal(70), "days": Decimal("1.5")}, "", [("days", "out_of_range")]),
    ],
)
def test_faults_are_named_with_their_parameter(kind, given, direction, found):
    assert list(faults(Kind(kind), given, direction)) == found

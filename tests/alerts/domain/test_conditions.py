"""When a price fires an alert: the table of docs/algorithms/alerts.md, and what holds for every path."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.conditions import Condition, Side, Step, reaches, sides

D = Decimal
ROWS = [
    # previous, price, low, high, level: A B U D
    ("9", "11", "9", "11", "10", "ABU"),
    ("9", "10", "9", "10", "10", "ABU"),  # touched from below
    ("10", "11", "10", "11", "10", "AB"),  # left upwards: it was there before
    ("11", "9", "9", "11", "10", "ABD"),
    ("11", "10", "10", "11", "10", "ABD"),
    ("10", "9", "9", "10", "10", "AB"),
    ("9", "9", "9", "11", "10", "ABUD"),  # up and back within the batch
    ("11", "11", "9", "11", "10", "ABUD"),
    ("11", "9", "9", "12", "10", "ABD"),
    ("9", "8", "8", "9", "10", "B"),
    ("11", "12", "11", "12", "10", "A"),
    ("9", "100", "9", "100", "10", "ABU"),  # through a gap
    (None, "11", "11", "11", "10", "A"),
    (None, "10", "10", "10", "10", "AB"),
    (None, "9", "9", "9", "10", "B"),
]


def step(previous: str | None, price: str, low: str, high: str) -> Step:
    return Step(None if previous is None else D(previous), D(price), D(low), D(high))


@pytest.mark.parametrize("row", ROWS)
def test_a_move_reaches_a_level(row):
    *prices, level, expected = row
    assert "".join(side.value for side in Side if reaches(side, D(level), step(*prices))) == expected


PRICES = st.integers(1, 6).map(D)


@given(path=st.lists(PRICES, min_size=2, max_size=6), level=PRICES)
def test_no_path_fires_an_edge_that_it_did_not_cross(path, level):
    told = Step(path[0], path[-1], min(path), max(path))
    crossed_up = any(a < level <= b for at, a in enumerate(path) for b in path[at + 1 :])
    crossed_down = any(a > level >= b for at, a in enumerate(path) for b in path[at + 1 :])
    assert crossed_up or not reaches(Side.UP, level, told)
    assert crossed_down or not reaches(Side.DOWN, level, told)
    assert reaches(Side.ABOVE, level, told) == any(price >= level for price in path)
    assert reaches(Side.BELOW, level, told) == any(price <= level for price in path)


@given(previous=PRICES, price=PRICES, level=PRICES)
def test_one_step_is_judged_exactly(previous, price, level):
    told = Step(previous, price, min(previous, price), max(previous, price))
    assert reaches(Side.UP, level, told) == (previous < level <= price)
    assert reaches(Side.DOWN, level, told) == (previous > level >= price)


def test_a_state_becomes_an_edge_once_it_was_told():
    assert [sides(one, again=False) for one in Condition] == [
        (Side.ABOVE,), (Side.BELOW,), (Side.UP,), (Side.DOWN,), (Side.UP, Side.DOWN),
    ]  # fmt: skip
    assert [sides(one, again=True) for one in Condition] == [
        (Side.UP,), (Side.DOWN,), (Side.UP,), (Side.DOWN,), (Side.UP, Side.DOWN),
    ]  # fmt: skip

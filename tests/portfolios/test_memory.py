"""Ledgers in memory are bounded by their weight, and the one used last stays."""

from __future__ import annotations

from portfolios.selectors.memory import Memory


def test_the_one_not_used_for_longest_goes_when_they_are_too_heavy():
    memory: Memory[str, int] = Memory(10, weigh=lambda value: value)
    memory.put("a", 4)
    memory.put("b", 4)
    assert memory.get("a") == 4
    memory.put("c", 4)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (4, None, 4)


def test_a_value_that_is_kept_anew_weighs_once():
    memory: Memory[str, int] = Memory(10, weigh=lambda value: value)
    for weight in (6, 5, 6, 4):
        memory.put("a", weight)
    memory.put("b", 6)
    assert (memory.get("a"), memory.get("b")) == (4, 6)


def test_one_that_is_too_heavy_by_itself_is_kept_alone():
    memory: Memory[str, int] = Memory(10, weigh=lambda value: value)
    memory.put("a", 4)
    memory.put("b", 40)
    assert (memory.get("a"), memory.get("b")) == (None, 40)
    memory.put("c", 4)
    assert (memory.get("b"), memory.get("c")) == (None, 4)


def test_nothing_weighs_anything_once_all_is_forgotten():
    memory: Memory[str, int] = Memory(10, weigh=lambda value: value)
    memory.put("a", 9)
    memory.clear()
    memory.put("b", 9)
    assert (memory.get("a"), memory.get("b")) == (None, 9)

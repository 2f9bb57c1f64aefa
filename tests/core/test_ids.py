"""Identifiers."""

from __future__ import annotations

import time
from uuid import RFC_4122

import time_machine

from core.ids import uuid7


def test_uuid7_has_its_version_and_variant_bits():
    for _ in range(200):
        made = uuid7()
        assert (made.version, made.variant) == (7, RFC_4122)


def test_uuid7_begins_with_the_milliseconds():
    with time_machine.travel(1_700_000_000, tick=False):
        assert uuid7().int >> 80 == 1_700_000_000_000


def test_uuid7_made_later_sorts_later():
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        made = []
        for _ in range(50):
            made.append(uuid7())
            clock.shift(0.001)
    assert made == sorted(made)


def test_uuid7_of_one_millisecond_are_different():
    with time_machine.travel(time.time(), tick=False):
        assert len({uuid7() for _ in range(5000)}) == 5000

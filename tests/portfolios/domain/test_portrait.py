"""A portrait has no place for an amount, and its fractions are coarse."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import pytest

from portfolios.domain.portrait import Fraction, Portrait, fraction, level
from portfolios.domain.reasons import Reason


def leaves(kind: Any) -> set[Any]:
    """List the types that a dataclass is made of, through tuples, unions and further dataclasses."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return {leaf for one in fields(kind) for leaf in leaves(hints[one.name])}
    inner = get_args(kind)
    return {leaf for one in inner for leaf in leaves(one)} if inner else {kind}


def test_a_portrait_is_made_of_words_days_and_fractions():
    assert leaves(Portrait) == {str, bool, date, Fraction, Reason, type(None), Ellipsis}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (Decimal(1) / Decimal(3), "0.3333"),
        (0.00005, "0.0001"),
        (-0.00001, "0.0000"),
        (1e-17, "0.0000"),
        (-0.25, "-0.2500"),
    ],
)
def test_fractions_have_four_decimals(given, kept):
    assert str(fraction(given)) == kept


def test_index_begins_at_a_hundred():
    assert [str(level(one)) for one in (0.0, 0.123456, -1.0)] == ["100.00", "112.35", "0.00"]

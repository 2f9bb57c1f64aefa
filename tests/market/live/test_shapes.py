"""What a subscription may look like."""

from __future__ import annotations

import pytest

from core.errors import ValidationFailed
from market.consumers.prices import names_of, number


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"instruments": "AAA"}, "instruments"),
        ({}, "instruments"),
        ({"instruments": [1]}, "instruments"),
        ({"instruments": ["A"] * 201}, "instruments"),
        ({"instruments": ["A" * 61]}, "instruments"),
        ({"instruments": ["AAA"], "world": "1"}, "world"),
        ({"instruments": ["AAA"], "seq": -1}, "seq"),
        ({"instruments": ["AAA"], "seq": True}, "seq"),
    ],
)
def test_subscription_of_another_shape_names_its_field(content, field):
    read = names_of if field == "instruments" else lambda told: number(told, field)
    with pytest.raises(ValidationFailed) as refused:
        read(content)
    assert refused.value.errors[0].field == field

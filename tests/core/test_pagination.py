"""Pages by skip and limit."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from core.api.pagination import Window, window
from core.errors import ValidationFailed


@pytest.mark.parametrize(
    ("query", "skip", "limit"),
    [
        ("", 0, 100),
        ("skip=&limit=", 0, 100),
        ("skip=5&limit=7", 5, 7),
        ("limit=0", 0, 0),
        ("limit=1000", 0, 1000),
        ("limit=1001", 0, 1000),
        ("limit=999999999999999999", 0, 1000),
        ("skip=999999999999999999", 2**31, 100),
        ("skip=007", 7, 100),
    ],
)
def test_window_is_read(query, skip, limit):
    assert window(QueryDict(query)) == Window(skip, limit)


@pytest.mark.parametrize("name", ["skip", "limit"])
@pytest.mark.parametrize("text", ["-1", "1.5", "abc", "1e3", "%2B1", "%20", "٣", "²", "0x10", "9" * 19])
def test_window_refuses_and_names_the_parameter(name, text):
    with pytest.raises(ValidationFailed) as refused:
        window(QueryDict(f"{name}={text}"))
    assert [one.field for one in refused.value.errors] == [name]


def test_window_cuts_a_list():
    assert Window(skip=2, limit=3).of([0, 1, 2, 3, 4, 5]) == [2, 3, 4]
    assert Window(skip=9, limit=3).of([0, 1]) == []

"""Ghostfolio: what each activity of an export is booked as."""

from __future__ import annotations

import json

import pytest

from portfolios.domain.csv_import.findings import UnreadableFile
from tests.portfolios.imports.brokers.reading import content, good, left_out, parsed

BOOKED = [
    (1, "buy", "2021-09-15 22:00", "US1000000019", "5", "298.58", "USD", "19 USD", ""),
    (2, "sell", "2021-10-01 13:30", "US1000000019", "1.25", "310.1", "USD", "0.5 USD", ""),
    (3, "dividend", "2021-11-16 23:00", "US1000000019", "3.75", "0.62", "USD", "", ""),
    (4, "fee", "2021-11-30 23:00", "Account fee", "49", "1", "USD", "", ""),
    (5, "interest", "2021-12-30 23:00", "Interest", "12.34", "1", "EUR", "", ""),
    (6, "buy", "2021-12-31 23:00", "Flat in Example Street", "1", "500000", "EUR", "", ""),
    (7, "buy", "2024-06-27 22:00", "JSE.JO", "5", "108.75", "ZAR", "1 ZAR", ""),
]


def test_activities():
    drafts = parsed(content("ghostfolio.json")).drafts
    assert good(drafts) == BOOKED
    assert left_out(drafts) == [(8, "unknown-kind"), (9, "no-quantity"), (10, "not-a-number")]
    assert drafts[0].note == "My first order 🤓"


def test_older_layout_calls_them_orders():
    found = json.loads(content("ghostfolio.json").replace(b"1e400", b"1"))
    older = json.dumps({"meta": found["meta"], "orders": found["activities"]})
    assert [one[1:3] for one in good(parsed(older).drafts)][:2] == [one[1:3] for one in BOOKED[:2]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"meta": {}, "activities": [{"type": "BUY"', "broken-json"),
        ('{"meta": {}, "activities": []}', "no-rows"),
        ('{"meta": {}, "activities": [' + "[" * 100 + "]" * 100 + "]}", "broken-json"),
        ('{"meta": {}, "activities": [{"symbol": "a\\u0000"}]}', "broken-json"),
        ('{"meta": {}, "activities": [{"symbol": "\\ud83e"}]}', "broken-json"),
        ('{"meta": {}, "activities": [{"fee": NaN}]}', "broken-json"),
    ],
)
def test_json_that_is_cut_short_or_does_harm_is_refused(text, code):
    with pytest.raises(UnreadableFile) as caught:
        parsed(text)
    assert caught.value.finding.code == code


def test_activities_that_are_none_are_errors_of_their_own():
    drafts = parsed('{"meta": {}, "activities": [5, {"date": 3, "currency": [], "type": {}}, null]}').drafts
    assert [one[1] for one in left_out(drafts)] == ["no-date", "no-date", "no-date"]

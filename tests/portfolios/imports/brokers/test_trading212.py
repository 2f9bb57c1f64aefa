"""Trading 212: what each row of an export is booked as."""

from __future__ import annotations

import pytest

from tests.portfolios.imports.brokers.reading import content, good, left_out, parsed, plain

NAME = "trading212.csv"
BOOKED = [
    (2, "deposit", "2024-01-02 09:00", "", "1000", "1", "EUR", "", ""),
    (3, "buy", "2024-01-03 14:30", "US1000000019", "0.5", "100", "EUR", "0.08 EUR", ""),
    (4, "buy", "2024-01-03 15:00", "GB0000000019", "10", "2", "EUR", "", "0.1 EUR"),
    (5, "sell", "2024-02-05 14:30", "US1000000019", "0.25", "100", "EUR", "0.05 EUR", ""),
    (6, "dividend", "2024-03-15 12:05", "US1000000019", "0.25", "1.6", "EUR", "", "0.06 EUR"),
    (7, "interest", "2024-03-31 22:06", "", "0.41", "1", "EUR", "", ""),
    (8, "withdrawal", "2024-04-01 10:00", "", "100", "1", "EUR", "", ""),
    (8, "deposit", "2024-04-01 10:00", "", "108", "1", "USD", "0.15 USD", ""),
    (10, "withdrawal", "2024-06-01 08:00", "", "40", "1", "EUR", "", ""),
]


def test_rows():
    drafts = parsed(content(NAME)).drafts
    assert good(drafts) == BOOKED
    assert left_out(drafts) == [
        (9, "corporate-action"), (11, "cancellation"), (12, "unknown-kind"), (13, "too-few-cells"),
    ]  # fmt: skip


def test_two_legs_of_a_conversion_are_linked_and_cancel_out_in_euros():
    out, back = [one for one in parsed(content(NAME)).drafts if one.line == 8]
    assert (out.group, back.group) == ("fx-1", "fx-1")
    assert (out.fx_rate, plain(back.fx_rate)) == (None, "0.925925925925925926")
    assert (out.external_id, back.external_id) == ("fx-1:out", "fx-1:in")


def test_price_in_the_shares_own_currency_stays_in_the_note():
    notes = [one.note for one in parsed(content(NAME)).drafts]
    assert (notes[1], notes[2]) == ("110.00 USD @ 1.10000", "172.00 GBX @ 86.00000")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_and_line_ends_change_nothing(encoding, ending):
    data = content(NAME).decode().replace("\n", ending).encode(encoding)
    assert good(parsed(data).drafts) == BOOKED

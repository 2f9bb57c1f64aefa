"""Coinbase: what each row of a statement is booked as."""

from __future__ import annotations

from tests.portfolios.imports.brokers.reading import content, good, left_out, parsed

BOOKED = [
    (7, "sell", "2024-02-15 12:00", "BTC", "0.001", "45000", "EUR", "", ""),
    (7, "withdrawal", "2024-02-15 12:00", "", "45", "1", "EUR", "", ""),
    (8, "transfer_out", "2024-02-14 12:00", "BTC", "0.002", "0", "", "", ""),
    (9, "sell", "2024-02-10 12:00", "ETH", "0.1", "2400", "EUR", "", ""),
    (9, "buy", "2024-02-10 12:00", "DOGE", "1000.5", "0.235082458770614693", "EUR", "4.8 EUR", ""),
    (10, "buy", "2024-02-09 22:14", "BTC", "0.0005", "42000", "EUR", "0.6 EUR", ""),
    (11, "sell", "2024-02-09 22:14", "USDC", "23.5", "0.919148936170212766", "EUR", "", ""),
    (12, "interest", "2024-02-05 09:00", "ETH", "4.6", "1", "EUR", "", ""),
    (12, "buy", "2024-02-05 09:00", "ETH", "0.002", "2300", "EUR", "", ""),
    (13, "sell", "2024-02-01 10:00", "SOL", "0.5", "90", "EUR", "0.27 EUR", ""),
    (14, "buy", "2024-01-31 10:00", "ETH", "0.6", "2100", "EUR", "7.56 EUR", ""),
    (14, "sell", "2024-01-31 10:00", "USDC", "1377.78", "0.920001741932674302", "EUR", "", ""),
    (15, "buy", "2024-01-30 10:00", "SOL", "1", "90.5", "EUR", "", ""),
    (16, "transfer_in", "2024-01-04 09:00", "USDC", "1500", "", "", "", ""),
    (17, "buy", "2024-01-03 21:39", "BTC", "0.01", "40000", "EUR", "5.99 EUR", ""),
    (18, "deposit", "2024-01-02 21:23", "", "1000", "1", "EUR", "", ""),
]
HEADER_2022 = (
    "You can use this transaction report to inform your likely tax obligations.\n\n"
    "Timestamp,Transaction Type,Asset,Quantity Transacted,Spot Price Currency,Spot Price at Transaction,"
    "Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n"
)


def test_rows():
    drafts = parsed(content("coinbase.csv")).drafts
    assert good(drafts) == BOOKED
    assert left_out(drafts) == [(5, "unknown-kind"), (6, "internal")]


def test_both_sides_of_a_conversion_are_linked_with_ids_of_their_own():
    sides = [one for one in parsed(content("coinbase.csv")).drafts if one.line in {10, 11}]
    assert {one.group for one in sides} == {"coinbase|cb08"}
    assert [one.external_id for one in sides] == ["cb08:BTC", "cb08:USDC"]


def test_older_layout_has_no_ids_and_no_signs():
    drafts = parsed(
        HEADER_2022
        + "2022-01-03T09:00:00Z,Sell,ETH,0.5,EUR,3000.00,1500.00,1490.00,10.00,Sold 0.5 ETH for 1490 EUR\n"
        + "2022-01-02T09:00:00Z,Convert,BTC,0.01,EUR,40000.00,396.00,400.00,4.00,"
        + "Converted 0.01 BTC to 0.12 ETH\n"
        + "2022-01-02T08:00:00Z,Convert,BTC,0.01,EUR,40000.00,396.00,400.00,4.00,Swapped\n"
        + "2022-01-01T09:00:00Z,Send,BTC,0.1,EUR,40000.00,,,,Sent\n"
    ).drafts
    assert good(drafts) == [
        (4, "sell", "2022-01-03 09:00", "ETH", "0.5", "3000", "EUR", "10 EUR", ""),
        (5, "sell", "2022-01-02 09:00", "BTC", "0.01", "40000", "EUR", "", ""),
        (5, "buy", "2022-01-02 09:00", "ETH", "0.12", "3300", "EUR", "4 EUR", ""),
        (7, "transfer_out", "2022-01-01 09:00", "BTC", "0.1", "0", "", "", ""),
    ]
    assert left_out(drafts) == [(6, "unknown-kind")]

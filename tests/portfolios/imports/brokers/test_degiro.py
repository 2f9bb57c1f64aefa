"""DEGIRO: trades from one file, all else from the other, in the site's languages."""

from __future__ import annotations

from tests.portfolios.imports.brokers.reading import content, good, left_out, parsed, plain

TRADES = [
    (2, "sell", "2024-03-05 14:30", "US1000000019", "4", "125", "USD", "2 EUR", ""),
    (3, "buy", "2024-02-09 08:04", "NL0000000014", "2", "1012.5", "EUR", "3 EUR", ""),
    (4, "buy", "2024-02-08 09:00", "GB0000000019", "4", "4.96", "GBP", "", ""),
    (7, "buy", "2024-01-02 14:30", "US1000000019", "10", "100", "USD", "0.5 EUR", ""),
    (8, "buy", "2024-01-02 14:30", "US1000000019", "10", "100", "USD", "0.5 EUR", ""),
]
ACCOUNT = [
    (2, "interest", "2024-03-31 21:59", "", "-1.25", "1", "EUR", "", ""),
    (3, "tax", "2024-03-20 08:00", "US1000000019", "-1", "1", "USD", "", ""),
    (4, "deposit", "2024-03-17 07:37", "", "6.8", "1", "EUR", "", ""),
    (5, "withdrawal", "2024-03-17 07:37", "", "8.5", "1", "USD", "", ""),
    (6, "dividend", "2024-03-16 08:05", "US1000000019", "1", "10", "USD", "", "1.5 USD"),
    (9, "fee", "2024-02-05 06:16", "", "2.5", "1", "EUR", "", ""),
    (10, "deposit", "2024-01-02 14:30", "", "1000", "1", "USD", "", ""),
    (12, "withdrawal", "2024-01-02 14:30", "", "800", "1", "EUR", "", ""),
    (15, "deposit", "2024-01-01 09:00", "", "1980.7", "1", "EUR", "", ""),
]
ENGLISH = """\
Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value EUR,Exchange rate,\
AutoFX Fee,Transaction and/or third party fees EUR,Total EUR,Order ID,
05-03-2024,15:30,EXAMPLE INC,US1000000019,NDQ,XNAS,-4,125.0000,USD,500.00,USD,400.00,1.2500,-0.40,-2.00,\
397.60,,aaaa-2
"""


def test_trades():
    drafts = parsed(content("degiro-transactions.csv")).drafts
    assert good(drafts) == TRADES
    assert left_out(drafts) == [(5, "corporate-action"), (6, "corporate-action")]
    assert [plain(one.fx_rate) for one in drafts] == ["0.8", "", "1.25", "0.8", "0.8", "0.8", "0.8"]


def test_english_file_with_points_and_two_columns_of_costs():
    (sale,) = good(parsed(ENGLISH).drafts)
    assert sale == (2, "sell", "2024-03-05 14:30", "US1000000019", "4", "125", "USD", "2.4 EUR", "")


def test_account():
    drafts = parsed(content("degiro-account.csv")).drafts
    assert good(drafts) == ACCOUNT
    assert left_out(drafts) == [
        (7, "part-of-other"), (8, "internal"), (11, "part-of-other"), (13, "in-other-file"),
        (14, "in-other-file"),
    ]  # fmt: skip


def test_tax_that_is_corrected_later_stays_linked_to_its_dividend():
    by_line = {one.line: one for one in parsed(content("degiro-account.csv")).drafts}
    assert {by_line[line].group for line in (3, 6, 7)} == {"degiro|US1000000019|15-03-2024|USD"}


def test_halves_of_an_exchange_are_linked_and_carry_the_rate_paid():
    by_line = {one.line: one for one in parsed(content("degiro-account.csv")).drafts}
    assert by_line[4].group == by_line[5].group != by_line[10].group == by_line[12].group
    assert [plain(by_line[line].fx_rate) for line in (4, 5, 10, 12)] == ["", "0.8", "0.8", ""]

"""Kraken: what each row of ledgers.csv is booked as."""

from __future__ import annotations

import pytest

from portfolios.domain.brokers.kraken import coin
from tests.portfolios.imports.brokers.reading import content, good, left_out, parsed, plain

BOOKED = [
    (3, "deposit", "2024-01-02 09:00", "", "1000", "1", "EUR", "1.5 EUR", ""),
    (5, "buy", "2024-01-03 10:00", "BTC", "0.01", "40000", "EUR", "0.64 EUR", ""),
    (6, "sell", "2024-01-04 10:00", "BTC", "0.00201", "44776.119402985074626866", "EUR", "", ""),
    (8, "sell", "2024-01-05 11:00", "BTC", "0.001", "44000", "USD", "", ""),
    (9, "buy", "2024-01-05 11:00", "ETH", "0.0199", "2211.055276381909547739", "USD", "", ""),
    (10, "transfer_out", "2024-01-06 11:00", "ETH", "0.01", "0", "", "", ""),
    (11, "transfer_in", "2024-01-06 11:00", "DOT", "3", "", "", "", ""),
    (14, "transfer_in", "2024-01-14 00:00", "DOT", "0.05", "", "", "", ""),
    (15, "interest", "2024-01-15 00:00", "DOT", "0.24", "1", "USD", "", ""),
    (15, "buy", "2024-01-15 00:00", "DOT", "0.032", "7.5", "USD", "", ""),
    (18, "withdrawal", "2024-01-16 08:00", "", "100", "1", "EUR", "0.2 EUR", ""),
    (18, "deposit", "2024-01-16 08:00", "", "110", "1", "USD", "", ""),
    (20, "sell", "2024-01-17 08:00", "BTC", "0.00001", "45000", "USD", "", ""),
    (21, "sell", "2024-01-17 08:00", "ETH", "0.0001", "2500", "USD", "", ""),
    (22, "buy", "2024-01-17 08:00", "DOT", "0.1", "7", "USD", "", ""),
    (23, "transfer_out", "2024-01-18 08:00", "BTC", "0.00205", "0", "", "", ""),
    (24, "interest", "2024-01-19 08:00", "", "-3.25", "1", "EUR", "0.1 EUR", ""),
    (25, "fee", "2024-01-19 12:00", "", "0.02", "1", "EUR", "", ""),
]


def test_rows():
    drafts = parsed(content("kraken.csv")).drafts
    assert good(drafts) == BOOKED
    assert left_out(drafts) == [
        (2, "part-of-other"), (4, "part-of-other"), (7, "part-of-other"), (12, "internal"), (13, "internal"),
        (16, "internal"), (17, "internal"), (19, "part-of-other"), (26, "internal"),
        (27, "other-half-missing"), (28, "unknown-kind"),
    ]  # fmt: skip


def test_legs_are_linked_and_coins_without_value_say_so():
    by_line = {one.line: one for one in parsed(content("kraken.csv")).drafts}
    assert by_line[8].group == by_line[9].group == "kraken|TSIO-1"
    assert by_line[10].group == by_line[11].group == "kraken|TSWA-1"
    assert [one.code for one in by_line[10].findings] == ["coins-without-value"]
    assert plain(by_line[18].fx_rate) == "0.909090909090909091"


def test_older_file_without_wallets_and_values():
    (bought,) = good(
        parsed(
            '"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"\n'
            '"L1","T1","2021-03-01 08:00:00","trade","","currency","ZEUR",-500.0000,1.3000,0\n'
            '"L2","T1","2021-03-01 08:00:00","trade","","currency","XXBT",0.0125000000,0.0000000000,0\n'
        ).drafts
    )
    assert bought == (3, "buy", "2021-03-01 08:00", "BTC", "0.0125", "40000", "EUR", "1.3 EUR", "")


@pytest.mark.parametrize(
    ("code", "usual"),
    [
        ("XXBT", "BTC"), ("XBT.M", "BTC"), ("ZEUR", "EUR"), ("EUR.HOLD", "EUR"), ("DOT28.S", "DOT"),
        ("ETH2.S", "ETH"), ("XXDG", "DOGE"), ("XTZ", "XTZ"), ("ZRX", "ZRX"), ("SOL03.S", "SOL"),
        ("1INCH", "1INCH"),
    ],
)  # fmt: skip
def test_assets_have_their_usual_codes(code, usual):
    assert coin(code) == usual

"""Interactive Brokers: activity statement and Flex query, their cancellations, taxes and pairs."""

from __future__ import annotations

import pytest

from portfolios.domain.csv_import.findings import UnreadableFile
from tests.portfolios.imports.brokers.reading import content, good, left_out, parsed, plain

ACTIVITY = [
    (10, "buy", "2024-01-16 14:30", "US1000000019", "1000", "10.005", "USD", "5 USD", ""),
    (12, "sell", "2024-01-17 15:00", "US1000000019", "0.2835", "12", "USD", "", ""),
    (12, "fee", "2024-01-17 15:00", "US1000000019", "-0.1", "1", "USD", "", ""),
    (15, "buy", "2024-01-18 15:00", "US1000000019", "5", "12", "USD", "1 USD", ""),
    (19, "sell", "2024-02-01 16:00", "EXMP 20DEC24 15 C", "1", "250", "USD", "0.65 USD", ""),
    (22, "withdrawal", "2024-01-15 15:00", "", "10000", "1", "EUR", "1.8 EUR", ""),
    (22, "deposit", "2024-01-15 15:00", "", "11000", "1", "USD", "", ""),
    (24, "deposit", "2024-01-01 23:00", "", "12000", "1", "EUR", "", ""),
    (25, "withdrawal", "2024-06-02 22:00", "", "500", "1", "EUR", "", ""),
    (28, "fee", "2024-02-04 23:00", "", "4.5", "1", "USD", "", ""),
    (29, "fee", "2024-03-04 23:00", "", "-4.5", "1", "USD", "", ""),
    (31, "dividend", "2024-03-14 23:00", "US1000000019", "1", "240", "USD", "", "72 USD"),
    (34, "dividend", "2024-06-13 22:00", "US1000000019", "1", "260", "USD", "", "39 USD"),
    (38, "dividend", "2024-09-12 22:00", "US1000000019", "1", "1.2", "USD", "", ""),
    (42, "tax", "2024-03-14 23:00", "US1000000019", "-72", "1", "USD", "", ""),
    (43, "tax", "2024-03-14 23:00", "US1000000019", "36", "1", "USD", "", ""),
    (44, "tax", "2024-07-02 22:00", "", "0.5", "1", "EUR", "", ""),
    (47, "interest", "2024-07-02 22:00", "", "2.5", "1", "EUR", "", ""),
    (48, "interest", "2024-07-02 22:00", "", "-1.25", "1", "USD", "", ""),
    (50, "tax", "2024-05-01 22:00", "FR0000000013", "0.6", "1", "EUR", "", ""),
    (54, "transfer_in", "2024-04-01 22:00", "FR0000000013", "10", "", "EUR", "", ""),
]
FLEX = [
    (8, "buy", "2024-01-16 14:30", "US1000000019", "10.5", "100", "USD", "1 USD", ""),
    (11, "buy", "2024-01-17 10:00", "GB0000000019", "10", "2", "GBP", "3 GBP", "0.1 GBP"),
    (12, "withdrawal", "2024-01-18 15:00", "", "1100", "1", "USD", "2 USD", ""),
    (12, "deposit", "2024-01-18 15:00", "", "1000", "1", "EUR", "", ""),
    (13, "buy", "2024-02-01 16:00", "EXMP  241220C00015000", "2", "250", "USD", "1.3 USD", ""),
    (18, "deposit", "2024-01-01 23:00", "", "3000", "1", "EUR", "", ""),
    (19, "dividend", "2024-03-14 23:00", "US1000000019", "1", "2.52", "USD", "", "0.38 USD"),
    (21, "tax", "2024-04-14 22:00", "US1000000019", "-0.05", "1", "USD", "", ""),
    (22, "interest", "2024-04-02 22:00", "", "-0.1", "1", "USD", "", ""),
    (23, "fee", "2024-04-03 22:00", "", "1.5", "1", "USD", "", ""),
    (31, "transfer_out", "2024-04-01 22:00", "FR0000000013", "10", "0", "EUR", "", ""),
]


def test_activity_statement():
    drafts = parsed(content("ibkr-activity.csv")).drafts
    assert good(drafts) == ACTIVITY
    assert left_out(drafts) == [
        (11, "part-of-other"), (13, "cancelled"), (14, "cancelled"), (20, "settled-in-money"),
        (32, "cancelled"), (33, "cancelled"), (40, "part-of-other"), (41, "part-of-other"),
        (52, "corporate-action"),
    ]  # fmt: skip


def test_securities_of_the_statement_give_names_and_isins():
    by_line = {one.line: one for one in parsed(content("ibkr-activity.csv")).drafts}
    assert (by_line[10].symbol, by_line[10].isin, by_line[10].name) == ("EXMP", "US1000000019", "EXAMPLE INC")
    assert (by_line[19].symbol, by_line[19].isin) == ("EXMP 20DEC24 15 C", "")


def test_pair_of_money_carries_the_rate_paid_and_taxes_their_dividend():
    drafts = parsed(content("ibkr-activity.csv")).drafts
    out, back = [one for one in drafts if one.line == 22]
    assert out.group == back.group
    assert (out.fx_rate, plain(back.fx_rate)) == (None, "0.909090909090909091")
    assert {one.group for one in drafts if one.line in {31, 40, 42, 43}} == {
        "ibkr|US1000000019|2024-03-15|USD"
    }


def test_flex_query():
    drafts = parsed(content("ibkr-flex.xml")).drafts
    assert good(drafts) == FLEX
    assert left_out(drafts) == [
        (9, "cancelled"), (10, "cancelled"), (15, "cancellation"), (20, "part-of-other"),
        (24, "unknown-kind"), (28, "corporate-action"),
    ]  # fmt: skip


def test_flex_query_tells_venue_rate_and_id():
    by_line = {one.line: one for one in parsed(content("ibkr-flex.xml")).drafts}
    trade = by_line[11]
    assert (trade.symbol, trade.exchange, plain(trade.fx_rate), trade.external_id) == (
        "EXPL",
        "XLON",
        "1.15",
        "504",
    )
    assert by_line[19].group == by_line[21].group == "ibkr|A1|USD"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("20240116;093000", "2024-01-16 14:30"), ("2024-01-16;093000", "2024-01-16 14:30"),
        ("2024-01-16, 09:30:00", "2024-01-16 14:30"), ("01/16/2024;093000", "2024-01-16 14:30"),
        ("16/01/2024 09:30:00", "2024-01-16 14:30"), ("20240116;09:30:00 EST", "2024-01-16 14:30"),
    ],
)  # fmt: skip
def test_every_date_format_of_a_flex_query(written, said):
    xml = (
        '<FlexQueryResponse><FlexStatements><FlexStatement><Trades><Trade currency="USD" assetCategory="STK" '
        f'symbol="EXMP" dateTime="{written}" quantity="1" tradePrice="5" buySell="BUY" /></Trades>'
        "</FlexStatement></FlexStatements></FlexQueryResponse>"
    )
    assert good(parsed(xml).drafts) == [(1, "buy", said, "EXMP", "1", "5", "USD", "", "")]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><FlexQueryResponse>&b;</FlexQueryResponse>', "xml-entities"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><FlexQueryResponse />', "xml-entities"),
        ("<FlexQueryResponse><FlexStatements>", "broken-xml"),
        ("<FlexQueryResponse>" + "<a>" * 201, "xml-too-large"),
        ("<FlexQueryResponse />", "no-rows"),
    ],
)
def test_xml_that_does_harm_or_is_cut_short_is_refused(xml, code):
    with pytest.raises(UnreadableFile) as caught:
        parsed(xml)
    assert caught.value.finding.code == code


REBOOKED = """Statement,Header,Field Name,Field Value
Dividends,Header,Currency,Date,Description,Amount
Dividends,Data,EUR,2024-02-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share (Ordinary Dividend),284.2
Dividends,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share (Ordinary Dividend),284.2
Dividends,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share - Reversal,-284.2
Dividends,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share (Ordinary Dividend),284.21
Dividends,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share - Reversal,-284.21
Dividends,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share (Ordinary Dividend),284.2
Withholding Tax,Header,Currency,Date,Description,Amount,Code
Withholding Tax,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share - DE Tax,-74.96,
Withholding Tax,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share - DE Tax,74.96,
Withholding Tax,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share - DE Tax,-74.32,
Withholding Tax,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share - DE Tax,74.32,
Withholding Tax,Data,EUR,2024-05-23,EXSE(DE0000000011) Cash Dividend EUR 2.45 per Share - DE Tax,-74.96,
"""


def test_dividend_that_is_booked_anew_has_the_tax_that_stayed():
    drafts = parsed(REBOOKED).drafts
    assert [(one[0], one[5], one[-1]) for one in good(drafts)] == [
        (3, "284.2", ""),
        (8, "284.2", "74.96 EUR"),
    ]
    assert left_out(drafts) == [
        *((line, "cancelled") for line in (4, 5, 6, 7, 10, 11, 12, 13)), (14, "part-of-other"),
    ]  # fmt: skip
    assert [plain(one.tax) for one in drafts if one.line in {4, 6}] == ["74.96", "74.32"]

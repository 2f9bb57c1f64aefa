"""Portfolio Performance: its CSV in two languages, and its own file with all its references."""

from __future__ import annotations

import pytest

from portfolios.domain.csv_import.findings import UnreadableFile
from tests.portfolios.imports.brokers.reading import content, good, left_out, parsed, plain

TABLE = [
    (2, "deposit", "2024-01-14 23:00", "", "5000", "1", "EUR", "", ""),
    (3, "buy", "2024-01-16 08:30", "IE0000000013", "10", "100", "EUR", "4.99 EUR", ""),
    (4, "buy", "2024-02-01 09:00", "US1000000019", "12.5", "168.912", "EUR", "1 EUR", ""),
    (5, "dividend", "2024-03-14 23:00", "US1000000019", "5", "2.018", "EUR", "", "1.59 EUR"),
    (6, "sell", "2024-06-03 12:00", "IE0000000013", "5", "108", "EUR", "5 EUR", "15 EUR"),
    (7, "interest", "2024-06-29 22:00", "", "4.21", "1", "EUR", "", "1 EUR"),
    (8, "interest", "2024-06-29 22:00", "", "-0.75", "1", "EUR", "", ""),
    (9, "transfer_in", "2024-06-30 22:00", "DE0000000011", "3", "500", "EUR", "", ""),
    (10, "transfer_out", "2024-07-01 22:00", "DE0000000011", "1", "0", "EUR", "", ""),
    (11, "fee", "2024-07-02 22:00", "", "2.5", "1", "EUR", "", ""),
    (12, "tax", "2024-07-03 22:00", "", "-1.25", "1", "EUR", "", ""),
    (13, "withdrawal", "2024-07-04 22:00", "", "100", "1", "EUR", "", ""),
    (14, "withdrawal", "2024-07-05 22:00", "", "50", "1", "EUR", "", ""),
]
GRAPH = [
    (32, "deposit", "2024-01-14 23:00", "", "5000", "1", "EUR", "", ""),
    (52, "buy", "2024-01-16 08:30", "IE0000000013", "10.5", "95.238095238095238095", "EUR", "4.99 EUR", ""),
    (67, "transfer_in", "2024-01-31 23:00", "US1000000019", "10", "23.76", "EUR", "", ""),
    (125, "dividend", "2024-03-31 22:00", "US1000000019", "10", "10", "EUR", "", "15.39 EUR"),
    (140, "withdrawal", "2024-04-30 22:00", "", "100", "1", "EUR", "", ""),
    (140, "deposit", "2024-04-30 22:00", "", "110", "1", "USD", "", ""),
    (162, "interest", "2024-05-31 22:00", "", "-1.25", "1", "USD", "", ""),
    (177, "tax", "2024-06-01 22:00", "", "-3.33", "1", "EUR", "", ""),
]
ENGLISH = (
    "Date,Type,Value,Transaction Currency,Gross Amount,Currency Gross Amount,Exchange Rate,Fees,Taxes,Shares,"
    "ISIN,WKN,Ticker Symbol,Security Name,Note\n"
)


def test_german_csv():
    drafts = parsed(content("portfolio-performance-de.csv")).drafts
    assert good(drafts) == TABLE
    assert left_out(drafts) == [(15, "no-quantity"), (16, "unknown-kind")]


def test_file_of_the_securities_account_has_other_signs_and_is_the_same():
    cash = ENGLISH + '2024-01-16T09:30,Buy,"-1,004.99",EUR,,,,4.99,,10,IE0000000013,,EXMW.DE,World,\n'
    units = ENGLISH + '2024-01-16T09:30,Buy,"1,004.99",EUR,,,,4.99,,10,IE0000000013,,EXMW.DE,World,\n'
    assert good(parsed(cash).drafts) == good(parsed(units).drafts) == [(2, *TABLE[1][1:])]


def test_own_file():
    drafts = parsed(content("portfolio-performance.xml")).drafts
    assert good(drafts) == GRAPH
    assert left_out(drafts) == [
        (40, "part-of-other"),
        (86, "internal"),
        (99, "internal"),
        (153, "part-of-other"),
    ]


def test_own_file_tells_security_note_and_exchange():
    by_line = {one.line: one for one in parsed(content("portfolio-performance.xml")).drafts}
    assert (by_line[52].symbol, by_line[52].name, by_line[52].external_id) == (
        "EXMW.DE",
        "Example World",
        "tx-3",
    )
    assert by_line[67].note == "240.57 USD @ 0.9460737938"
    assert (by_line[140].group, plain(by_line[140].fx_rate)) == ("pp|tx-8", "0.909090909090909091")


def test_file_with_references_by_id_reads_the_same():
    xml = """<client id="1"><version>69</version><securities><security id="2"><uuid>s</uuid><name>World</name>
<isin>IE0000000013</isin></security></securities><accounts/><portfolios><portfolio><transactions>
<portfolio-transaction id="3"><uuid>t</uuid><date>2024-01-16T09:30</date><currencyCode>EUR</currencyCode>
<amount>1000</amount><security reference="2"/><shares>200000000</shares><type>DELIVERY_INBOUND</type>
</portfolio-transaction></transactions></portfolio></portfolios></client>"""
    assert [one[1:6] for one in good(parsed(xml).drafts)] == [
        ("transfer_in", "2024-01-16 08:30", "IE0000000013", "2", "5")
    ]


@pytest.mark.parametrize(("version", "shares"), [(48, "1050"), (49, "10.5")])
def test_shares_are_finer_since_version_49(version, shares):
    text = content("portfolio-performance.xml").decode().replace(">66<", f">{version}<")
    assert good(parsed(text).drafts)[1][4] == shares


def test_old_file_is_refused_with_a_way_out():
    with pytest.raises(UnreadableFile) as caught:
        parsed(content("portfolio-performance.xml").decode().replace(">66<", ">20<"))
    assert caught.value.finding.code == "old-version"

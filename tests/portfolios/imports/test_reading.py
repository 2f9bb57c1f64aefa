"""Messy files and exactly what they are read as. No database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from portfolios.domain.csv_import.choices import Choices
from portfolios.domain.csv_import.columns import Field
from portfolios.domain.csv_import.dates import DateOrder
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import UnreadableFile
from portfolios.domain.csv_import.kinds import Special
from portfolios.domain.csv_import.layout import Layout, lay_out
from portfolios.domain.csv_import.numbers import Mark
from portfolios.domain.csv_import.rows import read_rows
from portfolios.domain.csv_import.text import MAX_BYTES, MAX_ROWS, read_sheet
from portfolios.domain.entries import EntryKind


def read(content: str | bytes, **given) -> tuple[Layout, list[Draft]]:
    choices = Choices(**given)
    data = content.encode() if isinstance(content, str) else content
    sheet = read_sheet(data, encoding=choices.encoding, delimiter=choices.delimiter)
    layout, body = lay_out(sheet, choices, "Europe/Berlin")
    return layout, read_rows(body, layout, choices)


def booked(draft: Draft) -> tuple[object, ...]:
    return (draft.kind, str(draft.day), draft.label, draft.quantity, draft.price, draft.currency)


def codes(draft: Draft) -> list[str]:
    return [one.code for one in draft.findings]


def test_generated_ledger_is_read_as_it_is():
    layout, drafts = read(
        "date,type,symbol,quantity,price,fee,currency\n"
        "2015-01-01,DEPOSIT,,100000.00,1,0.00,USD\n"
        "2015-01-02,BUY,SAA,12.345,101.50,4.95,USD\n"
        "2015-01-05,DIVIDEND,SAA,12.345,0.51,0.00,USD\n"
        "2015-01-06,SELL,SAA,2.345,99.00,1.00,USD\n"
    )
    assert layout.findings == ()
    assert [booked(one) for one in drafts] == [
        (EntryKind.DEPOSIT, "2015-01-01", "", Decimal("100000.00"), Decimal(1), "USD"),
        (EntryKind.BUY, "2015-01-02", "SAA", Decimal("12.345"), Decimal("101.50"), "USD"),
        (EntryKind.DIVIDEND, "2015-01-05", "SAA", Decimal("12.345"), Decimal("0.51"), "USD"),
        (EntryKind.SELL, "2015-01-06", "SAA", Decimal("2.345"), Decimal("99.00"), "USD"),
    ]
    assert [one.fee for one in drafts] == [Decimal(0), Decimal("4.95"), Decimal(0), Decimal("1.00")]
    assert [codes(one) for one in drafts] == [[], [], [], []]


GERMAN = (
    "Konto 123;;;;;;;;\n"
    "Datum;Typ;Wertpapier;ISIN;Stück;Kurs;Betrag;Gebühren;Währung\n"
    "13.04.2024;Kauf;Apple;US0378331005;10;1.234,50;-12.350,00;-5,00;EUR\n"
    "14.04.2024;Verkauf;Apple;US0378331005;-5;1.300,00;6.495,00;-5,00;EUR\n"
    "15.04.2024;Einzahlung;;;;;1.000,00;;EUR\n"
    ";;;;;;;;\n"
    "16.04.2024;Auszahlung;;;;;-250,00;;EUR\n"
    "17.04.2024;Gebühr;;;;;-3,00;;EUR\n"
    "18.04.2024;Zinsen;;;;;-1,25;;EUR\n"
    "Summe;;;;;;-5.109,25;;\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_german_file_in_any_encoding_is_read_alike(encoding):
    layout, drafts = read(GERMAN.encode(encoding))
    assert layout.header_line == 2
    assert [one.skipped for one in drafts] == ["", "", "", "blank-line", "", "", "", "total-line"]
    assert [booked(one) for one in drafts if not one.skipped] == [
        (EntryKind.BUY, "2024-04-13", "US0378331005", Decimal(10), Decimal("1234.50"), "EUR"),
        (EntryKind.SELL, "2024-04-14", "US0378331005", Decimal(5), Decimal("1300.00"), "EUR"),
        (EntryKind.DEPOSIT, "2024-04-15", "", Decimal("1000.00"), Decimal(1), "EUR"),
        (EntryKind.WITHDRAWAL, "2024-04-16", "", Decimal("250.00"), Decimal(1), "EUR"),
        (EntryKind.FEE, "2024-04-17", "", Decimal("3.00"), Decimal(1), "EUR"),
        (EntryKind.INTEREST, "2024-04-18", "", Decimal("-1.25"), Decimal(1), "EUR"),
    ]
    assert [one.fee for one in drafts[:2]] == [Decimal("5.00"), Decimal("5.00")]
    warned = [one.code for one in layout.findings]
    assert warned == (["guessed-encoding"] if encoding == "cp1252" else [])


def test_degiro_columns_without_names_are_the_currencies_beside_them():
    layout, drafts = read(
        "Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value,,Exchange rate,"
        "Transaction and/or third,,Total,,Order ID\n"
        "13-04-2024,09:04,APPLE,US0378331005,NDQ,CDED,5,170.10,USD,-850.50,USD,-783.20,EUR,1.0859,-1.00,EUR,"
        "-784.20,EUR,abc\n"
        "15-04-2024,16:30,APPLE,US0378331005,NDQ,CDED,-2,170.10,USD,340.20,USD,313.28,EUR,1.0859,,,"
        "313.28,EUR,abd\n"
    )
    assert [one.code for one in layout.findings] == ["no-type-column"]
    assert [booked(one) for one in drafts] == [
        (EntryKind.BUY, "2024-04-13", "US0378331005", Decimal(5), Decimal("170.10"), "USD"),
        (EntryKind.SELL, "2024-04-15", "US0378331005", Decimal(2), Decimal("170.10"), "USD"),
    ]
    assert drafts[0].time == datetime(2024, 4, 13, 7, 4, tzinfo=UTC)
    assert (drafts[0].fee, drafts[0].fee_currency) == (Decimal("1.00"), "EUR")
    assert drafts[0].external_id == ""  # several fills may share an order's id


def test_trading212_prices_in_pence_become_pounds():
    _, drafts = read(
        "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,"
        "Total,Currency (Total),Withholding tax,Currency (Withholding tax),Notes,ID,Currency conversion fee,"
        "Currency (Currency conversion fee)\n"
        "Market buy,2024-01-03 14:30:05.123,GB00BH4HKS39,VOD,Vodafone,100,68.50,GBX,1.15,"
        "78.90,EUR,,,,EOF1,0.12,EUR\n"
        "Dividend (Ordinary),2024-02-03 14:30:05,GB00BH4HKS39,VOD,Vodafone,100,4.5,GBX,Not available,"
        "5.10,EUR,0.50,GBX,,,,\n"
        "Deposit,2024-01-01 10:00:00,,,,,,,,1000.00,EUR,,,,D1,,\n"
    )
    assert [booked(one) for one in drafts] == [
        (EntryKind.BUY, "2024-01-03", "VOD", Decimal(100), Decimal("0.6850"), "GBP"),
        (EntryKind.DIVIDEND, "2024-02-03", "VOD", Decimal(100), Decimal("0.045"), "GBP"),
        (EntryKind.DEPOSIT, "2024-01-01", "", Decimal("1000.00"), Decimal(1), "EUR"),
    ]
    assert (drafts[0].fee, drafts[0].fee_currency, drafts[0].fx_rate) == (
        Decimal("0.12"), "EUR", Decimal("1.15"),
    )  # fmt: skip
    assert (drafts[1].tax, drafts[1].tax_currency) == (Decimal("0.0050"), "GBP")
    assert [one.external_id for one in drafts] == ["EOF1", "", "D1"]


def test_ghostfolio_export_is_read():
    _, drafts = read(
        "Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note\n"
        "01-09-2021,GOOGL,YAHOO,USD,2890.30,5,buy,49,first\n"
    )
    assert booked(drafts[0]) == (
        EntryKind.BUY, "2021-09-01", "GOOGL", Decimal(5), Decimal("2890.30"), "USD",
    )  # fmt: skip
    assert (drafts[0].fee, drafts[0].note) == (Decimal(49), "first")
    assert codes(drafts[0]) == ["doubtful-date"]


def test_price_missing_is_amount_by_quantity():
    _, drafts = read(
        "date,type,symbol,quantity,amount\n2024-01-02,buy,ABC,3,10.00\n2024-01-02,buy,ABC,4,10.00\n"
    )
    assert [one.price for one in drafts] == [Decimal("3.333333333333333333"), Decimal("2.5")]
    assert codes(drafts[0]) == ["price-from-amount"]


def test_net_amount_is_cleared_of_costs():
    _, drafts = read(
        "date,type,symbol,quantity,net amount,fee,tax\n"
        "2024-01-02,buy,ABC,10,105,5,0\n"
        "2024-01-03,sell,ABC,10,90,5,5\n"
        "2024-01-04,dividend,ABC,10,8.5,0,1.5\n"
    )
    assert [(one.quantity, one.price) for one in drafts] == [
        (Decimal(10), Decimal(10)),
        (Decimal(10), Decimal(10)),
        (Decimal(10), Decimal(1)),
    ]


def test_dividend_total_that_no_share_divides_stays_exact():
    _, drafts = read("date,type,symbol,quantity,amount\n2024-01-02,dividend,ABC,3,10.00\n")
    assert (drafts[0].quantity, drafts[0].price) == (Decimal(1), Decimal("10.00"))


def test_amount_that_is_not_the_product_is_a_warning():
    _, drafts = read(
        "date,type,symbol,quantity,price,fee,amount\n"
        "2024-01-02,buy,ABC,10,5,1,50\n"
        "2024-01-02,buy,ABC,10,5,1,51\n"
        "2024-01-02,buy,ABC,10,5,1,500\n"
    )
    assert [codes(one) for one in drafts] == [[], [], ["amount-differs"]]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("2024-13-01,buy,ABC,1,2", "not-a-date", "Day"),
        (",buy,ABC,1,2", "no-date", "Day"),
        ("1850-01-01,buy,ABC,1,2", "date-out-of-range", "Day"),
        ("2024-01-01,buy,ABC,one,2", "not-a-number", "Pieces"),
        ("2024-01-01,buy,ABC,1,1234567890123456789012", "number-too-large", "Kurs"),
        ("2024-01-01,buy,ABC,1,0.0000000000000000001", "number-too-fine", "Kurs"),
        ("2024-01-01,,ABC,1,2", "no-kind", "Art"),
        ("2024-01-01,dance,ABC,1,2", "unknown-kind", "Art"),
        ("2024-01-01,stock split,ABC,1,2", "corporate-action", "Art"),
        ("2024-01-01,buy,ABC,,2", "no-quantity", "Pieces"),
        ("2024-01-01,buy,ABC,-1,2", "cancellation", "Pieces"),
        ("2024-01-01,deposit,,,", "no-amount", "amount"),
    ],
)
def test_faulty_row_names_the_files_own_column(row, code, column):
    columns = {Field.QUANTITY: "Pieces", Field.DATE: "Day"}
    _, drafts = read(f"Day,Art,Symbol,Pieces,Kurs\n{row}\n2024-02-01,buy,ABC,1,2\n", columns=columns)
    fault = next(one for one in drafts[0].findings if one.level == "error")
    assert (fault.code, fault.params["column"]) == (code, column)
    assert codes(drafts[1]) == []


def test_row_with_more_cells_than_the_header_is_an_error():
    _, drafts = read("date,type,symbol,quantity,price\n2024-01-02,buy,ABC,1,000,5\n")
    assert codes(drafts[0]) == ["too-many-cells"]


def test_mixed_date_orders_make_only_the_ambiguous_rows_errors():
    layout, drafts = read(
        "date,type,amount\n13/04/2024,deposit,1\n04/13/2024,deposit,1\n03/04/2024,deposit,1\n05/05/2024,deposit,1\n"
    )
    assert [one.code for one in layout.findings] == ["mixed-dates"]
    assert [str(one.day) for one in drafts] == ["2024-04-13", "2024-04-13", "None", "2024-05-05"]
    assert codes(drafts[2]) == ["ambiguous-date"]


def test_chosen_date_order_makes_the_others_errors():
    _, drafts = read(
        "date,type,amount\n03/04/2024,deposit,1\n13/04/2024,deposit,1\n", date_order=DateOrder.MONTH_FIRST
    )
    assert [str(one.day) for one in drafts] == ["2024-03-04", "None"]
    assert codes(drafts[1]) == ["not-a-date"]


def test_dates_without_proof_are_doubted_row_by_row():
    layout, drafts = read("date,type,amount\n03/04/2024,deposit,1\n05/05/2024,deposit,1\n")
    assert [one.code for one in layout.findings] == ["guessed-dates-mdy"]
    assert [codes(one) for one in drafts] == [["doubtful-date"], []]


def test_rows_in_order_tell_the_date_order():
    layout, drafts = read(
        "date,type,amount\n01/02/2024,deposit,1\n02/02/2024,deposit,1\n01/03/2024,deposit,1\n"
    )
    assert [str(one.day) for one in drafts] == ["2024-02-01", "2024-02-02", "2024-03-01"]
    assert [one.code for one in layout.findings] == ["guessed-dates-dmy"]


def test_marks_without_proof_are_doubted():
    layout, drafts = read("date;type;amount\n2024-01-01;deposit;1.234\n")
    assert [one.code for one in layout.findings] == ["guessed-decimal"]
    assert drafts[0].quantity == Decimal(1234)
    assert codes(drafts[0]) == ["doubtful-number"]


def test_chosen_decimal_mark_ends_the_doubt():
    layout, drafts = read("date;type;amount\n2024-01-01;deposit;1.234\n", decimal=Mark.POINT)
    assert layout.findings == ()
    assert (drafts[0].quantity, codes(drafts[0])) == (Decimal("1.234"), [])


def test_columns_prove_each_others_marks():
    _, drafts = read("date;type;symbol;quantity;price\n2024-01-01;buy;ABC;1,234;5,50\n")
    assert (drafts[0].quantity, codes(drafts[0])) == (Decimal("1.234"), [])


def test_chosen_kinds_and_columns_win_over_guesses():
    _, drafts = read(
        "date,what,type,symbol,quantity,price\n2024-01-01,Sparrate,sell,ABC,1,2\n2024-01-02,Rest,sell,ABC,1,2\n",
        columns={Field.TYPE: "what"},
        kinds={"sparrate": EntryKind.BUY, "rest": Special.SKIP},
    )
    assert drafts[0].kind is EntryKind.BUY
    assert drafts[1].skipped == "left-out"


def test_file_without_names_is_read_by_chosen_columns():
    columns = {Field.DATE: "Column 1", Field.TYPE: "Column 2", Field.AMOUNT: "Column 3"}
    layout, drafts = read("2024-01-01,deposit,5\n2024-01-02,withdrawal,3\n", columns=columns)
    assert (layout.header_line, [one.code for one in layout.findings]) == (0, ["no-header"])
    assert [one.quantity for one in drafts] == [Decimal(5), Decimal(3)]


def test_names_that_nobody_knows_ask_for_the_columns():
    layout, drafts = read("when,what,how much\n2024-01-01,deposit,5\n")
    assert [one.code for one in layout.findings] == ["no-date-column", "no-amount-column", "no-type-column"]
    assert "no-date" in codes(drafts[0])


def test_chosen_zone_moves_times_and_leaves_dates_alone():
    _, drafts = read(
        "date,type,amount\n2024-01-02,deposit,1\n2024-01-02 03:00,deposit,1\n2024-01-02T03:00Z,deposit,1\n",
        time_zone="Asia/Tokyo",
    )
    assert [(one.time, str(one.day)) for one in drafts] == [
        (datetime(2024, 1, 1, 23, tzinfo=UTC), "2024-01-02"),
        (datetime(2024, 1, 1, 18, tzinfo=UTC), "2024-01-01"),
        (datetime(2024, 1, 2, 3, tzinfo=UTC), "2024-01-02"),
    ]


def test_deposit_of_coins_is_a_transfer_in_of_unknown_cost():
    _, drafts = read("date,type,symbol,quantity\n2024-01-01,Deposit,BTC,0.5\n2024-01-02,Deposit,EUR,100\n")
    assert booked(drafts[0]) == (EntryKind.TRANSFER_IN, "2024-01-01", "BTC", Decimal("0.5"), None, "")
    assert codes(drafts[0]) == ["units-not-money", "unknown-cost"]
    assert booked(drafts[1])[0::3] == (EntryKind.DEPOSIT, Decimal(100))
    assert drafts[1].currency == "EUR"


def test_currency_beside_a_number_or_in_a_name_counts():
    _, drafts = read('date,type,symbol,quantity,Price (USD),fee\n2024-01-01,buy,ABC,1,2.50,"€ 1.20"\n')
    assert (drafts[0].currency, drafts[0].fee, drafts[0].fee_currency) == ("USD", Decimal("1.20"), "EUR")


def test_trades_without_signs_of_quantity_follow_the_money():
    _, drafts = read(
        "date,type,symbol,quantity,price,amount\n2024-01-01,Trade,ABC,2,5,-10\n2024-01-02,Trade,ABC,1,6,6\n"
    )
    assert [one.kind for one in drafts] == [EntryKind.BUY, EntryKind.SELL]


def test_formulas_are_only_text():
    _, drafts = read("date,type,symbol,quantity,price,note\n2024-01-01,buy,ABC,1,2,\"=cmd|'/C calc'!A0\"\n")
    assert drafts[0].note == "=cmd|'/C calc'!A0"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b"date,type,amount\n", "no-rows"),
        (b"PK\x03\x04rest", "not-csv-zip"),
        (b"%PDF-1.7", "not-csv-pdf"),
        (b"\xd0\xcf\x11\xe0\xa1", "not-csv-excel"),
        (b"\x1f\x8b\x08", "not-csv-gzip"),
        (b"\x89PNG\r\n", "not-csv-image"),
        (b"<!DOCTYPE html><html>", "not-csv-html"),
        (b'{"a": 1}', "not-csv-json"),
        (b"a,b\x00\x01\x02,c\n", "not-csv-binary"),
        (b'date,type,note\n2024-01-01,deposit,"never closed\n2024-01-02,deposit,x\n', "open-quote"),
    ],
)
def test_what_is_no_csv_is_refused_with_its_reason(content, code):
    with pytest.raises(UnreadableFile) as caught:
        read(content)
    assert caught.value.finding.code == code


def test_file_in_another_encoding_than_chosen_is_refused():
    with pytest.raises(UnreadableFile) as caught:
        read("Datum;Währung\n".encode("cp1252"), encoding="utf-8")
    assert caught.value.finding.code == "encoding"


def test_too_many_bytes_are_refused():
    with pytest.raises(UnreadableFile) as caught:
        read(b"x" * (MAX_BYTES + 1))
    assert caught.value.finding.code == "too-large"


def test_too_many_rows_are_refused_and_the_limit_itself_is_not():
    head, row = "date,type,amount\n", "2024-01-01,deposit,1\n"
    sheet = read_sheet((head + row * MAX_ROWS).encode())
    assert len(lay_out(sheet, Choices(), "UTC")[1]) == MAX_ROWS
    with pytest.raises(UnreadableFile) as caught:
        read(head + row * (MAX_ROWS + 1))
    assert caught.value.finding.code == "too-many-rows"


def test_line_numbers_are_those_of_the_file():
    _, drafts = read('date,type,amount,note\n2024-01-01,deposit,1,"two\nlines"\n\n2024-01-02,deposit,2,\n')
    assert [(one.line, one.skipped) for one in drafts] == [(2, ""), (4, "blank-line"), (5, "")]


def test_excels_separator_line_is_no_header():
    layout, drafts = read("sep=;\ndate;type;amount\n2024-01-01;deposit;1,5\n")
    assert (layout.header_line, drafts[0].quantity) == (2, Decimal("1.5"))


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_any_delimiter_is_found(mark):
    text = "date,type,symbol,quantity,price\n2024-01-01,buy,ABC,3,7\n2024-01-02,sell,ABC,1,8\n".replace(
        ",", mark
    )
    _, drafts = read(text)
    assert [booked(one)[3:5] for one in drafts] == [(Decimal(3), Decimal(7)), (Decimal(1), Decimal(8))]

"""The commands of the market: what they print, write and answer to the shell."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from market.models import Coin, CorporateAction, DailyBar, Instrument
from tests.market.builders import closes

pytestmark = pytest.mark.django_db
GOOD = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,10,11,9,10.5,5.1,1000\n"


def run(*arguments):
    out, err = StringIO(), StringIO()
    try:
        call_command("import_prices", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as stopped:
        return stopped.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_it_shows_how_it_reads_the_file_and_sums_up(tmp_path, instrument):
    one = instrument("AAA")
    file = tmp_path / "AAA.csv"
    file.write_text(GOOD)
    code, out, _err = run(file)
    assert code == 0
    assert "AAA.csv: long, utf-8, delimiter ',', decimal '.', dates %Y-%m-%d" in out
    assert "open=Open, high=High, low=Low, close=Close, volume=Volume, symbol AAA" in out
    assert "not read, for prices are kept as traded: Adj Close" in out
    assert "1 rows read: 1 stored, 0 unchanged, 0 refused." in out
    assert closes(one) == {date(2024, 1, 2): Decimal("10.5")}
    assert not (tmp_path / "AAA.csv.rejected.csv").exists()
    assert "0 stored, 1 unchanged" in run(file)[1]


def test_refused_rows_go_to_a_file_with_line_reason_and_text(tmp_path, instrument):
    instrument("AAA")
    file = tmp_path / "AAA.csv"
    file.write_text(GOOD + "2024-01-03,10,9,11,10,5,1\n")
    code, out, _err = run(file)
    assert code == 3
    assert "2 rows read: 1 stored, 0 unchanged, 1 refused." in out
    with (tmp_path / "AAA.csv.rejected.csv").open(newline="") as refused:
        assert list(csv.reader(refused)) == [
            ["table", "line", "reason", "row"],
            ["AAA.csv", "3", "The high is below the low: high 9", "2024-01-03,10,9,11,10,5,1"],
        ]


def test_a_refused_file_does_not_stop_the_next(tmp_path, instrument):
    one = instrument("AAA")
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "AAA.csv").write_text(GOOD)
    code, _out, err = run(tmp_path / "bad.zip", tmp_path / "missing.csv", tmp_path / "AAA.csv")
    assert code == 1
    assert "The archive is damaged" in err
    assert "missing.csv" in err
    assert err.count("Nothing of this file was stored.") == 2
    assert len(closes(one)) == 1


def test_options_say_what_the_file_does_not(tmp_path, ida):
    file = tmp_path / "x.txt"
    file.write_text("wann|wert\n01/02/2024|1,5\n")
    code, out, _err = run(
        file, "--columns", "date=wann,close=wert", "--symbol", "own", "--date-format", "%d/%m/%Y",
        "--decimal", "comma", "--delimiter", "pipe", "--user", "IDA@example.org", "--create-missing",
        "--currency", "eur", "--kind", "fund", "--source", "bank",
    )  # fmt: skip
    made = Instrument.objects.get()
    assert (code, made.owner, made.currency, made.kind) == (0, ida, "EUR", "fund")
    assert "New instruments: 1 (OWN)" in out
    stored = DailyBar.objects.get()
    assert (stored.date, stored.close, stored.source) == (date(2024, 2, 1), Decimal("1.5"), "bank")


def test_adjusted_prices_are_told_and_stored_as_traded(tmp_path, instrument):
    one = instrument("AAA")
    CorporateAction.objects.create(
        instrument=one, kind="split", ex_date="2024-01-03", numerator=2, denominator=1, source="test"
    )
    file = tmp_path / "AAA.csv"
    file.write_text(GOOD)
    code, out, _err = run(file, "--adjusted", "split", "--as-of", "2024-02-01")
    assert code == 0
    assert "prices adjusted for splits as of 2024-02-01: kept as given, and as they were traded" in out
    assert closes(one) == {date(2024, 1, 2): Decimal(21)}
    assert "prices as traded" in run(file)[1]
    again = run(file, "--adjusted", "split", "--as-of", "2024-02-01")
    assert (again[0], "A price as traded is stored" in (tmp_path / "AAA.csv.rejected.csv").read_text()) == (
        3,
        True,
    )
    file.write_text(GOOD.replace("10.5,5.1", "5.25,5.1").replace("10,11,9", ",,"))
    assert (
        "1 of the unchanged is known as traded and stays so."
        in run(file, "--adjusted", "split", "--as-of", "2024-02-01")[1]
    )


def test_a_dry_run_says_that_nothing_was_stored(tmp_path, instrument):
    one = instrument("AAA")
    (tmp_path / "AAA.csv").write_text(GOOD)
    _code, out, _err = run(tmp_path / "AAA.csv", "--dry-run")
    assert "Nothing was stored." in out
    assert closes(one) == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--create-missing"], "needs --currency"),
        (["--user", "nobody@example.org"], "Nobody has the address"),
        (["--columns", "date"], "--columns is like"),
        (["--adjusted", "split"], "go together"),
        (["--as-of", "2024-01-01"], "go together"),
        (["--adjusted", "split", "--as-of", "01/02/2024"], "write a date as"),
        (["--adjusted", "dividend"], "invalid choice"),
    ],
)
def test_wrong_options_are_told_before_any_file_is_read(tmp_path, arguments, words):
    with pytest.raises(CommandError, match=words):
        run(tmp_path / "AAA.csv", *arguments)


def test_reference_data_is_loaded_by_command():
    out = StringIO()
    call_command("load_reference", stdout=out)
    assert f"{Coin.objects.count()} coins." in out.getvalue()


def test_a_damaged_archive_of_rates_is_told(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"nothing")
    with pytest.raises(CommandError, match=r"x\.zip"):
        call_command("import_fx", "--file", str(tmp_path / "x.zip"))

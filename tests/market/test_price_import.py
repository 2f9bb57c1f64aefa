"""Price files: what is stored, what is refused and why, and that nothing is stored by half."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from core.actor import Actor
from core.bus import Phase, bus
from core.errors import Forbidden
from market.domain.price_files.layout import Wishes
from market.errors import ImportRefused
from market.events import PricesChanged
from market.models import DailyBar, Exchange, Instrument, PriceImport, SymbolSpan
from market.transports.price_files import Limits
from tests.market.builders import bring_in, closes

pytestmark = pytest.mark.django_db
HEADER = "Symbol,Date,Open,High,Low,Close,Volume\n"
TWO_DAYS = HEADER + "AAA,2024-01-02,10,11,9,10.5,1000\nAAA,2024-01-03,10.5,12,10,11.25,\n"


def zipped(files: dict[str, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def reason(refused):
    (error,) = refused.value.errors
    assert (refused.value.code, error.field) == ("import-refused", "file")
    return error.code


def reasons(outcome):
    return [(row.line, row.reason) for row in outcome.rejected]


def test_a_long_file_is_stored_exactly(instrument):
    one = instrument("AAA")
    outcome = bring_in(TWO_DAYS)
    assert (outcome.rows_read, outcome.stored, outcome.unchanged, outcome.rejected) == (2, 2, 0, [])
    first, second = DailyBar.objects.filter(instrument=one).order_by("date")
    assert (first.date, first.open, first.high, first.low, first.close, first.volume, first.source) == (
        date(2024, 1, 2), Decimal(10), Decimal(11), Decimal(9), Decimal("10.5"), Decimal(1000), "import",
    )  # fmt: skip
    assert (second.close, second.volume) == (Decimal("11.25"), None)


def test_a_second_run_changes_nothing(instrument):
    one = instrument("AAA")
    bring_in(TWO_DAYS)
    revision = Instrument.objects.get(pk=one.pk).price_revision
    outcome = bring_in(TWO_DAYS)
    assert (outcome.stored, outcome.unchanged) == (0, 2)
    assert Instrument.objects.get(pk=one.pk).price_revision == revision == 1


def test_a_corrected_price_replaces_the_old_one(instrument):
    one, other = instrument("AAA"), instrument("BBB")
    bring_in(TWO_DAYS + "BBB,2024-01-02,1,1,1,1,\n")
    outcome = bring_in(TWO_DAYS.replace("11.25", "11.5") + "BBB,2024-01-02,1,1,1,1,\n")
    assert (outcome.stored, outcome.unchanged) == (1, 2)
    assert closes(one)[date(2024, 1, 3)] == Decimal("11.5")
    assert Instrument.objects.get(pk=one.pk).price_revision == 2
    assert Instrument.objects.get(pk=other.pk).price_revision == 1


def test_the_change_is_published_and_noted(instrument):
    one, heard = instrument("AAA"), []

    def listen(event: PricesChanged) -> None:
        heard.append(event)

    bus.subscribe(PricesChanged, Phase.IN_TRANSACTION)(listen)
    try:
        bring_in(TWO_DAYS)
    finally:
        bus._subscriptions[PricesChanged].pop()
    assert heard == [PricesChanged(1, (one.id,))]
    note = PriceImport.objects.get()
    assert (note.file_name, note.rows_read, note.rows_stored, note.actor_label) == (
        "prices.csv", 2, 2, "system:tests",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("AAA,2024-01-02,10,11,9,abc,1", "Not a number: close abc"),
        ("AAA,2024-01-02,10,11,9,1.2.3,1", "Not a number: close 1.2.3"),
        ("AAA,2024-01-02,10,11,9,1_000,1", "Not a number: close 1_000"),
        ("AAA,2024-01-02,10,11,9,inf,1", "Not a number: close inf"),
        ("AAA,2024-01-02,10,11,9,NaN,1", "There is no close: close NaN"),
        ("AAA,2024-01-02,10,11,9,,1", "There is no close: close"),
        ("AAA,2024-01-02,10,11,9,-10,1", "A price must be greater than 0: close -10"),
        ("AAA,2024-01-02,10,11,0,10,1", "A price must be greater than 0: low 0"),
        ("AAA,2024-01-02,10,11,9,10,-5", "The volume is negative: volume -5"),
        ("AAA,2024-01-02,10,9,11,10,1", "The high is below the low: high 9"),
        ("AAA,2024-01-02,10,11,9,12,1", "The close is outside low and high: close 12"),
        ("AAA,2024-01-02,10,11,9,8,1", "The close is outside low and high: close 8"),
        ("AAA,2024-01-02,12,11,9,10,1", "The open is outside low and high: open 12"),
        ("AAA,2024-01-02,,,,0.1234567890123456789,1",
         "At most 20 digits before and 18 after the decimal point: close 0.1234567890123456789"),
        ("AAA,2024-01-02,,,,123456789012345678901,1",
         "At most 20 digits before and 18 after the decimal point: close 123456789012345678901"),
        ("AAA,2024-01-02,,10.000000000000000001,1,10.000000000000000002,1",
         "The close is outside low and high: close 10.000000000000000002"),
        ("AAA,2124-01-02,10,11,9,10,1", "The date is in the future: 2124-01-02"),
        ("AAA,1024-01-02,10,11,9,10,1", "The date is before 1700: 1024-01-02"),
        ("AAA,2024-02-30,10,11,9,10,1", "Not a date: 2024-02-30"),
        ("AAA,2024-01-02,10,11,9,10", "Another number of columns than the header: 6/7"),
        ("AAA,2024-01-02,10,11,9,10,1,2", "Another number of columns than the header: 8/7"),
        ("ZZZ,2024-01-02,10,11,9,10,1", "No instrument has this symbol: ZZZ"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_its_line_and_the_others_are_stored(instrument, row, reason):
    one = instrument("AAA")
    good = "".join(f"AAA,2023-05-{day:02},1,1,1,1,1\n" for day in range(1, 4))
    outcome = bring_in(f"{HEADER}{good}{row}\n")
    assert [(bad.line, bad.reason, bad.raw) for bad in outcome.rejected] == [(5, reason, row)]
    assert (outcome.rows_read, outcome.stored) == (4, 3)
    assert len(closes(one)) == 3


def test_one_key_with_two_values_is_refused_on_both_lines(instrument):
    one = instrument("AAA")
    outcome = bring_in(
        "symbol,date,close\nAAA,2024-01-02,10\nAAA,2024-01-03,11\nAAA,2024-01-02,10.01\nAAA,2024-01-03,11.00\n"
    )
    assert reasons(outcome) == [
        (2, "The file has two different values for this symbol and day: 2024-01-02"),
        (4, "The file has two different values for this symbol and day: 2024-01-02"),
    ]
    assert closes(one) == {date(2024, 1, 3): Decimal(11)}
    assert (outcome.rows_read, outcome.stored, outcome.unchanged) == (4, 1, 1)


def test_quotes_blank_lines_and_windows_line_ends_are_read(instrument):
    one = instrument("AAA")
    quoted = '"AAA","2024-01-03","1,234.50"'
    data = f"symbol,date,close\r\n\r\nAAA,2024-01-02,10\r\n{quoted}\r\n\r\nAAA,2024-01-04,x\r\n"
    outcome = bring_in(data, wishes=Wishes(decimal="."))
    assert closes(one) == {date(2024, 1, 2): Decimal(10), date(2024, 1, 3): Decimal("1234.5")}
    assert reasons(outcome) == [(6, "Not a number: close x")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encodings_are_recognised(instrument, encoding):
    one = instrument("ÄÖÜ")
    outcome = bring_in("Symbol;Datum;Schluss\nÄÖÜ;02.01.2024;10,5\n".encode(encoding))
    assert outcome.rejected == []
    assert closes(one) == {date(2024, 1, 2): Decimal("10.5")}


def test_a_german_file_is_understood(instrument):
    one = instrument("AAA")
    bring_in(
        "Datum;Erster;Hoch;Tief;Schlusskurs;Volumen\n"
        "13.01.2024;1.234,50;1.240,00;1.200,25;1.239,99;1.000\n"
        "14.01.2024;1.239,99;1.300,00;1.239,99;1.300,00;\n",
        name="AAA.csv",
    )
    assert closes(one) == {date(2024, 1, 13): Decimal("1239.99"), date(2024, 1, 14): Decimal(1300)}


def test_a_wide_file_has_a_column_per_symbol(instrument):
    one, citi = instrument("AAA"), instrument("C")
    outcome = bring_in("date,AAA,C,NOPE\n2024-01-02,10,20.5,1\n2024-01-03,,21,\n")
    assert closes(one) == {date(2024, 1, 2): Decimal(10)}
    assert closes(citi) == {date(2024, 1, 2): Decimal("20.5"), date(2024, 1, 3): Decimal(21)}
    assert reasons(outcome) == [(2, "No instrument has this symbol: NOPE")]


def test_an_adjusted_column_is_not_read(instrument):
    one, plans = instrument("AAA"), []
    from market.services.price_import import Options, import_prices

    import_prices(
        actor=Actor.system("tests"),
        file=io.BytesIO(b"Date,Close,Adj Close,Dividends\n2024-01-02,10,5,0\n"),
        name="AAA.csv",
        options=Options(),
        on_plan=plans.append,
    )
    assert closes(one) == {date(2024, 1, 2): Decimal(10)}
    assert (plans[0].layout.adjusted, plans[0].layout.ignored) == (("Adj Close",), ("Dividends",))


def test_columns_can_be_told(instrument):
    one = instrument("AAA")
    wishes = Wishes(columns={"date": "when", "close": "b"}, symbol="AAA", date_format="%d/%m/%Y")
    bring_in("when,a,b\n01/02/2024,1,2\n", wishes=wishes)
    assert closes(one) == {date(2024, 2, 1): Decimal(2)}


def test_zip_and_gzip_are_unpacked(instrument):
    one, two = instrument("AAA"), instrument("BBB")
    bring_in(gzip.compress(TWO_DAYS.encode()), name="prices.csv.gz")
    bring_in(
        zipped({"BBB.csv": "date,close\n2024-01-02,3\n", "readme.md": "hello", "__MACOSX/x.csv": "rubbish"}),
        name="all.zip",
    )
    assert len(closes(one)) == 2
    assert closes(two) == {date(2024, 1, 2): Decimal(3)}


BROKEN_ZIP = zipped({"AAA.csv": "date,close\n" + "".join(f"2023-01-{d:02},{d}\n" for d in range(1, 29))})
NUL = b"\0\1\2\3" * 50


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "AAA.csv", "empty-file"),
        (b"date\n2024-01-02\n", "AAA.csv", "one-column"),
        (b"2024-01-02,10\n2024-01-03,11\n", "AAA.csv", "no-header"),
        (b"day one,close\n", "AAA.csv", "no-date-column"),
        (b"symbol,date,volume\nAAA,2024-01-02,1\n", "p.csv", "no-close-column"),
        (b"date,adj close\n2024-01-02,1\n", "AAA.csv", "only-adjusted"),
        (b"date,close,close\n2024-01-02,1,2\n", "AAA.csv", "column-twice"),
        (b"date,close\n2024-01-02,1\n", "unknown.csv", "no-symbol"),
        (b"date,close\n01/02/2024,1\n", "AAA.csv", "ambiguous-dates"),
        (b"date,close\nsoon,1\n", "AAA.csv", "no-date-format"),
        (b"date;close\n2024-01-02;1,234\n", "AAA.csv", "ambiguous-decimals"),
        (b"date;close\n2024-01-02;1,2\n2024-01-03;1.2\n", "AAA.csv", "mixed-decimals"),
        (b'date,close\n2024-01-02,"1\n', "AAA.csv", "broken-csv"),
        (NUL, "AAA.csv", "not-text"),
        (b"date,close\n2024-01-02," + b"1" * 70_000 + b"\n", "AAA.csv", "long-line"),
        (b"PK\x03\x04 and then nothing", "AAA.zip", "broken-archive"),
        (b"not packed at all", "AAA.zip", "broken-archive"),
        (BROKEN_ZIP[:60] + b"\xff\xff" + BROKEN_ZIP[62:], "AAA.zip", "broken-archive"),
        (BROKEN_ZIP[: len(BROKEN_ZIP) // 2], "AAA.zip", "broken-archive"),
        (gzip.compress(b"date,close\n2024-01-02,1\n" * 50, mtime=0)[:-12], "AAA.csv.gz", "broken-archive"),
        (zipped({"inner.zip": BROKEN_ZIP}), "AAA.zip", "nested-archive"),
        (zipped({"AAA.csv": BROKEN_ZIP}), "AAA.zip", "nested-archive"),
        (gzip.compress(BROKEN_ZIP, mtime=0), "AAA.csv.gz", "nested-archive"),
        (zipped({"readme.md": "no table"}), "AAA.zip", "no-table"),
        (zipped({"[Content_Types].xml": "x", "xl/a.txt": "x"}), "AAA.xlsx", "workbook"),
    ],
)
def test_an_unreadable_file_is_refused_as_a_whole(instrument, data, name, code):
    one = instrument("AAA")
    with pytest.raises(ImportRefused) as refused:
        bring_in(data, name=name)
    assert reason(refused) == code
    assert closes(one) == {}
    assert PriceImport.objects.count() == 0


def test_a_wrong_encoding_is_refused_after_good_rows_and_nothing_stays(instrument):
    one = instrument("AAA")
    good = "".join(f"AAA,{2000 + n // 300}-01-01,{n + 1}\n" for n in range(120_000))
    data = b"symbol,date,close\n" + good.encode() + b"AAA\xff,2024-01-02,1\n"
    with pytest.raises(ImportRefused) as refused:
        bring_in(data)
    assert reason(refused) == "wrong-encoding"
    assert closes(one) == {}


def test_a_told_encoding_that_does_not_fit_is_refused(instrument):
    instrument("AAA")
    with pytest.raises(ImportRefused) as refused:
        bring_in("symbol,date,close\nÄ,2024-01-02,1\n".encode("latin-1"), encoding="utf-8")
    assert reason(refused) == "wrong-encoding"


@pytest.mark.parametrize("pack", [lambda data: zipped({"AAA.csv": data}), gzip.compress])
def test_a_bomb_is_stopped_by_what_comes_out_of_it(instrument, pack):
    one = instrument("AAA")
    bomb = pack(b"date,close\n" + b"2024-01-02,1\n" + b"0" * 60 + b"\n" * 9_000_000)
    with pytest.raises(ImportRefused) as refused:
        bring_in(bomb, name="AAA.csv")
    assert reason(refused) == "zip-bomb"
    assert closes(one) == {}


def test_an_archive_above_the_limit_is_refused(instrument):
    instrument("AAA")
    data = b"date,close\n" + b"".join(b"2024-01-02,%d\n" % n for n in range(1000))
    for packed in (zipped({"AAA.csv": data}), gzip.compress(data)):
        with pytest.raises(ImportRefused) as refused:
            bring_in(packed, name="AAA.csv", limits=Limits(max_bytes=5000))
        assert reason(refused) == "too-large"


def test_a_failing_member_leaves_nothing_of_the_others(instrument):
    one = instrument("AAA")
    data = zipped({"AAA.csv": "date,close\n2024-01-02,1\n", "BBB.csv": "nothing here\n"})
    with pytest.raises(ImportRefused):
        bring_in(data, name="all.zip")
    assert closes(one) == {}


def test_missing_instruments_are_made_when_asked(db):
    outcome = bring_in(
        "symbol,date,close\nnew,2024-01-02,1\nNEW,2024-01-03,2\n", create_missing=True, currency="CHF"
    )
    made = Instrument.objects.get()
    assert (made.symbol, made.currency, made.owner, outcome.created) == ("NEW", "CHF", None, ["NEW"])
    assert closes(made) == {date(2024, 1, 2): Decimal(1), date(2024, 1, 3): Decimal(2)}


def test_a_dry_run_and_a_strict_one_with_a_bad_row_store_nothing(instrument):
    one = instrument("AAA")
    assert bring_in(TWO_DAYS, dry_run=True).stored == 2
    assert bring_in(TWO_DAYS + "AAA,x,1,1,1,1,1\n", strict=True).stored == 2
    assert closes(one) == {}
    assert PriceImport.objects.count() == 0


def test_an_import_for_a_user_reaches_only_their_own_instruments(instrument, ida):
    public, own = instrument("AAA"), instrument("BBB", owner=ida)
    outcome = bring_in(
        "symbol,date,close\nAAA,2024-01-02,1\nBBB,2024-01-02,2\n", actor=Actor.user(ida), owner=ida.pk
    )
    assert reasons(outcome) == [(2, "No instrument has this symbol: AAA")]
    assert (closes(public), closes(own)) == ({}, {date(2024, 1, 2): Decimal(2)})


def test_a_user_may_not_import_public_prices_nor_anothers(instrument, ida, sven):
    instrument("AAA")
    for owner in (None, sven.pk):
        with pytest.raises(Forbidden):
            bring_in(TWO_DAYS, actor=Actor.user(ida), owner=owner)


def test_a_symbol_means_what_it_meant_on_the_day(instrument):
    old, new = instrument("META"), instrument("FB")
    SymbolSpan.objects.create(instrument=old, symbol="FB", valid_from="2012-05-18", valid_to="2022-06-09")
    SymbolSpan.objects.create(instrument=old, symbol="META", valid_from="2022-06-09")
    SymbolSpan.objects.create(instrument=new, symbol="FB", valid_from="2024-01-01")
    outcome = bring_in(
        "symbol,date,close\nFB,2020-01-02,200\nFB,2023-01-02,1\nFB,2024-01-02,7\nMETA,2024-01-02,300\n"
    )
    assert closes(old) == {date(2020, 1, 2): Decimal(200), date(2024, 1, 2): Decimal(300)}
    assert closes(new) == {date(2024, 1, 2): Decimal(7)}
    assert reasons(outcome) == [(3, "No instrument has this symbol: FB")]


def test_an_ambiguous_symbol_is_refused(instrument):
    for mic in ("XETR", "XPAR"):
        Exchange.objects.create(mic=mic, name=mic, time_zone="UTC")
        instrument("SAN", exchange_id=mic)
    outcome = bring_in("symbol,date,close\nSAN,2024-01-02,1\nSAN@XPAR,2024-01-02,2\n")
    assert reasons(outcome) == [(2, "Several instruments have this symbol; write SYMBOL@VENUE: SAN")]
    assert outcome.stored == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_is_stored_once(transactional_db, two_at_once):
    data = "symbol,date,close\n" + "".join(
        f"S{n % 7},{2000 + n // 28 % 20}-0{n % 9 + 1}-{n % 28 + 1:02},{n % 7 + 1}\n" for n in range(3000)
    )
    outcomes = two_at_once(lambda: bring_in(data, create_missing=True, currency="EUR"))
    distinct = len(set(data.splitlines()[1:]))
    assert sorted(outcome.stored for outcome in outcomes) == [0, distinct]
    assert DailyBar.objects.count() == distinct
    assert Instrument.objects.count() == 7
    assert sorted(len(outcome.created) for outcome in outcomes) == [0, 7]

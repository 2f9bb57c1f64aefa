"""Prices that come adjusted for splits: converted, kept as given, restated, and never mixed with raw ones."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.actor import Actor
from core.errors import ValidationFailed
from core.money import plain
from market.domain.bars import BarRow
from market.domain.basis import RAW, AdjustmentBasis
from market.domain.price_files.layout import Wishes
from market.errors import ImportRefused
from market.models import DailyBar, Instrument, PriceImport
from market.selectors import prices
from market.services import bars
from market.services.actions import (
    ActionData,
    delete_corporate_action,
    record_corporate_action,
    update_corporate_action,
)
from market.services.price_import import Options, import_prices
from tests.market.builders import STAFF, bar, bring_in, closes

pytestmark = pytest.mark.django_db
BASIS = AdjustmentBasis(date(2024, 4, 1))
HEADER = "Symbol,Date,Open,High,Low,Close,Volume\n"
# Traded at 100 and 102, then split 2 for 1 on the 5th: as a website shows it afterwards.
ADJUSTED = "2024-03-01,49,51,48.5,50,4000\n2024-03-04,50,51.5,49,51,2000\n2024-03-05,51,53,50,52,3000\n"
LINES = [f"AAA,{line}\n" for line in ADJUSTED.splitlines()]
FILE = HEADER + "".join(LINES)
D1, D4, D5 = date(2024, 3, 1), date(2024, 3, 4), date(2024, 3, 5)


def split(instrument: Instrument, day: str, new: int, old: int = 1, kind: str = "split") -> Any:
    data = ActionData(
        kind=kind, ex_date=date.fromisoformat(day), numerator=Decimal(new), denominator=Decimal(old)
    )
    return record_corporate_action(actor=STAFF, instrument_uuid=instrument.uuid, data=data)


def shown(instrument: Instrument) -> list[tuple[str, ...]]:
    names = ("open", "high", "low", "close", "volume")
    rows = DailyBar.objects.filter(instrument=instrument).order_by("date")
    return [tuple(plain(getattr(row, name) or Decimal(0)) for name in names) for row in rows]


def given(instrument: Instrument) -> list[Any]:
    rows = DailyBar.objects.filter(instrument=instrument).order_by("date")
    return list(rows.values_list("given_close", "adjusted_as_of"))


def reasons(outcome: Any) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in outcome.rejected]


def revision(instrument: Instrument) -> int:
    return Instrument.objects.get(pk=instrument.pk).price_revision


def rows_of(*pairs: tuple[date, str]) -> list[BarRow]:
    return [BarRow(day, Decimal(close)) for day, close in pairs]


# files


def test_adjusted_file_is_stored_as_traded_and_as_given(instrument):
    one = instrument("AAA")
    split(one, "2024-03-05", 2)
    outcome = bring_in(FILE, basis=BASIS)
    assert (outcome.rows_read, outcome.stored, outcome.rejected) == (3, 3, [])
    assert shown(one) == [
        ("98", "102", "97", "100", "2000"),
        ("100", "103", "98", "102", "1000"),
        ("51", "53", "50", "52", "3000"),
    ]
    assert given(one) == [(50, BASIS.as_of), (51, BASIS.as_of), (52, BASIS.as_of)]
    assert PriceImport.objects.get().adjusted_as_of == BASIS.as_of
    again = bring_in(FILE, basis=BASIS)
    assert (again.stored, again.unchanged, again.kept_raw) == (0, 3, 0)


def test_split_after_the_as_of_day_changes_nothing(instrument):
    one = instrument("AAA")
    split(one, "2024-03-05", 2)
    bring_in(HEADER + LINES[0], basis=AdjustmentBasis(D4))
    assert closes(one) == {D1: 50}


def test_raw_file_is_known_as_raw(instrument):
    one = instrument("AAA")
    bring_in(HEADER + LINES[0])
    assert given(one) == [(None, None)]
    assert PriceImport.objects.get().adjusted_as_of is None


def test_wide_file_and_file_with_missing_numbers_are_converted_too(instrument):
    one, other = instrument("AAA"), instrument("BBB")
    split(other, "2024-03-05", 1, 10)
    bring_in("date,AAA,BBB\n2024-03-04,7,70\n2024-03-05,8,72\n", basis=BASIS)
    assert (closes(one), closes(other)) == ({D4: 7, D5: 8}, {D4: 7, D5: 72})
    row = DailyBar.objects.get(instrument=other, date=D4)
    assert (row.open, row.given_open, row.given_close, row.volume, row.given_volume) == (
        None, None, 70, None, None,
    )  # fmt: skip


def test_rows_after_the_as_of_day_and_numbers_that_do_not_fit_are_refused(instrument):
    split(instrument("AAA"), "2024-03-05", 10)
    text = "Symbol,Date,Close\nAAA,2024-03-04,90000000000000000000\nAAA,2024-03-05,9\nAAA,2024-03-06,9\n"
    outcome = bring_in(text, basis=AdjustmentBasis(D5))
    assert outcome.stored == 1
    assert reasons(outcome) == [
        (2, "At most 20 digits before and 18 after the decimal point: x 10"),
        (4, "The day is after the one as of which the prices are adjusted: 2024-03-05"),
    ]


def test_as_of_day_cannot_be_to_come(instrument):
    instrument("AAA")
    with pytest.raises(ValidationFailed) as refused:
        bring_in(FILE, basis=AdjustmentBasis(date(2999, 1, 1)))
    assert [one.field for one in refused.value.errors] == ["as_of"]


@pytest.mark.parametrize(
    ("header", "basis", "code", "words"),
    [
        ("Adj Close", RAW, "total-return", "Line 2: by its name the column Adj Close is adjusted for div"),
        ("Adj Close", BASIS, "total-return", "the column Adj Close"),
        ("adjclose", BASIS, "total-return", "the column adjclose"),
        ("bereinigt", BASIS, "total-return", "the column bereinigt"),
        ("Adj. Close (splits and dividends)", BASIS, "total-return", "dividends"),
        ("Split-Adj Close", RAW, "adjusted-column", "Line 2: the column Split-Adj Close has adjusted prices"),
    ],
)
def test_adjusted_columns_are_refused_by_name_and_line(instrument, header, basis, code, words):
    one = instrument("AAA")
    wishes = Wishes(columns={"close": header})
    text = f"\nSymbol,Date,{header}\nAAA,2024-03-04,9\n"
    with pytest.raises(ImportRefused) as refused:
        bring_in(text, wishes=wishes, basis=basis)
    (error,) = refused.value.errors
    assert error.code == code
    assert words in error.message
    assert closes(one) == {}


def test_column_adjusted_for_splits_alone_is_read_where_that_is_said(instrument):
    one = instrument("AAA")
    wishes = Wishes(columns={"close": "split_adjusted_close"})
    text = "Symbol,Date,Close,split_adjusted_close\nAAA,2024-03-04,18,9\n"
    split(one, "2024-03-05", 2)
    bring_in(text, wishes=wishes, basis=BASIS)
    assert closes(one) == {D4: 18}


# what contradicts a split


def test_adjusted_prices_said_to_be_raw_are_refused_with_both_readings(instrument):
    one, other = instrument("AAA"), instrument("BBB")
    split(one, "2024-03-05", 2)
    outcome = bring_in(FILE + "BBB,2024-03-04,1,1,1,1,\n")
    said = (
        "The prices do not fit a known split: AAA, split 2 for 1 of 2024-03-05: as traded the price goes "
        "from 51 on 2024-03-04 to 52 on 2024-03-05, and by the split to about 25.5. These look adjusted for "
        "the split already, so they are not the prices as traded."
    )
    assert reasons(outcome) == [(2, said), (3, said), (4, said)]
    assert (closes(one), closes(other)) == ({}, {D4: 1})
    assert (revision(one), revision(other)) == (1, 1)


def test_raw_prices_said_to_be_adjusted_are_refused(instrument):
    one = instrument("AAA")
    split(one, "2024-03-05", 2)
    outcome = bring_in("Symbol,Date,Close\nAAA,2024-03-04,102\nAAA,2024-03-05,52\n", basis=BASIS)
    assert [line for line, _reason in reasons(outcome)] == [2, 3]
    assert reasons(outcome)[0][1].endswith(
        "from 204 on 2024-03-04 to 52 on 2024-03-05, and by the split to about 102. The split seems to be in "
        "them twice, as when prices as traded are taken for adjusted ones."
    )
    assert closes(one) == {}


def test_file_that_continues_another_on_the_wrong_basis_is_refused(instrument):
    one = instrument("AAA")
    split(one, "2024-03-05", 2)
    bring_in(HEADER + "".join(LINES[:2]))
    outcome = bring_in(HEADER + LINES[2])
    assert [line for line, _reason in reasons(outcome)] == [2]
    assert closes(one) == {D1: 50, D4: 51}
    # what stands there already is no reason to refuse other days
    assert bring_in("Symbol,Date,Close\nAAA,2024-02-01,40\n").stored == 1


def test_small_split_and_real_move_are_left_alone(instrument):
    one = instrument("AAA")
    split(one, "2024-03-05", 5, 4)
    split(one, "2024-03-06", 3, 2)
    outcome = bring_in("Symbol,Date,Close\nAAA,2024-03-04,100\nAAA,2024-03-05,99\nAAA,2024-03-06,80\n")
    assert (outcome.stored, outcome.rejected) == (3, [])


# raw and adjusted beside each other


def test_adjusted_price_never_replaces_a_raw_one(instrument):
    one = instrument("AAA")
    split(one, "2024-03-05", 2)
    bar(one, "2024-03-01", "100.01")
    bar(one, "2024-03-04", "103")
    outcome = bring_in(
        "Symbol,Date,Close\nAAA,2024-03-01,50.0\nAAA,2024-03-04,51.02\nAAA,2024-03-05,52\n", basis=BASIS
    )
    assert (outcome.stored, outcome.unchanged, outcome.kept_raw) == (1, 1, 1)
    said = (
        "A price as traded is stored for this day, and this one is another: "
        "2024-03-04, stored 103, given as 102.04"
    )
    assert reasons(outcome) == [(3, said)]
    assert given(one) == [(None, None), (None, None), (52, BASIS.as_of)]


def test_raw_price_replaces_an_adjusted_one(instrument):
    one = instrument("AAA")
    split(one, "2024-03-05", 2)
    bring_in(HEADER + LINES[0], basis=BASIS)
    assert bring_in(HEADER + "AAA,2024-03-01,98,102,97,100,2000\n").stored == 1
    assert given(one) == [(None, None)]
    assert shown(one) == [("98", "102", "97", "100", "2000")]


def test_later_adjustment_replaces_an_earlier_one(instrument):
    one = instrument("AAA")
    bring_in("Symbol,Date,Close\nAAA,2024-03-01,100\n", basis=AdjustmentBasis(D4))
    split(one, "2024-03-05", 2)
    assert closes(one) == {D1: 100}
    assert bring_in("Symbol,Date,Close\nAAA,2024-03-01,50\n", basis=AdjustmentBasis(D5)).stored == 1
    assert (closes(one), given(one)) == ({D1: 100}, [(50, D5)])


# the service that pages, API and admin use


def test_service_converts_and_checks_as_files_do(instrument):
    one = instrument("AAA")
    split(one, "2024-03-05", 2)

    def store(*pairs: tuple[date, str], basis: AdjustmentBasis = BASIS) -> Any:
        return bars.set_bars(actor=STAFF, uuid=one.uuid, rows=rows_of(*pairs), basis=basis)

    assert store((D1, "50"), (D4, "51")) == bars.BarsStored(2, 0)
    assert store((D1, "50"), (D4, "51")) == bars.BarsStored(0, 2)
    assert (closes(one), given(one)) == ({D1: 100, D4: 102}, [(50, BASIS.as_of), (51, BASIS.as_of)])
    wrong = {
        ((D5, "104"),): ("[0].close", "against-split"),
        ((D4, "102"), (D5, "52")): ("[1].close", "against-split"),
        ((date(2024, 4, 2), "52"),): ("[0].date", "after-as-of"),
        ((D1, "90000000000000000000"),): ("[0].close", "out-of-range"),
    }
    for pairs, expected in wrong.items():
        with pytest.raises(ValidationFailed) as refused:
            store(*pairs)
        assert [(one.field, one.code) for one in refused.value.errors] == [expected]
    assert store((D5, "52"), basis=RAW) == bars.BarsStored(1, 0)
    with pytest.raises(ValidationFailed) as refused:
        store((D5, "53"))
    (error,) = refused.value.errors
    assert (error.field, error.code) == ("[0].close", "raw-is-known")
    assert error.message.endswith("2024-03-05, stored 52, given as 53")
    assert store((D5, "52")) == bars.BarsStored(0, 1)
    assert closes(one) == {D1: 100, D4: 102, D5: 52}


def test_own_instrument_takes_adjusted_prices(ida, instrument):
    one = instrument("MINE", owner=ida)
    actor = Actor.user(ida)
    bars.set_bars(actor=actor, uuid=one.uuid, rows=rows_of((D4, "51"), (D5, "52")), basis=BASIS)
    data = ActionData(kind="split", ex_date=D5, numerator=Decimal(2), denominator=Decimal(1))
    record_corporate_action(actor=actor, instrument_uuid=one.uuid, data=data)
    assert closes(one) == {D4: 102, D5: 52}


# a split that comes late


def test_late_split_restates_what_was_adjusted_and_nothing_else(instrument):
    one, other = instrument("AAA"), instrument("BBB")
    bar(one, "2024-02-29", "97")
    text = FILE + "".join(LINES).replace("AAA", "BBB")
    bring_in(text, basis=BASIS)
    before = revision(one)
    action = split(one, "2024-03-05", 2)
    assert closes(one) == {date(2024, 2, 29): 97, D1: 100, D4: 102, D5: 52}
    assert shown(one)[1] == ("98", "102", "97", "100", "2000")
    assert closes(other) == {D1: 50, D4: 51, D5: 52}
    assert (revision(one), revision(other)) == (before + 1, 1)
    update_corporate_action(actor=STAFF, uuid=action.uuid, changes={"ex_date": D4})
    assert closes(one) == {date(2024, 2, 29): 97, D1: 100, D4: 51, D5: 52}
    update_corporate_action(actor=STAFF, uuid=action.uuid, changes={"numerator": Decimal(3), "ex_date": D5})
    assert closes(one) == {date(2024, 2, 29): 97, D1: 150, D4: 153, D5: 52}
    split(one, "2024-03-04", 1, 20, kind="stock_dividend")
    assert closes(one) == {date(2024, 2, 29): 97, D1: Decimal("157.5"), D4: 153, D5: 52}
    delete_corporate_action(actor=STAFF, uuid=action.uuid)
    assert closes(one) == {date(2024, 2, 29): 97, D1: Decimal("52.5"), D4: 51, D5: 52}
    assert revision(one) == before + 5


def test_split_that_stored_prices_would_not_bear_is_refused(instrument):
    one = instrument("AAA")
    bring_in("Symbol,Date,Close\nAAA,2024-03-01,90000000000000000000\n", basis=BASIS)
    with pytest.raises(ValidationFailed) as refused:
        split(one, "2024-03-05", 2)
    (error,) = refused.value.errors
    assert error.field == "numerator"
    assert "2024-03-01" in error.message
    assert not one.corporate_actions.exists()


def test_origin_tells_how_many_prices_came_adjusted_and_as_of_when(instrument):
    one = instrument("AAA")
    assert prices.origin(1, one) == prices.Origin(0, 0, None, None)
    bar(one, "2024-02-29", "97")
    bring_in(HEADER + LINES[0], basis=AdjustmentBasis(D4))
    bring_in(HEADER + LINES[1], basis=BASIS)
    assert prices.origin(1, one) == prices.Origin(3, 2, D4, BASIS.as_of)


def test_split_recorded_while_an_adjusted_file_is_read_stops_it(instrument):
    one = instrument("AAA")
    recorded: list[Any] = []

    def record(progress: Any) -> None:
        if progress.rows and not recorded:
            recorded.append(split(one, "2024-03-05", 2))

    with pytest.raises(ImportRefused) as refused:
        import_prices(
            actor=STAFF,
            file=io.BytesIO(FILE.encode()),
            name="prices.csv",
            options=Options(basis=BASIS),
            on_progress=record,
        )
    assert [error.message for error in refused.value.errors] == [
        "A split was recorded meanwhile. Import the file again."
    ]
    assert closes(one) == {}

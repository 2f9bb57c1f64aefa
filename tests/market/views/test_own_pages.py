"""Instruments of one's own: making, changing, pricing and deleting them in the browser."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils.formats import date_format

from core.ports import instrument_in_use
from market.models import CorporateAction, DailyBar, Exchange, Instrument, SymbolSpan
from tests.market.builders import bar, closes
from tests.market.views.conftest import page_of, words

FIELDS = {"symbol": "hut", "name": "My Hut", "kind": "fund", "currency": "chf", "quote_unit": "0,01"}


def said(response) -> str:
    """Follow a redirect and read the page."""
    return words(response.client.get(response.url))


def test_instrument_is_made_and_is_the_users_own(reader, ida):
    Exchange.objects.create(mic="XSWX", name="Swiss Exchange", time_zone="Europe/Zurich")
    more = {"exchange": "XSWX", "isin": "ch0012221716", "sector": "Huts", "country": "ch"}
    answer = reader.post("/market/new/", FIELDS | more)
    made = Instrument.objects.get(owner=ida)
    assert answer.url == page_of(made)
    assert (made.symbol, made.name, made.kind, made.currency, made.quote_unit) == (
        "HUT",
        "My Hut",
        "fund",
        "CHF",
        Decimal("0.01"),
    )
    assert (made.exchange_id, made.isin, made.sector, made.country) == (
        "XSWX",
        "CH0012221716",
        "Huts",
        "CH",
    )
    assert "Paste its closing prices" in said(answer)


def test_quote_unit_is_one_where_nothing_is_said(reader, ida):
    reader.post("/market/new/", FIELDS | {"quote_unit": ""})
    assert Instrument.objects.get(owner=ida).quote_unit == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("symbol", "", "This field is required."),
        ("currency", "E", "Use a currency code such as EUR or BTC."),
        ("quote_unit", "x", "Enter a number, such as 12.5 or 12,5."),
        ("quote_unit", "-1", "The quote unit must be greater than 0."),
        ("isin", "123", "An ISIN has 12 characters, such as US0378331005."),
        ("exchange", "XXXX", "Select a valid choice. XXXX is not one of the available choices."),
    ],
)
def test_wrong_value_stands_at_its_field(reader, field, value, message):
    answer = reader.post("/market/new/", FIELDS | {field: value})
    assert answer.status_code == 400
    assert answer.context["form"].errors == {field: [message]}
    assert not Instrument.objects.exists()


def test_second_instrument_of_a_symbol_is_refused_with_a_sentence(reader, mine):
    answer = reader.post("/market/new/", FIELDS | {"symbol": "MINE"})
    assert answer.status_code == 400
    assert answer.context["form"].non_field_errors() == ["There is an instrument MINE already."]


def test_instrument_is_changed_and_keeps_its_old_symbol(reader, mine):
    form = reader.get(page_of(mine, "edit/")).context["form"]
    assert (form["symbol"].value(), form["quote_unit"].value()) == ("MINE", "0.01")
    fields = FIELDS | {"symbol": "YOURS", "currency": "GBP", "symbol_since": "2024-02-01"}
    assert reader.post(page_of(mine, "edit/"), fields).url == page_of(mine)
    mine.refresh_from_db()
    assert (mine.symbol, mine.name) == ("YOURS", "My Hut")
    spans = SymbolSpan.objects.filter(instrument=mine).order_by("valid_from")
    assert [(one.symbol, one.valid_to) for one in spans] == [("MINE", date(2024, 2, 1)), ("YOURS", None)]


def test_delete_asks_for_the_symbol(reader, mine):
    answer = reader.post(page_of(mine, "delete/"), {"confirm": "MIN"})
    assert answer.status_code == 400
    assert "That is not the symbol. Nothing was deleted." in words(answer)
    assert reader.post(page_of(mine, "delete/"), {"confirm": " MINE "}).url == "/market/"
    assert not Instrument.objects.filter(pk=mine.pk).exists()


def test_delete_of_what_is_in_use_is_refused_with_a_sentence(reader, mine, monkeypatch):
    monkeypatch.setattr(instrument_in_use, "_providers", {"tests": lambda *_ids: True})
    answer = reader.post(page_of(mine, "delete/"), {"confirm": "MINE"})
    assert answer.status_code == 400
    assert "Transactions, orders or alerts use MINE. Delete those first; nothing was changed." in words(
        answer
    )
    assert Instrument.objects.filter(pk=mine.pk).exists()


def test_pasted_prices_are_stored_and_replace_those_of_their_day(reader, mine):
    bar(mine, "2024-03-06", "1")
    answer = reader.post(page_of(mine, "prices/"), {"text": "2024-03-06;10,5\r\n2024-03-07;11,0\r\n"})
    assert answer.url == page_of(mine)
    assert closes(mine) == {date(2024, 3, 6): Decimal("10.5"), date(2024, 3, 7): Decimal(11)}
    assert "2 prices are stored." in said(answer)
    again = reader.post(page_of(mine, "prices/"), {"text": "2024-03-06;10,5\n2024-03-08;12"})
    assert "1 price is stored; 1 were there already." in said(again)


def test_table_with_a_header_brings_all_columns(reader, mine):
    text = "Date,Open,High,Low,Close,Volume\n2024-03-07,10,12,9,11,500"
    reader.post(page_of(mine, "prices/"), {"text": text})
    stored = DailyBar.objects.get(instrument=mine)
    assert (stored.open, stored.high, stored.low, stored.close, stored.volume) == (10, 12, 9, 11, 500)
    assert stored.source == "manual"


def test_wrong_lines_are_named_and_nothing_is_stored(reader, mine):
    answer = reader.post(page_of(mine, "prices/"), {"text": "2024-03-06;10\n2024-03-07;abc\n2024-03-09;1"})
    assert answer.status_code == 400
    assert answer.context["form"].errors == {
        "text": ["Line 2: Not a number (close abc).", "Line 3: The date is in the future (2024-03-09)."]
    }
    assert closes(mine) == {}


def test_a_day_twice_is_named_by_its_lines(reader, mine):
    answer = reader.post(page_of(mine, "prices/"), {"text": "2024-03-06;10\n\n2024-03-07;9\n2024-03-06;11"})
    assert answer.context["form"].errors == {"text": ["Line 4: The same day as in line 1."]}


def test_many_wrong_lines_are_counted(reader, mine):
    text = "2024-03-06;1\n" + "2024-03-05;x\n" * 25
    errors = reader.post(page_of(mine, "prices/"), {"text": text}).context["form"].errors["text"]
    assert (len(errors), errors[19], errors[20]) == (21, "Line 21: Not a number (close x).", "And 5 more.")


def test_unreadable_text_says_why(reader, mine):
    errors = reader.post(page_of(mine, "prices/"), {"text": "hello"}).context["form"].errors
    assert errors == {"text": ["The header has one column only (hello); no delimiter fits."]}


def test_deleted_day_comes_back_by_undo(reader, mine):
    bar(mine, "2024-03-06", "10.5", open=Decimal(10), high=Decimal(11), low=Decimal(9), volume=Decimal(3))
    bar(mine, "2024-03-07", "1")
    page = reader.get(reader.post(page_of(mine, "bars/2024-03-06/delete/")).url)
    assert "The prices of March 6, 2024 are deleted. Undo" in words(page)
    assert closes(mine) == {date(2024, 3, 7): Decimal(1)}
    undo = page.context["undo"]
    reader.post(undo["url"], undo["fields"])
    back = DailyBar.objects.get(instrument=mine, date="2024-03-06")
    assert (back.open, back.high, back.low, back.close, back.volume) == (10, 11, 9, Decimal("10.5"), 3)
    assert reader.get(page_of(mine)).context["undo"] is None


def test_adjusted_prices_need_their_day_are_converted_and_come_back_as_given(reader, mine):
    CorporateAction.objects.create(
        instrument=mine, kind="split", ex_date="2024-03-05", numerator=2, denominator=1, source="test"
    )
    text = "date,close,volume\n2024-03-04,51,100\n2024-03-05,52,100"
    fields = {"text": text, "adjusted": "split", "as_of": "2024-03-06"}
    for wrong, message in (
        ({"as_of": ""}, {"as_of": ["Say as of which day."]}),
        ({"as_of": "2999-01-01"}, {"as_of": ["The date is in the future"]}),
    ):
        answer = reader.post(page_of(mine, "prices/"), fields | wrong)
        assert (answer.status_code, answer.context["form"].errors) == (400, message)
    raw = reader.post(page_of(mine, "prices/"), fields | {"adjusted": "none"})
    assert raw.context["form"].errors["text"][0].startswith("Line 3: MINE, split 2 for 1 of 2024-03-05:")
    assert reader.post(page_of(mine, "prices/"), fields).url == page_of(mine)
    assert closes(mine) == {date(2024, 3, 4): Decimal(102), date(2024, 3, 5): Decimal(52)}
    page = reader.get(reader.post(page_of(mine, "bars/2024-03-04/delete/")).url)
    reader.post(page.context["undo"]["url"], page.context["undo"]["fields"])
    back = DailyBar.objects.get(instrument=mine, date="2024-03-04")
    assert (back.close, back.given_close, back.volume, back.given_volume) == (102, 51, 50, 100)
    assert back.adjusted_as_of == date(2024, 3, 6)


def test_deleting_a_day_without_prices_is_not_found(reader, mine):
    assert reader.post(page_of(mine, "bars/2024-03-06/delete/")).status_code == 404
    assert reader.post(page_of(mine, "bars/2024-02-30/delete/")).status_code == 404


def test_split_is_added_deleted_and_brought_back(reader, mine):
    fields = {"kind": "split", "ex_date": "2024-03-04", "numerator": "3", "denominator": "2", "amount": "x"}
    assert reader.post(page_of(mine, "actions/"), fields).url == page_of(mine)
    added = CorporateAction.objects.get(instrument=mine)
    assert (added.kind, added.numerator, added.denominator, added.source) == ("split", 3, 2, "manual")
    page = reader.get(reader.post(page_of(mine, f"actions/{added.uuid}/delete/")).url)
    assert not CorporateAction.objects.filter(instrument=mine).exists()
    assert f"Split of {date_format(date(2024, 3, 4), 'DATE_FORMAT')} is deleted. Undo" in words(page)
    reader.post(page.context["undo"]["url"], page.context["undo"]["fields"])
    assert CorporateAction.objects.get(instrument=mine).ex_date == date(2024, 3, 4)


def test_dividend_is_in_the_instruments_currency_unless_said(reader, mine):
    fields = {"kind": "dividend", "ex_date": "2024-03-04", "amount": "0,26", "pay_date": "2024-03-20"}
    reader.post(page_of(mine, "actions/"), fields)
    added = CorporateAction.objects.get(instrument=mine)
    assert (added.amount, added.currency, added.pay_date) == (Decimal("0.26"), "GBP", date(2024, 3, 20))


@pytest.fixture
def bit(instrument, ida) -> Instrument:
    return instrument("BIT", owner=ida, currency="GBP")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"kind": "spin_off", "target": "bit", "numerator": "1", "denominator": "4", "cost_share": "20"},
            "Spin-off 1 BIT for 4, 20% of the cost",
        ),
        (
            {
                "kind": "merger", "target": "BIT", "numerator": "1", "denominator": "2", "amount": "15",
                "cost_share": "62,5",
            },
            "Merger 1 BIT for 2 and 15.00 GBP in cash for each, 62.5% of the cost stays",
        ),
        ({"kind": "merger", "amount": "15", "cost_share": "x", "pay_date": ""}, None),
        ({"kind": "merger", "amount": "15"}, "Merger 15.00 GBP in cash for each"),
        (
            {"kind": "stock_dividend", "numerator": "1", "denominator": "20", "cash_in_lieu": "30"},
            "Stock dividend 1 more for 20 held, fractions at 30.00 GBP",
        ),
        ({"kind": "symbol_change", "new_symbol": "hut"}, "Symbol change MINE becomes HUT"),
        ({"kind": "delisting"}, "Delisting the last price stays"),
        ({"kind": "delisting", "amount": "0"}, "Delisting worthless"),
        ({"kind": "delisting", "amount": "2", "pays_out": "on"}, "Delisting 2.00 GBP paid out for each"),
    ],
)  # fmt: skip
def test_actions_are_entered_told_in_words_deleted_and_brought_back(reader, mine, bit, fields, told):
    answer = reader.post(page_of(mine, "actions/"), {"ex_date": "2024-03-04", **fields})
    if told is None:
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["cost_share"])
        return
    assert told in said(answer)
    assert ("delisted March 4, 2024" in said(answer)) == (fields["kind"] == "delisting")
    (before,) = CorporateAction.objects.values()
    page = reader.get(reader.post(page_of(mine, f"actions/{before['uuid']}/delete/")).url)
    reader.post(page.context["undo"]["url"], page.context["undo"]["fields"])
    (after,) = CorporateAction.objects.values()
    new = {"id", "uuid", "created_at", "updated_at"}
    assert {name: after[name] for name in after.keys() - new} == {
        name: before[name] for name in before.keys() - new
    }


def test_action_into_an_unknown_instrument_is_refused_at_its_field(reader, mine, instrument, sven):
    instrument("HIS", owner=sven, currency="GBP")
    fields = {
        "kind": "merger",
        "ex_date": "2024-03-04",
        "target": "HIS",
        "numerator": "1",
        "denominator": "1",
    }
    answer = reader.post(page_of(mine, "actions/"), fields)
    assert answer.context["form"].errors["target"] == ["You see no instrument with this symbol."]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"kind": "split", "numerator": "2"}, {"denominator": ["Enter a number greater than 0."]}),
        ({"kind": "dividend"}, {"amount": ["Enter a number greater than 0."]}),
        (
            {"kind": "dividend", "amount": "1", "pay_date": "2024-03-01"},
            {"pay_date": ["The payment cannot be before the ex-date."]},
        ),
    ],
)
def test_incomplete_action_names_the_field(reader, mine, fields, errors):
    answer = reader.post(page_of(mine, "actions/"), {"ex_date": "2024-03-04", **fields})
    assert (answer.status_code, answer.context["form"].errors) == (400, errors)


def test_second_split_of_a_day_is_refused_with_a_sentence(reader, mine):
    fields = {"kind": "split", "ex_date": "2024-03-04", "numerator": "3", "denominator": "2"}
    reader.post(page_of(mine, "actions/"), fields)
    answer = reader.post(page_of(mine, "actions/"), fields)
    assert answer.context["form"].non_field_errors() == ["There is a Split on 2024-03-04 already."]


PAGES = ["", "chart/", "bars/", "bars.csv", "prices/", "actions/", "edit/", "delete/"]


@pytest.mark.parametrize("rest", PAGES)
def test_a_strangers_instrument_is_not_found(stranger, mine, rest):
    bar(mine, "2024-03-06", "1")
    assert stranger.get(page_of(mine, rest)).status_code == 404


@pytest.mark.parametrize(
    ("rest", "fields"),
    [
        ("prices/", {"text": "2024-03-06;9"}),
        ("actions/", {"kind": "split", "ex_date": "2024-03-04", "numerator": "3", "denominator": "2"}),
        ("edit/", FIELDS),
        ("delete/", {"confirm": "MINE"}),
        ("bars/2024-03-06/delete/", {}),
    ],
)
def test_a_stranger_changes_nothing(stranger, mine, rest, fields):
    bar(mine, "2024-03-06", "1")
    assert stranger.post(page_of(mine, rest), fields).status_code == 404
    mine.refresh_from_db()
    assert (mine.symbol, closes(mine)) == ("MINE", {date(2024, 3, 6): Decimal(1)})
    assert not CorporateAction.objects.exists()


@pytest.mark.parametrize("rest", ["prices/", "actions/", "edit/", "delete/", "bars/2024-03-06/delete/"])
def test_a_public_instrument_may_be_seen_not_changed(reader, instrument, rest):
    one = instrument("PUBL")
    bar(one, "2024-03-06", "1")
    assert reader.post(page_of(one, rest), {"confirm": "PUBL"}).status_code == 403
    assert Instrument.objects.filter(pk=one.pk).exists()
    page = reader.get(page_of(one)).content.decode()
    assert "Enter prices" not in page
    assert "/delete/" not in page


def test_an_action_is_deleted_only_through_its_own_instrument(reader, mine, instrument, ida):
    other = instrument("OTHER", owner=ida)
    action = CorporateAction.objects.create(
        instrument=other, kind="split", ex_date="2024-03-04", numerator=2, denominator=1, source="t"
    )
    assert reader.post(page_of(mine, f"actions/{action.uuid}/delete/")).status_code == 404
    assert CorporateAction.objects.count() == 1

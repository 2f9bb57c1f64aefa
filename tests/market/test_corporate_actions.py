"""Recording corporate actions of every kind: what each needs, touches, and leaves when it is deleted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from market.errors import InstrumentInUse
from market.models import CorporateAction, Instrument, SymbolSpan
from market.selectors import actions
from market.services.actions import ActionData, delete_corporate_action, record_corporate_action
from market.services.instruments import delete_instrument, hand_over
from tests.market.builders import bar

pytestmark = pytest.mark.django_db
DAY = date(2024, 3, 4)
ONE = {"numerator": Decimal(1), "denominator": Decimal(1)}


def record(who: Any, one: Instrument, kind: str, **more: Any) -> CorporateAction:
    data = ActionData(kind=kind, ex_date=more.pop("ex_date", DAY), **more)
    return record_corporate_action(actor=Actor.user(who), instrument_uuid=one.uuid, data=data)


@pytest.fixture
def mine(instrument, ida):
    return instrument("MINE", owner=ida, currency="EUR")


@pytest.fixture
def other(instrument, ida):
    return instrument("OTHER", owner=ida, currency="EUR")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "stock_dividend", "numerator": Decimal(1)}, "denominator"),
        ({"kind": "spin_off", **ONE, "cost_share": Decimal("0.2")}, "target"),
        ({"kind": "spin_off", **ONE, "target": "other"}, "cost_share"),
        ({"kind": "spin_off", **ONE, "target": "other", "cost_share": Decimal("1.1")}, "cost_share"),
        ({"kind": "spin_off", **ONE, "target": "mine", "cost_share": Decimal(0)}, "target"),
        (
            {"kind": "spin_off", **ONE, "target": "other", "cost_share": Decimal(0), "amount": Decimal(1)},
            "amount",
        ),
        ({"kind": "merger", "target": "other"}, "numerator"),
        ({"kind": "merger", "amount": Decimal(5), "cash_in_lieu": Decimal(5)}, "cash_in_lieu"),
        ({"kind": "merger", **ONE, "target": "other", "cost_share": Decimal("0.5")}, "cost_share"),
        # without a price of the other, nobody knows what the shares are worth beside the cash
        ({"kind": "merger", **ONE, "target": "other", "amount": Decimal(5)}, "cost_share"),
        ({"kind": "symbol_change", "new_symbol": "mine"}, "new_symbol"),
        ({"kind": "symbol_change", "new_symbol": ""}, "new_symbol"),
        ({"kind": "delisting", "pays_out": True}, "amount"),
        ({"kind": "delisting", "amount": Decimal(-1)}, "amount"),
        ({"kind": "delisting", "amount": Decimal(1), "currency": "USD"}, "currency"),
        (
            {"kind": "split", "numerator": Decimal(2), "denominator": Decimal(1), "new_symbol": "X"},
            "new_symbol",
        ),
    ],
)
def test_each_kind_names_what_it_lacks_or_may_not_have(ida, mine, other, values, field):
    known = {"mine": mine.uuid, "other": other.uuid}
    given = {name: known[value] if name == "target" else value for name, value in values.items()}
    with pytest.raises(ValidationFailed) as refused:
        record(ida, mine, **given)
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "dividend", "currency": "EUR"},
        {"kind": "split", "numerator": 2},
        {"kind": "merger"},
        {"kind": "delisting", "pays_out": True},
        {"kind": "symbol_change", "old_symbol": "A"},
    ],
)
def test_the_database_refuses_an_incomplete_action(mine, values):
    with pytest.raises(IntegrityError, match="corporate_action_complete"), transaction.atomic():
        CorporateAction.objects.create(instrument=mine, ex_date=DAY, source="x", **values)


def test_a_merger_for_both_keeps_the_share_that_the_days_price_gives(ida, mine, other):
    bar(other, "2024-03-01", "90")
    bar(other, "2024-03-05", "10")
    half = {"numerator": Decimal(1), "denominator": Decimal(2)}
    found = record(ida, mine, "merger", target=other.uuid, amount=Decimal(15), **half)
    assert found.cost_share == Decimal("0.75")


def test_a_day_may_spin_off_two_companies_but_none_twice(ida, mine, other, instrument):
    third = instrument("THIRD", owner=ida, currency="EUR")
    for target in (other, third):
        record(ida, mine, "spin_off", target=target.uuid, cost_share=Decimal("0.1"), **ONE)
    with pytest.raises(Conflict):
        record(ida, mine, "spin_off", target=third.uuid, cost_share=Decimal("0.2"), **ONE)


def test_what_one_turns_into_is_read_with_it_round_any_circle(ida, mine, other, instrument):
    third = instrument("THIRD", owner=ida, currency="EUR")
    record(ida, mine, "merger", target=other.uuid, **ONE)
    record(ida, other, "stock_dividend", numerator=Decimal(1), denominator=Decimal(20))
    record(ida, other, "spin_off", target=third.uuid, cost_share=Decimal(0), ex_date=date(2024, 4, 1), **ONE)
    record(ida, third, "merger", target=mine.uuid, ex_date=date(2024, 5, 1), **ONE)
    everything = {mine.id, other.id, third.id}
    found = actions.reshaping([mine.id])
    assert found.instruments == everything == actions.related([third.id])
    assert [(one.numerator, one.denominator) for one in found.splits] == [(21, 20)]
    assert [(one.instrument, one.target) for one in found.actions] == [
        (mine.id, other.id),
        (other.id, third.id),
        (third.id, mine.id),
    ]


def test_a_symbol_change_is_dated_and_taken_back(ida, mine, instrument):
    changed = record(ida, mine, "symbol_change", new_symbol="meta")
    mine.refresh_from_db()
    assert (mine.symbol, changed.old_symbol, changed.new_symbol) == ("META", "MINE", "META")
    spans = SymbolSpan.objects.filter(instrument=mine).order_by("-valid_from")
    assert (spans[0].symbol, spans[0].valid_from) == ("META", DAY)
    again = record(ida, mine, "symbol_change", new_symbol="next", ex_date=date(2024, 5, 2))
    with pytest.raises(Conflict):
        delete_corporate_action(actor=Actor.user(ida), uuid=changed.uuid)
    delete_corporate_action(actor=Actor.user(ida), uuid=again.uuid)
    delete_corporate_action(actor=Actor.user(ida), uuid=changed.uuid)
    mine.refresh_from_db()
    assert (mine.symbol, [one.valid_to for one in spans.all()]) == ("MINE", [None])


def test_a_taken_symbol_is_not_given_back(ida, mine, instrument):
    changed = record(ida, mine, "symbol_change", new_symbol="meta")
    instrument("MINE", owner=ida, currency="EUR")
    with pytest.raises(Conflict):
        delete_corporate_action(actor=Actor.user(ida), uuid=changed.uuid)
    assert CorporateAction.objects.filter(pk=changed.pk).exists()


def test_what_another_turns_into_is_not_deleted_and_goes_along_with_it(ida, sven, mine, other):
    record(ida, mine, "merger", target=other.uuid, **ONE)
    with pytest.raises(InstrumentInUse):
        delete_instrument(actor=Actor.user(ida), uuid=other.uuid)
    hand_over(actor=Actor.user(ida), from_user_id=ida.pk, instrument_id=mine.id, to_user_id=sven.pk)
    assert {one.owner_id for one in Instrument.objects.all()} == {sven.pk}

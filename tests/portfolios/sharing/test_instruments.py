"""Instruments of one's own in a portfolio that several people write."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from core.actor import Actor
from core.models import Role
from market.domain.bars import BarRow
from market.models import Instrument
from market.services.bars import set_bars
from market.services.instruments import InstrumentData, create_instrument
from portfolios.models import Transaction
from portfolios.services import sharing
from portfolios.services.imports.preview import preview_import
from portfolios.services.portfolios import create_portfolio
from tests.portfolios.sharing.conftest import admit

pytestmark = pytest.mark.django_db
BUY = {"kind": "buy", "date": "2024-01-05", "quantity": "1", "price": "10", "currency": "EUR"}
FILE = b"date,type,symbol,quantity,price,fee,currency\n2024-01-08,BUY,HOUSE,2,12,0,EUR\n"


def own(user: Any, symbol: str) -> Instrument:
    """Make an instrument of a person's own, with a price."""
    actor = Actor.user(user)
    made = create_instrument(actor=actor, data=InstrumentData(symbol=symbol, name=symbol, currency="EUR"))
    set_bars(actor=actor, uuid=made.uuid, rows=[BarRow(day=date(2024, 1, 5), close=Decimal(10))])
    return made


def buy(user: Any, portfolio: Any, instrument: Instrument) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    url = reverse("api-transactions", args=[portfolio.pk])
    return client.post(url, BUY | {"instrument": str(instrument.uuid)}, format="json")


@pytest.fixture
def house(investor, portfolio) -> Instrument:
    """Ida's own, and in the portfolio."""
    made = own(investor, "HOUSE")
    assert buy(investor, portfolio, made).status_code == 201
    return made


@pytest.fixture
def editor(portfolio, bob) -> Any:
    admit(portfolio, bob, Role.EDITOR)
    return bob


def test_editor_enters_what_the_portfolio_names_and_nothing_else_of_the_owners(
    portfolio, house, editor, investor
):
    assert buy(editor, portfolio, house).status_code == 201
    secret = buy(editor, portfolio, own(investor, "SECRET"))
    assert (secret.status_code, [one["field"] for one in secret.json()["errors"]]) == (400, ["instrument"])


def test_it_opens_no_other_portfolio(portfolio, house, editor):
    theirs = create_portfolio(actor=Actor.user(editor), owner_id=editor.pk, name="Own", currency="EUR")
    assert buy(editor, theirs, house).status_code == 400


def test_editor_changes_such_a_transaction_on_the_page(portfolio, house, editor):
    row = Transaction.objects.get(portfolio=portfolio)
    client = Client()
    client.force_login(editor)
    url = reverse("transaction-edit", args=[portfolio.pk, row.pk])
    form = {
        "kind": "buy", "day": "2024-01-05", "instrument_": "HOUSE", "instrument_uuid": str(house.uuid),
        "quantity": "3", "price": "10", "currency": "EUR", "version": "1",
    }  # fmt: skip
    assert client.post(url, form).status_code == 302
    row.refresh_from_db()
    assert (row.quantity, row.instrument_id) == (Decimal(3), house.pk)


def test_editors_file_finds_them_by_symbol(portfolio, house, editor):
    batch = preview_import(user=editor, portfolio_id=portfolio.pk, file_name="a.csv", content=FILE)
    assert [row["verdict"] for row in batch.rows] == ["new"]
    assert batch.rows[0]["instrument"] == str(house.uuid)


def test_owner_changes_what_an_editor_entered(portfolio, editor, investor, api):
    row = buy(editor, portfolio, own(editor, "BARN")).json()
    url = reverse("api-transaction", args=[portfolio.pk, row["id"]])
    assert api.patch(url, {"quantity": "2"}, format="json").status_code == 200


def test_member_who_goes_leaves_the_prices_behind(portfolio, editor, investor):
    barn = own(editor, "BARN")
    buy(editor, portfolio, barn)
    sharing.remove_member(actor=Actor.user(editor), portfolio_id=portfolio.pk, user_id=editor.pk)
    barn.refresh_from_db()
    assert barn.owner_id == investor.pk


def test_member_who_goes_keeps_what_they_hold_themselves(portfolio, editor, investor):
    barn, other = own(editor, "BARN"), own(editor, "OTHER")
    theirs = create_portfolio(actor=Actor.user(editor), owner_id=editor.pk, name="Own", currency="EUR")
    for where in (portfolio, theirs):
        buy(editor, where, barn)
    sharing.remove_member(actor=Actor.user(investor), portfolio_id=portfolio.pk, user_id=editor.pk)
    for one in (barn, other):
        one.refresh_from_db()
        assert one.owner_id == editor.pk


def test_member_is_shown_no_link_to_anothers_instrument(portfolio, house, editor, investor):
    link = reverse("instrument", args=[house.uuid])
    for user, shown in ((investor, True), (editor, False)):
        client = Client()
        client.force_login(user)
        html = client.get(reverse("transaction-list", args=[portfolio.pk])).content.decode()
        assert (link in html) == shown

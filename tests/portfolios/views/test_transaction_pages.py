"""The transactions of a portfolio in the member: list, forms, undo, history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from core.actor import Actor
from market.models import Instrument
from portfolios.models import Portfolio, Transaction
from portfolios.services.portfolios import create_portfolio
from tests.portfolios.views.conftest import words
from tests.support.parallel import at_once

HTMX = {"HX-Request": "true"}
TOKEN = "01890000-0000-7000-8000-00000000000a"


def url(portfolio: Portfolio, rest: str = "") -> str:
    return f"/portfolios/{portfolio.pk}/transactions/{rest}"


def typed(**fields: str) -> dict[str, str]:
    return {"kind": "buy", "day": "2024-01-15", "token": TOKEN, **fields}


def test_purchase_typed_with_commas_is_exact(member, portfolio, listed):
    acme = listed("ACME", "USD", {"2024-01-02": "10"})
    answer = member.post(
        url(portfolio, "new/"),
        typed(instrument="acme", quantity="1,5", price="1.234,56", fee="0,95", note="First"),
    )
    assert (answer.status_code, answer.url) == (302, url(portfolio))
    row = Transaction.objects.get(portfolio=portfolio)
    assert (row.instrument, row.quantity, row.price) == (acme, Decimal("1.5"), Decimal("1234.56"))
    assert (row.currency, row.fee, row.fee_currency, row.note) == ("USD", Decimal("0.95"), "USD", "First")
    # midnight in Berlin
    assert row.time == datetime(2024, 1, 14, 23, tzinfo=UTC)
    assert row.day.isoformat() == "2024-01-15"


def test_same_form_sent_twice_adds_one(member, portfolio):
    for _ in range(2):
        answer = member.post(url(portfolio, "new/"), typed(kind="deposit", amount="100"))
        assert answer.status_code == 302
    assert Transaction.objects.filter(portfolio=portfolio).count() == 1
    member.post(url(portfolio, "new/"), typed(kind="deposit", amount="100", token=TOKEN[:-1] + "b"))
    assert Transaction.objects.filter(portfolio=portfolio).count() == 2


@pytest.mark.django_db(transaction=True)
def test_same_form_sent_twice_at_once_adds_one(investor):
    portfolio = create_portfolio(
        actor=Actor.user(investor), owner_id=investor.pk, name="Savings", currency="EUR"
    )
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(investor)
    fields = typed(kind="deposit", amount="100")
    answers = at_once(*(lambda one=one: one.post(url(portfolio, "new/"), fields) for one in clients))
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Transaction.objects.filter(portfolio=portfolio).count() == 1


def test_deposit_needs_only_an_amount(member, portfolio):
    member.post(url(portfolio, "new/"), typed(kind="deposit", amount="1000", quantity="7", instrument="X"))
    row = Transaction.objects.get(portfolio=portfolio)
    assert (row.quantity, row.price, row.currency, row.instrument) == (Decimal(1000), Decimal(1), "EUR", None)


def test_dividend_takes_an_amount_or_a_rate_per_share(member, portfolio, acme):
    member.post(url(portfolio, "new/"), typed(kind="dividend", instrument="ACME", amount="3", tax="0.45"))
    row = Transaction.objects.get(portfolio=portfolio, kind="dividend")
    assert (row.quantity, row.price, row.tax) == (Decimal(3), Decimal(1), Decimal("0.45"))
    both = typed(kind="dividend", instrument="ACME", amount="3", quantity="10", price="0.3", token="")
    answer = member.post(url(portfolio, "new/"), both)
    assert answer.context["form"].errors == {"amount": ["Give either an amount, or a quantity and a price."]}


@pytest.mark.parametrize(
    "fault",
    [
        ({"quantity": "ten", "price": "1"}, "quantity", "Enter a number, such as 12.5 or 12,5."),
        (
            {"quantity": "1,234", "price": "1"},
            "quantity",
            "This can be read in two ways. Write 1234 or 1.234, without a thousands comma.",
        ),
        ({"price": "1"}, "quantity", "Enter how many."),
        ({"quantity": "1"}, "price", "Enter the price per unit."),
        ({"quantity": "-1", "price": "1"}, "quantity", "Must be greater than 0."),
        ({"quantity": "1", "price": "1", "fee": "-1"}, "fee", "Must be 0 or more."),
        ({"quantity": "1", "price": "1", "day": "2024-02-05"}, "day", "This is in the future."),
        ({"quantity": "1", "price": "1", "day": "0001-01-01"}, "day", "This is too long ago."),
        ({"quantity": "1", "price": "1", "day": "1699-12-31"}, "day", "This is too long ago."),
        (
            {"quantity": "1", "price": "1", "instrument": "NOPE"},
            "instrument",
            "There is no instrument “NOPE”. Choose one from the list, or create your own.",
        ),
        (
            {"quantity": "1", "price": "1", "instrument": ""},
            "instrument",
            "This kind of transaction needs an instrument.",
        ),
    ],
)
def test_fault_stands_at_its_field_and_in_the_summary(member, portfolio, acme, fault):
    fields, field, message = fault
    before = Transaction.objects.count()
    answer = member.post(url(portfolio, "new/"), typed(instrument="ACME") | fields)
    assert answer.status_code == 400
    assert answer.context["form"].errors == {field: [message]}
    assert words(answer).count(message) == 2
    assert Transaction.objects.count() == before


def test_last_of_all_days_west_of_greenwich_is_refused_at_the_day(member, portfolio):
    Portfolio.objects.filter(pk=portfolio.pk).update(time_zone="America/New_York")
    answer = member.post(
        url(portfolio, "new/"), typed(kind="deposit", amount="1", day="9999-12-31", at="23:59")
    )
    assert answer.status_code == 400
    assert answer.context["form"].errors == {"day": ["This is in the future."]}


def test_overselling_is_refused_at_the_quantity(member, portfolio, acme):
    answer = member.post(
        url(portfolio, "new/"), typed(kind="sell", instrument="ACME", quantity="11", price="1")
    )
    assert answer.status_code == 400
    assert answer.context["form"].errors == {
        "quantity": ["On 2024-01-15 1 ACME more would go out than are held."]
    }


def test_htmx_form_answers_a_toast_and_wakes_the_list(member, portfolio):
    answer = member.post(url(portfolio, "new/"), typed(kind="deposit", amount="5"), headers=HTMX)
    assert (answer.status_code, answer.content) == (200, b"")
    said = json.loads(answer["HX-Trigger"])
    assert said["toast"]["text"] == "Added: Deposit Jan. 15, 2024."
    assert "transactions-changed" in said


def test_htmx_form_with_a_fault_comes_back_as_a_piece(member, portfolio):
    answer = member.post(url(portfolio, "new/"), typed(kind="deposit"), headers=HTMX)
    assert answer.status_code == 400
    assert answer.content.lstrip().startswith(b"<section")
    assert answer.context["form"].errors == {"amount": ["Enter the amount."]}


def test_edit_shows_what_is_stored_and_keeps_the_second(member, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    Transaction.objects.filter(pk=row.pk).update(time=datetime(2024, 1, 2, 12, 34, 56, tzinfo=UTC))
    form = member.get(url(portfolio, f"{row.pk}/")).context["form"]
    sent = {bound.html_name: str(bound.value() or "") for bound in form if bound.name != "instrument"}
    assert (sent["quantity"], sent["price"], sent["fee"], sent["at"]) == ("10", "50", "1", "13:34:00")
    answer = member.post(
        url(portfolio, f"{row.pk}/"),
        sent | {"at": "13:34", "day": "2024-01-02", "instrument": "ACME", "quantity": "12"},
    )
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.quantity, row.price, row.version) == (Decimal(12), Decimal(50), 2)
    assert row.time == datetime(2024, 1, 2, 12, 34, 56, tzinfo=UTC)


def edited(row: Transaction, **fields: str) -> dict[str, str]:
    return {
        "kind": row.kind,
        "day": row.day.isoformat(),
        "instrument": "ACME",
        "quantity": str(row.quantity),
        "price": str(row.price),
        "currency": row.currency,
        "version": str(row.version),
        **fields,
    }


def test_htmx_edit_answers_the_row(member, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    answer = member.post(url(portfolio, f"{row.pk}/"), edited(row, price="49,5"), headers=HTMX)
    assert answer.status_code == 200
    assert "49.50 USD" in words(answer)
    assert f'<tr id="transaction-{row.pk}">' in answer.content.decode()


def test_edit_of_what_somebody_changed_meanwhile_is_refused(member, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    member.post(url(portfolio, f"{row.pk}/"), edited(row, price="49"))
    answer = member.post(url(portfolio, f"{row.pk}/"), edited(row, price="48"))
    assert answer.status_code == 400
    assert "Somebody changed this transaction since you opened it." in words(answer)
    row.refresh_from_db()
    assert row.price == Decimal(49)


def test_delete_offers_undo_and_undo_brings_it_back(member, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    answer = member.post(url(portfolio, f"{row.pk}/delete/"), headers=HTMX)
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo"]
    assert not Transaction.objects.filter(pk=row.pk, deleted_at=None).exists()
    assert member.post(undo).url == url(portfolio)
    assert Transaction.objects.filter(pk=row.pk, deleted_at=None).exists()


def test_delete_without_scripts_offers_undo_on_the_page(member, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    answer = member.post(url(portfolio, f"{row.pk}/delete/"))
    page = member.get(answer.url)
    assert "The transaction is deleted. Undo" in words(page)
    assert url(portfolio, f"{row.pk}/restore/") in page.content.decode()


def test_list_ignores_a_deleted_mark_that_is_no_id(member, portfolio, acme):
    assert member.get(url(portfolio), {"deleted": "x"}).status_code == 200


def test_delete_that_would_oversell_is_refused(member, portfolio, acme, enter):
    enter(portfolio, "sell", "2024-01-20", 10, 55, instrument=acme)
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    assert member.post(url(portfolio, f"{row.pk}/delete/")).status_code == 400
    assert Transaction.objects.filter(pk=row.pk, deleted_at=None).exists()


def test_history_tells_each_change_newest_first(member, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    member.post(url(portfolio, f"{row.pk}/"), edited(row, quantity="11", fee="1"))
    member.post(url(portfolio, f"{row.pk}/delete/"))
    text = words(member.get(url(portfolio, f"{row.pk}/history/"), headers={"X-Fragment": "drawer"}))
    assert "This transaction is deleted." in text
    assert text.index("Deleted by you") < text.index("Changed by you Jan. 31, 2024")
    assert "Quantity 10 → 11" in text


def test_filters_narrow_the_list(member, portfolio, acme, enter):
    enter(portfolio, "sell", "2024-01-20", 1, 55, instrument=acme)

    def kinds(**query: str) -> list[str]:
        return [row.entry.kind for row in member.get(url(portfolio), query).context["rows"]]

    assert kinds() == ["sell", "buy", "deposit", "deposit"]
    assert kinds(kind="sell") == ["sell"]
    assert kinds(instrument=str(acme.uuid)) == ["sell", "buy"]
    assert kinds(start="2024-01-03") == ["sell"]
    assert kinds(end="2024-01-03", kind="deposit") == ["deposit", "deposit"]
    assert kinds(kind="nonsense", start="x") == ["sell", "buy", "deposit", "deposit"]


def test_amounts_carry_the_sign_of_the_money(member, portfolio, acme, enter):
    enter(portfolio, "sell", "2024-01-20", 1, 55, instrument=acme)
    amounts = {row.entry.kind: row.amount for row in member.get(url(portfolio)).context["rows"]}
    assert amounts["sell"] == Decimal(55)
    assert amounts["buy"] == Decimal(-500)


def test_pages_of_fifty(member, portfolio, enter):
    for number in range(51):
        enter(portfolio, "deposit", "2024-01-05", number + 1)
    first, second = member.get(url(portfolio)), member.get(url(portfolio), {"page": "2"}, headers=HTMX)
    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 1)
    assert "51 to 51 of 51" in words(second)
    assert not second.content.startswith(b"<!doctype")


def test_own_instrument_is_made_on_the_way(member, investor, portfolio):
    answer = member.post(
        "/portfolios/instruments/new/",
        {"own-symbol": "house", "own-name": "A house", "own-kind": "fund", "own-currency": "eur"},
    )
    made = Instrument.objects.get(symbol="HOUSE")
    assert made.owner_id == investor.pk
    assert f'data-uuid="{made.uuid}"' in answer.content.decode()
    member.post(
        url(portfolio, "new/"),
        typed(instrument="HOUSE", instrument_uuid=str(made.uuid), quantity="1", price="9"),
    )
    assert Transaction.objects.get(portfolio=portfolio).instrument == made


def test_own_instrument_twice_says_so(member, investor, listed):
    listed("HOUSE", owner=investor)
    answer = member.post(
        "/portfolios/instruments/new/",
        {"own-symbol": "HOUSE", "own-name": "A", "own-kind": "fund", "own-currency": "EUR"},
    )
    assert answer.status_code == 400
    assert "There is an instrument HOUSE already." in words(answer)


def test_choices_show_public_and_own_instruments_only(member, investor, stranger, listed):
    listed("FOO1")
    listed("FOO2", owner=investor)
    listed("FOO3", owner=stranger)
    text = words(member.get("/portfolios/instruments/", {"q": "foo"}))
    assert "FOO1" in text
    assert "FOO2 Foo2 EUR · yours" in text
    assert "FOO3" not in text


def test_hidden_instrument_of_another_cannot_be_named(member, portfolio, stranger, listed):
    hidden = listed("HIDDEN", owner=stranger)
    answer = member.post(
        url(portfolio, "new/"),
        typed(instrument="HIDDEN", instrument_uuid=str(hidden.uuid), quantity="1", price="1"),
    )
    assert "instrument" in answer.context["form"].errors


def posts(portfolio: Portfolio, row: Transaction) -> list[str]:
    return [
        url(portfolio, "new/"),
        *(url(portfolio, f"{row.pk}/{end}") for end in ("", "delete/", "restore/")),
    ]


def test_viewers_may_not_write(viewer_client, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    assert [viewer_client.post(one, typed()).status_code for one in posts(portfolio, row)] == [403] * 4
    page = viewer_client.get(url(portfolio))
    assert "Add transaction" not in words(page)
    assert "/delete/" not in page.content.decode()


def test_strangers_find_no_transaction(stranger_client, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    assert [stranger_client.post(one, typed()).status_code for one in posts(portfolio, row)] == [404] * 4
    reads = [url(portfolio, f"{row.pk}/{end}") for end in ("", "row/", "history/")]
    assert [stranger_client.get(one).status_code for one in reads] == [404] * 3


def test_visitors_are_sent_to_sign_in(client, portfolio, acme):
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    assert {client.post(one, typed()).status_code for one in posts(portfolio, row)} == {302}
    assert Transaction.objects.filter(portfolio=portfolio).count() == 3


def test_another_portfolios_transaction_is_not_found_under_this_one(member, investor, portfolio, acme):
    other = create_portfolio(actor=Actor.user(investor), owner_id=investor.pk, name="Other", currency="EUR")
    row = Transaction.objects.get(portfolio=portfolio, kind="buy")
    assert member.get(url(other, f"{row.pk}/")).status_code == 404

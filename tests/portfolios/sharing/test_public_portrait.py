"""What a public link shows: with percentages only no amount gets out, by whatever way it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db.models import F
from django.test import Client

from accounts.models import User
from core.actor import Actor
from core.models import Role
from market.models import CorporateAction, DailyBar, Instrument
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, PublicLink, Transaction
from portfolios.selectors.ledger import memory
from portfolios.services import sharing
from portfolios.services.inputs import TransactionInput
from portfolios.services.sharing import LinkInput
from portfolios.services.transactions import add_transactions
from tests.portfolios.sharing.conftest import admit

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
PERCENTAGES, VALUES = PublicLink.Shows.PERCENTAGES, PublicLink.Shows.VALUES
LISTED, ALL, NONE = PublicLink.Names.LISTED, PublicLink.Names.ALL, PublicLink.Names.NONE
# every way to ask, those too that would like to see more
QUESTIONS = (
    "/share/{}/", "/share/{}/?range=1M", "/share/{}/?by=currency&mode=value",
    "/share/{}/chart/", "/share/{}/chart/?range=YTD", "/share/{}/chart/?mode=value",
    "/share/{}/chart/?mode=index&range=1W",
    "/share/{}/allocation/", "/share/{}/allocation/?by=class", "/share/{}/allocation/?by=sector",
    "/api/v1/public/portfolios/{}", "/api/v1/public/portfolios/{}?range=1W&mode=value",
)  # fmt: skip


def entry(
    kind: EntryKind, day: str, quantity: str, price: str, currency: str, **more: Any
) -> TransactionInput:
    return TransactionInput(
        kind=kind,
        time=datetime.fromisoformat(f"{day}T10:00:00+00:00"),
        quantity=Decimal(quantity),
        price=Decimal(price),
        currency=currency,
        **more,
    )


@pytest.fixture(autouse=True)
def _then() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def held(investor: User, bob: User, portfolio: Portfolio, listed: Any, rated: Any) -> dict[str, Instrument]:
    """Fill the portfolio with some of everything: currencies, a split, income, a sale, private things."""
    admit(portfolio, bob, Role.EDITOR)
    days = ["2024-01-02", "2024-02-01", "2024-03-01", "2024-04-02", "2024-05-13", "2024-06-24", "2024-06-28"]

    def closes(*prices: str) -> dict[str, str]:
        return dict(zip(days, prices, strict=True))

    rated("USD", closes("0.91", "0.93", "0.92", "0.94", "0.93", "0.935", "0.933"))
    shares = {
        "ACME": listed(
            "ACME", "USD", closes("50", "57.3", "61", "44.4", "49", "58.21", "63.97"), sector="Tools"
        ),
        "BETA": listed("BETA", "EUR", closes("12.34", "13", "11.7", "5.9", "6.1", "6.66", "7.03")),
        "MINE": listed(
            "MINE", "EUR", closes("33", "34", "35", "36", "37", "38", "39"), owner=investor, sector="Secret"
        ),
        "BOBS": listed("BOBS", "EUR", closes("20", "20", "21", "22", "23", "19", "18.5"), owner=bob),
        "NOPE": listed("NOPE", "EUR"),
    }
    CorporateAction.objects.create(
        instrument=shares["BETA"], kind="split", ex_date=date(2024, 4, 1), numerator=2, denominator=1
    )
    buy, acme = EntryKind.BUY, shares["ACME"]
    mine = [
        entry(EntryKind.DEPOSIT, "2024-01-02", "10000", "1", "EUR"),
        entry(buy, "2024-01-02", "10", "50", "USD", instrument=acme, fee=Decimal("1.25")),
        entry(buy, "2024-01-03", "7", "33.33", "EUR", instrument=shares["MINE"]),
        entry(EntryKind.DIVIDEND, "2024-02-01", "10", "0.5", "USD", instrument=acme, tax=Decimal("0.75")),
        entry(EntryKind.SELL, "2024-03-01", "3", "60", "USD", instrument=acme, fee=Decimal(2)),
        entry(buy, "2024-03-04", "11", "11.65", "EUR", instrument=shares["BETA"]),
        entry(buy, "2024-03-05", "4", "9.87", "EUR", instrument=shares["NOPE"]),
        entry(EntryKind.WITHDRAWAL, "2024-05-02", "512.34", "1", "EUR"),
    ]
    add_transactions(actor=Actor.user(investor), portfolio_id=portfolio.pk, inputs=mine)
    theirs = [entry(buy, "2024-02-05", "5", "20.5", "EUR", instrument=shares["BOBS"])]
    add_transactions(actor=Actor.user(bob), portfolio_id=portfolio.pk, inputs=theirs)
    return shares


@pytest.fixture
def link(investor: User, portfolio: Portfolio) -> Callable[..., str]:
    """Make a link of Ida's; give its token."""

    def make(**data: Any) -> str:
        return sharing.create_link(
            actor=Actor.user(investor), portfolio_id=portfolio.pk, data=LinkInput(**data)
        ).token

    return make


def grow(portfolio: Portfolio, factor: int) -> None:
    """Make everything as often as large, as if its owner were so much richer."""
    Transaction.objects.filter(portfolio=portfolio).update(
        quantity=F("quantity") * factor, fee=F("fee") * factor, tax=F("tax") * factor
    )
    Portfolio.objects.filter(pk=portfolio.pk).update(revision=F("revision") + 1)


def answers(token: str) -> dict[str, bytes]:
    """Ask all there is to ask, as somebody who has nothing but the link."""
    found = {}
    for question in QUESTIONS:
        answer = Client().get(question.format(token))
        assert answer.status_code == 200, question
        found[question] = answer.content
    piece = Client().get(f"/share/{token}/?range=1W", headers={"X-Fragment": "period"})
    return found | {"piece": piece.content}


def asked(token: str, question: str = "") -> Any:
    return json.loads(Client().get(f"/api/v1/public/portfolios/{token}{question}").content)


@pytest.mark.parametrize("names", [LISTED, ALL, NONE])
def test_seven_times_as_much_looks_the_same_to_the_byte_in_percentages(portfolio, held, link, names):
    token = link(shows=PERCENTAGES, names=names)
    before = answers(token)
    grow(portfolio, 7)
    assert answers(token) == before


def test_four_times_the_units_at_a_quarter_of_the_price_look_the_same_in_percentages(portfolio, held, link):
    """Nor does a price get out: that of a private instrument is its owner's own."""
    token = link(shows=PERCENTAGES, names=ALL)
    before = answers(token)
    Transaction.objects.filter(instrument__isnull=False).update(
        quantity=F("quantity") * 4, price=F("price") / 4
    )
    DailyBar.objects.update(close=F("close") / 4)
    Portfolio.objects.filter(pk=portfolio.pk).update(revision=F("revision") + 1)
    memory.clear()
    assert answers(token) == before


def test_seven_times_as_much_looks_other_in_values(portfolio, held, link):
    token = link(shows=VALUES, names=ALL)
    before, once = answers(token), asked(token)
    grow(portfolio, 7)
    after, richer = answers(token), asked(token)
    same = {question for question in before if before[question] == after[question]}
    assert same == {"/share/{}/chart/?mode=index&range=1W"}
    # 8984.22 EUR and -319 USD of cash, 977.428 EUR of holdings
    assert (once["amounts"]["total"], richer["amounts"]["total"]) == ("9664.02", "67648.15")
    assert [one["weight"] for one in richer["holdings"]] == [one["weight"] for one in once["holdings"]]


def test_json_of_percentages_has_no_amount(held, link):
    shown = asked(link(shows=PERCENTAGES, names=ALL))
    assert shown["amounts"] is None
    amounts = ("currency", "quantity", "price", "value", "unrealised")
    assert {row[name] for row in shown["holdings"] for name in amounts} == {None}
    assert {item["value"] for spread in shown["allocation"] for item in spread["items"]} == {None}
    assert {point["value"] for point in shown["series"]} == {None}
    assert shown["series"][0] == {"date": "2024-01-01", "index": "100", "value": None}


def test_json_says_what_was_worked_out_by_hand(held, link):
    shown = asked(link(shows=VALUES, names=ALL))
    rows = {row["name"]: row for row in shown["holdings"]}
    # 7 × 63.97 USD at 0.933; MINE 7 × 39; BETA 22 × 7.03; BOBS 5 × 18.50; NOPE 4 × its own 9.87
    values = {name: row["value"] for name, row in rows.items() if not name.startswith("Cash")}
    assert values == {
        "Acme": "417.79",
        "Mine": "273",
        "Beta": "154.66",
        "Private holding": "92.5",
        "Nope": "39.48",
    }
    assert rows["Cash in USD"]["value"] == "-297.63"
    assert sum(Decimal(row["weight"]) for row in rows.values() if row["weight"]) == 1
    assert rows["Mine"]["gain_ratio"] == "0.1701"  # 39 / 33.33 - 1
    assert rows["Nope"]["quality"] == "stale"
    assert sum(Decimal(row["value"]) for row in rows.values()) == Decimal(shown["amounts"]["total"])
    flows = shown["amounts"]
    assert Decimal(flows["opening"]) + Decimal(flows["net_flows"]) + Decimal(flows["gain"]) == Decimal(
        flows["closing"]
    )


@pytest.mark.parametrize(
    ("names", "seen"),
    [(LISTED, {"ACME", "BETA", "NOPE"}), (ALL, {"ACME", "BETA", "NOPE", "MINE"}), (NONE, set())],
)
def test_names_show_as_the_owner_allows_and_never_what_is_somebody_elses(held, link, names, seen):
    for shows in (PERCENTAGES, VALUES):
        text = b"".join(answers(link(shows=shows, names=names)).values()).decode()
        assert {one for one in held if one in text} == seen
        assert ("Mine" in text) is (names == ALL)
        assert ("Secret" in text) is (names == ALL)
        assert "Bobs" not in text
        assert ("Private holding 2" in text) is (names == LISTED)


def test_index_is_the_time_weighted_return(held, link):
    shown = asked(link(), "?range=All")
    last = Decimal(shown["series"][-1]["index"])
    assert last == 100 + 100 * Decimal(shown["performance"]["time_weighted"])
    assert last != 100
    assert shown["risk"]["fell_from"] < shown["risk"]["fell_to"]


def test_an_empty_portfolio_has_nothing_and_says_so(portfolio, link):
    token = link(label="My plan")
    text = Client().get(f"/share/{token}/").content.decode()
    assert "There is nothing in this portfolio yet." in text
    assert "button--primary" not in text  # there is nothing that a visitor could do
    assert '<meta property="og:title" content="My plan">' in text
    assert portfolio.name not in text
    shown = asked(token)
    assert (shown["series"], shown["holdings"]) == ([], [])
    assert shown["performance"]["reasons"]["time_weighted"] == "nothing-held"


def test_one_transaction_gives_figures_or_reasons(investor, portfolio, listed, link):
    acme = listed("ACME", "EUR", {"2024-07-01": "10"})
    bought = entry(EntryKind.BUY, "2024-07-01", "1", "10", "EUR", instrument=acme)
    add_transactions(actor=Actor.user(investor), portfolio_id=portfolio.pk, inputs=[bought])
    Portfolio.objects.filter(pk=portfolio.pk).update(tracks_cash=False)
    token = link()
    assert [one["weight"] for one in asked(token)["holdings"]] == ["1"]
    assert asked(token)["risk"]["reasons"]["volatility"] == "too-few-observations"
    assert Client().get(f"/share/{token}/").status_code == 200


def test_old_prices_are_said_to_be_old(held, link):
    token = link()
    with time_machine.travel(datetime(2024, 8, 1, tzinfo=UTC), tick=False):
        text = Client().get(f"/share/{token}/").content.decode()
        assert "The last known price is of June 28, 2024: all is shown as on that day." in text
        assert asked(token)["ended"] is True

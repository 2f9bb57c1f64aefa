"""Exchange rates: the latest of each currency as valuations use them, and the user's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import LIVE_WORLD
from market.models import FxRate
from market.selectors import rate_board, rates
from tests.market.builders import fx
from tests.market.views.conftest import words

NEW = {"base": "usd", "quote": "EUR", "date": "2024-03-07", "rate": "0,91"}


def shown(response) -> dict[str, tuple[Decimal, date]]:
    return {row.currency: (row.used.rate, row.used.as_of) for row in response.context["rows"]}


def test_board_has_the_latest_rate_into_the_base_currency(reader):
    fx("EUR", "USD", "2024-03-06", "1.10")
    fx("EUR", "USD", "2024-03-07", "1.25")
    fx("EUR", "GBP", "2024-03-07", "0.80")
    fx("EUR", "DEM", "2001-12-28", "1.95583")
    response = reader.get("/market/rates/")
    assert shown(response) == {
        "GBP": (Decimal("1.25"), date(2024, 3, 7)),
        "USD": (Decimal("0.8"), date(2024, 3, 7)),
    }
    assert [(row.currency, row.inverse) for row in response.context["rows"]] == [
        ("GBP", Decimal("0.8")),
        ("USD", Decimal("1.25")),
    ]
    text = words(response)
    assert "USD 0.80 1.25 March 7, 2024 ecb" in text
    assert "1 currency that is no longer quoted" in text
    assert "nothing newer is known" not in text


def test_board_crosses_over_the_euro_for_another_base(reader, ida):
    ida.base_currency = "USD"
    ida.save()
    fx("EUR", "USD", "2024-03-07", "1.25")
    fx("EUR", "GBP", "2024-03-06", "0.80")
    # 1 GBP is 1 / 0.80 EUR, each 1.25 USD; known since the older leg
    assert shown(reader.get("/market/rates/")) == {
        "EUR": (Decimal("1.25"), date(2024, 3, 7)),
        "GBP": (Decimal("1.5625"), date(2024, 3, 6)),
    }


def test_own_rate_wins_on_its_day_for_its_owner_alone(reader, stranger, ida):
    fx("EUR", "USD", "2024-03-07", "1.25")
    fx("EUR", "USD", "2024-03-07", "1.6", owner=ida, source="manual")
    rows = reader.get("/market/rates/").context["rows"]
    assert [(row.used.rate, row.own) for row in rows] == [(Decimal("0.625"), True)]
    rows = stranger.get("/market/rates/").context["rows"]
    assert [(row.used.rate, row.own) for row in rows] == [(Decimal("0.8"), False)]


def test_board_says_what_the_rate_table_says(reader, ida):
    fx("EUR", "USD", "2024-03-05", "1.25")
    fx("EUR", "JPY", "2024-03-07", "160")
    fx("USD", "JPY", "2024-03-06", "150", owner=ida, source="manual")
    fx("BTC", "USD", "2024-03-07", "60000", owner=ida, source="manual")
    table = rates.rate_table(ida.pk, LIVE_WORLD, ["USD", "JPY", "BTC"], "EUR")
    board = {row.currency: row.used for row in rate_board.board(ida.pk, "EUR")}
    day = date(2024, 3, 8)
    assert board == {currency: table.rate(currency, day) for currency in ("BTC", "JPY", "USD")}


def test_rates_of_the_future_do_not_count(reader):
    fx("EUR", "USD", "2024-03-07", "1.25")
    fx("EUR", "USD", "2024-03-09", "2")
    assert shown(reader.get("/market/rates/"))["USD"] == (Decimal("0.8"), date(2024, 3, 7))


def test_old_rates_are_told(reader):
    fx("EUR", "USD", "2024-01-02", "1.25")
    text = words(reader.get("/market/rates/"))
    assert "The newest public rates are of Jan. 2, 2024; nothing newer is known." in text
    assert "USD 0.80 1.25 Jan. 2, 2024" in text


def test_no_rate_at_all_teaches(reader):
    assert "No exchange rate is known yet." in words(reader.get("/market/rates/"))


def test_own_rate_is_added_listed_deleted_and_brought_back(reader, ida):
    answer = reader.post("/market/rates/", NEW)
    assert answer.url == "/market/rates/"
    own = FxRate.objects.get(owner=ida)
    assert (own.base, own.quote, own.date, own.rate) == ("USD", "EUR", date(2024, 3, 7), Decimal("0.91"))
    assert "March 7, 2024 USD/EUR 0.91" in words(reader.get(answer.url))
    page = reader.get(reader.post("/market/rates/delete/", NEW).url)
    assert "The rate USD/EUR is deleted. Undo" in words(page)
    assert not FxRate.objects.exists()
    reader.post(page.context["undo"]["url"], page.context["undo"]["fields"])
    assert FxRate.objects.get(owner=ida).rate == Decimal("0.91")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("base", "EUR", "The two currencies must differ."),
        ("date", "2024-03-09", "The date is in the future."),
        ("rate", "0", "The rate must be greater than 0."),
        ("rate", "1,234", "This can be read in two ways. Write 1234 or 1.234, without a thousands comma."),
        ("base", "", "This field is required."),
    ],
)
def test_wrong_rate_names_its_field(reader, field, value, message):
    answer = reader.post("/market/rates/", NEW | {field: value})
    assert answer.status_code == 400
    named = "quote" if message.startswith("The two") else field
    assert answer.context["form"].errors == {named: [message]}
    assert not FxRate.objects.exists()


def test_rates_of_others_are_neither_listed_nor_deleted(reader, sven):
    fx("USD", "EUR", "2024-03-07", "0.91", owner=sven)
    fx("USD", "EUR", "2024-03-07", "0.90")
    assert list(reader.get("/market/rates/").context["page"]) == []
    assert reader.post("/market/rates/delete/", NEW).status_code == 404
    assert reader.post("/market/rates/delete/", {"base": "USD"}).status_code == 404
    assert FxRate.objects.count() == 2


def test_own_rates_come_in_pages(reader, ida):
    for day in range(1, 32):
        fx("USD", "EUR", f"2024-01-{day:02}", "0.9", owner=ida)
        fx("GBP", "EUR", f"2024-01-{day:02}", "1.1", owner=ida)
    piece = reader.get("/market/rates/", {"page": 2}, headers={"HX-Request": "true"})
    assert len(piece.context["page"].object_list) == 12
    assert piece.content.decode().lstrip().startswith('<section class="panel" id="own-rates"')


def test_number_of_queries_does_not_grow_with_rates(reader, ida):
    def count() -> int:
        with CaptureQueriesContext(connection) as taken:
            reader.get("/market/rates/")
        return len(taken)

    fx("EUR", "USD", "2024-03-07", "1.1")
    fx("EUR", "USD", "2024-03-07", "1.1", owner=ida)
    count()
    before = count()
    for code in ("GBP", "CHF", "JPY", "SEK", "NOK"):
        fx("EUR", code, "2024-03-07", "2")
        fx("EUR", code, "2024-03-07", "2", owner=ida)
    assert count() == before
    assert before <= 7  # one for the bell

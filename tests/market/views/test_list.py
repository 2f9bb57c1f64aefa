"""The list of instruments: who sees what, order, filters, prices, and how many queries it takes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from market.models import CorporateAction
from tests.market.builders import bar
from tests.market.views.conftest import page_of, words


def symbols(response) -> list[str]:
    return [row.instrument.symbol for row in response.context["rows"]]


@pytest.fixture
def some(instrument, ida, sven):
    """Five that Ida sees and one of Sven's."""
    acme = instrument("ACME", name="Acme Tools", kind="stock")
    coin = instrument("COIN", name="Zeta Coin", kind="crypto", is_fictional=True)
    fund = instrument("FUND", name="Broad Fund", kind="fund", currency="EUR", owner=ida)
    instrument("DARK", name="Never Priced")
    instrument("OLD", name="Old Acme")
    instrument("HIS", name="Acme of Sven", owner=sven)
    bar(acme, "2024-03-07", "100")
    bar(acme, "2024-03-08", "110")
    bar(coin, "2024-03-07", "2", source="simulated")
    bar(coin, "2024-03-08", "1", source="simulated")
    bar(fund, "2024-02-01", "7", source="manual")
    return acme, coin, fund


def test_list_shows_what_the_user_may_see_and_nothing_else(reader, stranger, some):
    assert symbols(reader.get("/market/")) == ["ACME", "COIN", "DARK", "FUND", "OLD"]
    assert symbols(stranger.get("/market/")) == ["ACME", "COIN", "DARK", "HIS", "OLD"]


def test_row_tells_last_close_its_day_its_quality_and_the_change(reader, some):
    text = words(reader.get("/market/"))
    assert "ACME Acme Tools Stock USD 110.00 USD March 8, 2024 close" in text
    assert "Closing price. Source: import. ▲+10.00%" in text
    assert "COIN fictional Zeta Coin Crypto USD 1.00 USD March 8, 2024 simulated" in text
    assert "Source: simulated. ▼−50.00%" in text
    assert "FUND yours Broad Fund Fund EUR 7.00 EUR Feb. 1, 2024 stale" in text
    assert "Source: manual. –There is no earlier price to compare with." in text
    assert "DARK Never Priced Stock USD –There is no price yet." in text


def test_change_over_a_split_is_of_the_same_share(reader, some):
    acme = some[0]
    CorporateAction.objects.create(
        instrument=acme, kind="split", ex_date="2024-03-08", numerator=2, denominator=1, source="t"
    )
    # 100 before the split is 50 in today's shares
    assert "ACME Acme Tools Stock USD 110.00 USD" in words(reader.get("/market/"))
    assert "▲+120.0%" in words(reader.get("/market/", {"q": "ACME"}))


def test_search_has_the_best_match_first(reader, some):
    assert symbols(reader.get("/market/", {"q": "acme"})) == ["ACME", "OLD"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"kind": "fund"}, ["FUND"]),
        ({"scope": "own"}, ["FUND"]),
        ({"scope": "fictional"}, ["COIN"]),
        ({"scope": "real"}, ["ACME", "DARK", "FUND", "OLD"]),
        ({"kind": "nonsense", "scope": "all", "sort": "x"}, ["ACME", "COIN", "DARK", "FUND", "OLD"]),
        ({"sort": "-symbol"}, ["OLD", "FUND", "DARK", "COIN", "ACME"]),
        ({"sort": "name"}, ["ACME", "FUND", "DARK", "OLD", "COIN"]),
        ({"sort": "kind"}, ["COIN", "FUND", "ACME", "DARK", "OLD"]),
        ({"sort": "currency"}, ["FUND", "ACME", "COIN", "DARK", "OLD"]),
        ({"sort": "change"}, ["COIN", "ACME", "DARK", "FUND", "OLD"]),
        ({"sort": "-change"}, ["ACME", "COIN", "DARK", "FUND", "OLD"]),
    ],
)
def test_filters_and_order(reader, some, asked, expected):
    assert symbols(reader.get("/market/", asked)) == expected


def test_head_tells_its_order_and_turns_it(reader, some):
    heads = reader.get("/market/", {"q": "acme", "sort": "name"}).context["heads"]
    assert heads["name"] == {
        "label": "Name",
        "state": "ascending",
        "url": "/market/?q=acme&sort=-name",
    }
    assert heads["change"]["url"] == "/market/?q=acme&sort=-change"


def test_search_without_a_match_teaches(reader, some):
    assert "No instrument matches." in words(reader.get("/market/", {"q": "zzz"}))


def test_empty_platform_teaches(reader):
    response = reader.get("/market/")
    assert "There are no instruments yet." in words(response)
    assert '<a class="button button--primary" href="/market/new/">' in response.content.decode()


def test_htmx_gets_the_results_alone(reader, some):
    response = reader.get("/market/", {"q": "coin"}, headers={"HX-Request": "true"})
    assert response.content.decode().lstrip().startswith('<div id="instruments" data-filtered>')


def test_pages_hold_fifty(reader, instrument):
    for number in range(51):
        instrument(f"S{number:02}")
    first, second = reader.get("/market/"), reader.get("/market/", {"page": 2, "sort": "-symbol"})
    assert (len(symbols(first)), symbols(second)) == (50, ["S00"])
    assert first.context["page_url"] == "/market/?page="
    assert second.context["page_url"] == "/market/?sort=-symbol&page="


def test_course_of_a_year_is_adjusted_and_thinned_out(reader, instrument):
    one = instrument("LONG")
    first = date(2023, 1, 1)
    for number in range(433):  # to 8 March 2024
        bar(one, str(first + timedelta(days=number)), "40" if number < 300 else "20")
    CorporateAction.objects.create(
        instrument=one,
        kind="split",
        ex_date=first + timedelta(days=300),
        numerator=2,
        denominator=1,
        source="t",
    )
    spark = reader.get("/market/").context["rows"][0].spark
    assert spark == [20.0] * 60


def test_number_of_queries_does_not_grow_with_rows(reader, instrument):
    def count() -> int:
        with CaptureQueriesContext(connection) as taken:
            reader.get("/market/")
        return len(taken)

    first = instrument("A1")
    bar(first, "2024-03-07", "1")
    count()
    before = count()
    for number in range(20):
        more = instrument(f"B{number}")
        bar(more, "2024-03-06", "1")
        bar(more, "2024-03-07", "1")
    assert count() == before
    assert before <= 18  # the list 9, the overview 8, the bell 1


def test_visitor_is_sent_to_sign_in(client, instrument):
    for path in ("/market/", "/market/new/", "/market/rates/", page_of(instrument())):
        assert client.get(path).url == f"/accounts/login/?next={path}"

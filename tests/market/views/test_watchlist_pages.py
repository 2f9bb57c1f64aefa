"""Watchlists on pages: stars, lists, their order, and the overview of the markets."""

from __future__ import annotations

import pytest

from core.actor import Actor
from market.models import Watchlist
from market.selectors import watchlists as selectors
from market.services import watchlists as services
from tests.market.builders import bar
from tests.market.views.conftest import page_of, words


@pytest.fixture
def acme(instrument):
    one = instrument("ACME", name="Acme Tools")
    bar(one, "2024-03-07", "100")
    bar(one, "2024-03-08", "110")
    return one


def symbols(user) -> list[list[str]]:
    lists = list(selectors.of_user(user))
    held = selectors.instruments_on(user, lists)
    return [[item.symbol for item in held.get(one.pk, [])] for one in lists]


def make(user, *instruments) -> Watchlist:
    for one in instruments:
        made = services.star(actor=Actor.user(user), user=user, instrument=one.uuid)
    return made


def test_star_watches_and_a_second_click_no_longer(reader, ida, acme):
    answer = reader.post(page_of(acme, "star/"), headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert 'aria-pressed="true"' in html
    assert f'hx-post="{page_of(acme, "unstar/")}"' in html
    assert answer.headers["HX-Trigger"] == (
        '{"toast": {"text": "ACME is on \\u201cWatchlist\\u201d.", "level": "success"}}'
    )
    assert symbols(ida) == [["ACME"]]
    assert 'aria-pressed="true"' in reader.get("/market/").content.decode()
    answer = reader.post(page_of(acme, "unstar/"), headers={"HX-Request": "true"})
    assert 'aria-pressed="false"' in answer.content.decode()
    assert symbols(ida) == [[]]


@pytest.mark.parametrize(
    ("wanted", "lead"), [("/market/?q=acme", "/market/?q=acme"), ("https://evil.example/", None)]
)
def test_star_without_scripts_leads_back_to_the_page_and_nowhere_else(reader, acme, wanted, lead):
    answer = reader.post(page_of(acme, "star/"), {"next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, lead or page_of(acme))


def test_overview_shows_the_first_watchlist_with_its_prices(reader, ida, acme):
    assert "Nothing is on it yet." in words(reader.get("/market/"))
    make(ida, acme)
    assert "ACME Acme Tools 110.00 USD close" in words(reader.get("/market/"))


def test_lists_are_made_renamed_and_deleted_by_name(reader, ida):
    reader.post("/market/watchlists/new/", {"name": "Banks"})
    refused = reader.post("/market/watchlists/new/", {"name": "banks"})
    assert refused.status_code == 400
    assert "You have a watchlist of that name." in words(refused)
    url = f"/market/watchlists/{Watchlist.objects.get().uuid}"
    assert reader.get(f"{url}/rename/").status_code == 200
    reader.post(f"{url}/rename/", {"name": "Lenders"})
    assert [one.name for one in selectors.of_user(ida)] == ["Lenders"]
    assert "That is not the name." in words(reader.post(f"{url}/delete/", {"confirm": "Banks"}, follow=True))
    assert "“Lenders” is deleted." in words(
        reader.post(f"{url}/delete/", {"confirm": "Lenders"}, follow=True)
    )
    assert symbols(ida) == []


def test_instruments_are_added_by_symbol_moved_taken_off_and_brought_back(reader, ida, acme, instrument):
    rows = [acme, instrument("BETA"), instrument("CETA")]
    url = f"/market/watchlists/{make(ida, *rows[:2]).uuid}"
    reader.post(f"{url}/add/", {"symbol": "ceta"})
    assert symbols(ida) == [["ACME", "BETA", "CETA"]]
    assert "No instrument has the symbol or ISIN “nope”." in words(
        reader.post(f"{url}/add/", {"symbol": "nope"}, follow=True)
    )
    moved = reader.post(f"{url}/move/", {"instrument": rows[2].uuid, "to": 0}, headers={"HX-Request": "true"})
    assert "Move CETA down" in moved.content.decode()
    assert symbols(ida) == [["CETA", "ACME", "BETA"]]
    page = reader.post(f"{url}/{acme.uuid}/remove/", follow=True)
    assert symbols(ida) == [["CETA", "BETA"]]
    undo = page.context["undo"]
    reader.post(undo["url"], undo["fields"])
    assert symbols(ida) == [["CETA", "ACME", "BETA"]]
    assert reader.get("/market/watchlists/").context["undo"] is None


def test_movers_come_alone_for_htmx_and_with_the_page_otherwise(reader, acme):
    assert reader.get("/market/movers/?period=1W")["Location"] == "/market/?period=1W"
    piece = reader.get("/market/movers/?period=1M", headers={"HX-Request": "true"})
    assert "There are no prices of the last days to compare." in words(piece)
    assert piece.context["movers"].period == "1M"

"""Watchlists: whose they are, how they are kept in order, how full they may be, what is asked of prices."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import ports
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.models import AuditEvent
from market.errors import WatchlistFull
from market.models import Watchlist, WatchlistItem
from market.selectors import watchlists as selectors
from market.services import watchlists as services
from market.services.erasure import erase_market_data
from tests.market.builders import bar

pytestmark = pytest.mark.django_db


def make(user, name: str = "Banks") -> Watchlist:
    return services.create_watchlist(actor=Actor.user(user), user=user, name=name)


def add(user, watchlist: Watchlist, instrument) -> bool:
    return services.add_to_watchlist(
        actor=Actor.user(user), user=user, uuid=watchlist.uuid, instrument=instrument.uuid
    )


def star(user, instrument) -> Watchlist:
    return services.star(actor=Actor.user(user), user=user, instrument=instrument.uuid)


def symbols(user) -> dict[str, list[str]]:
    lists = list(selectors.of_user(user))
    held = selectors.instruments_on(user, lists)
    return {one.name: [item.symbol for item in held.get(one.pk, [])] for one in lists}


def test_first_star_makes_the_list_and_the_next_goes_to_its_end(ida, instrument):
    one, two = instrument("ONE"), instrument("TWO")
    first = star(ida, two)
    assert star(ida, one) == first
    assert star(ida, two) == first
    assert symbols(ida) == {"Watchlist": ["TWO", "ONE"]}
    assert selectors.starred(ida, [one.pk]) == {one.pk}
    assert selectors.lists_with(ida, one) == {first.uuid}


def test_unstarring_takes_it_off_every_list(ida, instrument):
    one, two = instrument("ONE"), instrument("TWO")
    star(ida, one)
    banks = make(ida)
    add(ida, banks, one)
    add(ida, banks, two)
    off = services.unstar(actor=Actor.user(ida), user=ida, instrument=one.uuid)
    assert [row.name for row in off] == ["Watchlist", "Banks"]
    assert symbols(ida) == {"Watchlist": [], "Banks": ["TWO"]}
    assert services.unstar(actor=Actor.user(ida), user=ida, instrument=one.uuid) == []


def test_lists_and_what_is_on_them_are_put_in_order(ida, instrument):
    rows = [instrument(name) for name in ("A", "B", "C")]
    first, second = make(ida, "First"), make(ida, "Second")
    for row in rows:
        add(ida, first, row)
    actor = Actor.user(ida)
    services.order_items(actor=actor, user=ida, uuid=first.uuid, order=[rows[2].uuid])
    services.order_watchlists(actor=actor, user=ida, uuids=[second.uuid])
    assert symbols(ida) == {"Second": [], "First": ["C", "A", "B"]}
    with pytest.raises(ValidationFailed):
        services.order_items(actor=actor, user=ida, uuid=first.uuid, order=[uuid4()])
    services.move_in_watchlist(actor=actor, user=ida, uuid=first.uuid, instrument=rows[0].uuid, to=9)
    assert symbols(ida)["First"] == ["C", "B", "A"]
    with pytest.raises(NotFound):
        services.move_in_watchlist(actor=actor, user=ida, uuid=second.uuid, instrument=rows[0].uuid, to=0)
    fourth = instrument("D")
    services.add_to_watchlist(actor=actor, user=ida, uuid=first.uuid, instrument=fourth.uuid, at=1)
    assert symbols(ida)["First"] == ["C", "D", "B", "A"]


def test_names_are_trimmed_unique_and_not_empty(ida, sven):
    assert make(ida, "  My   banks ").name == "My banks"
    assert make(sven, "My banks").owner == sven
    with pytest.raises(Conflict):
        make(ida, "my BANKS")
    for name in ("   ", "x" * 61):
        with pytest.raises(ValidationFailed):
            make(ida, name)
    other = make(ida, "Other")
    with pytest.raises(Conflict):
        services.rename_watchlist(actor=Actor.user(ida), user=ida, uuid=other.uuid, name="My banks")
    services.rename_watchlist(actor=Actor.user(ida), user=ida, uuid=other.uuid, name="OTHER")
    assert list(symbols(ida)) == ["My banks", "OTHER"]


def test_there_is_an_end_to_lists_and_to_what_is_on_one(ida, instrument, monkeypatch):
    monkeypatch.setattr(services, "MOST_LISTS", 2)
    monkeypatch.setattr(services, "MOST_ITEMS", 1)
    banks = make(ida)
    make(ida, "More")
    with pytest.raises(WatchlistFull):
        make(ida, "Too many")
    one = instrument("ONE")
    assert add(ida, banks, one)
    assert not add(ida, banks, one)
    with pytest.raises(WatchlistFull):
        add(ida, banks, instrument("TWO"))


def test_two_stars_at_once_make_one_list(transactional_db, ida, instrument, two_at_once):
    one = instrument("ONE")
    two_at_once(lambda: star(ida, one))
    assert Watchlist.objects.count() == WatchlistItem.objects.count() == 1


def test_anothers_list_and_instrument_are_not_there(ida, sven, instrument):
    private, public = instrument("HIS", owner=sven), instrument("ALL")
    banks = make(ida)
    for work in (
        lambda: add(sven, banks, public),
        lambda: star(ida, private),
        lambda: selectors.get(sven, banks.uuid),
        lambda: services.delete_watchlist(actor=Actor.user(sven), user=sven, uuid=banks.uuid),
    ):
        with pytest.raises(NotFound):
            work()
    with pytest.raises(Forbidden):
        services.create_watchlist(actor=Actor.user(sven), user=ida, name="For her")
    assert symbols(ida) == {"Banks": []}


def test_an_instrument_that_became_anothers_is_not_shown(ida, sven, instrument):
    mine = instrument("MINE", owner=ida)
    banks = make(ida)
    add(ida, banks, mine)
    mine.owner = sven
    mine.save()
    assert symbols(ida) == {"Banks": []}
    assert selectors.get(ida, banks.uuid).size == 0


def test_what_anybody_watches_is_asked_prices_for(ida, sven, instrument):
    one, two = instrument("ONE"), instrument("TWO")
    instrument("NONE")
    star(ida, one)
    star(sven, one)
    star(sven, two)
    assert ports.held_instruments.ask("market") == {one.pk, two.pk}


def test_every_change_is_audited(ida, instrument):
    one = instrument("ONE")
    banks = make(ida)
    add(ida, banks, one)
    services.delete_watchlist(actor=Actor.user(ida), user=ida, uuid=banks.uuid)
    told = AuditEvent.objects.filter(object_type="watchlist", object_id=str(banks.uuid)).order_by("pk")
    assert [row.verb for row in told] == [
        "watchlist.created", "watchlist.item_added", "watchlist.deleted",
    ]  # fmt: skip
    assert told[2].before == {"name": "Banks", "instruments": ["ONE"]}


def test_erasing_a_person_deletes_their_lists_alone(ida, sven, instrument):
    one = instrument("ONE")
    star(ida, one)
    star(sven, one)
    erase_market_data(user_id=ida.pk)
    assert [row.owner for row in Watchlist.objects.all()] == [sven]


def test_shown_lists_have_prices_and_thirty_closes_in_five_queries(ida, instrument):
    rows = [instrument(name) for name in ("ONE", "TWO")]
    lists = [make(ida, "First"), make(ida, "Second")]
    for row in rows:
        for day in range(1, 32):
            bar(row, f"2024-01-{day:02}", str(100 + day))
        for one in lists:
            add(ida, one, row)
    found = list(selectors.of_user(ida))
    with CaptureQueriesContext(connection) as captured:
        shown = selectors.shown(1, ida, found)
    assert len(captured) == 5
    assert [[row.instrument.symbol for row in one.rows] for one in shown] == [["ONE", "TWO"]] * 2
    assert shown[0].rows[0].spark == [float(value) for value in range(102, 132)]
    assert shown[0].rows[0].quote.price.price == 131


def test_lists_are_kept_by_the_api(api, stranger_api, instrument):
    one, two = instrument("ONE"), instrument("TWO")
    bar(one, "2024-01-01", "100")
    bar(one, "2024-01-02", "105")
    made = api.post("/api/v1/watchlists", {"name": "Banks"}, format="json").json()
    items = f"/api/v1/watchlists/{made['id']}/items"
    assert (made["name"], made["size"]) == ("Banks", 0)
    assert api.post(items, {"instrument": one.uuid}, format="json").status_code == 201
    assert api.post(items, {"instrument": one.uuid}, format="json").status_code == 200
    assert api.post(items, {"instrument": two.uuid}, format="json").status_code == 201
    assert api.put(items, {"instruments": [str(two.uuid)]}, format="json").status_code == 204
    told = api.get(items).json()["items"]
    assert [(row["symbol"], row["change"]) for row in told] == [("TWO", None), ("ONE", "0.05")]
    assert told[0]["last_price"] is None
    assert told[1]["last_price"]["price"] == "105"
    assert api.delete(f"{items}/{two.uuid}").status_code == 204
    assert api.get(f"/api/v1/watchlists/{made['id']}").json()["size"] == 1
    assert stranger_api.get(items).status_code == 404
    assert stranger_api.post(items, {"nonsense": 1}, format="json").status_code == 404
    assert api.delete(f"/api/v1/watchlists/{made['id']}").status_code == 204
    assert api.get("/api/v1/watchlists").json()["total"] == 0

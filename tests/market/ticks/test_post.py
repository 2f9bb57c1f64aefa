"""Feeds send ticks: stored once, quoted at once, and what is none is told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.services import grant_role
from core.actor import Actor
from core.models import LIVE_WORLD, AuditEvent
from core.roles import StaffRole
from market.domain.quotes import NewQuote
from market.domain.ticks import NewTick, month_of
from market.models import DailyBar, HeldQuote, MinuteBar, MoveBatch, Quote, TickDay
from market.services.quotes import Recorded, record_quotes
from market.services.ticks import partitions
from market.services.ticks.store import put
from tests.market.conftest import client_of
from tests.market.ticks.told import at, bars, ticks

pytestmark = pytest.mark.django_db
URL = "/api/v1/ticks"


@pytest.fixture
def feed(sven: Any) -> APIClient:
    """Send ticks as a member of staff who keeps market data."""
    grant_role(actor=Actor.system("test"), user_id=sven.pk, role=StaffRole.MARKET_DATA, reason="test")
    return client_of(type(sven).objects.get(pk=sven.pk))


def tick(time: str = "10:00:00", price: Any = 150, **values: Any) -> dict[str, Any]:
    return {"ticker": "STK", "timestamp": f"2022-04-05T{time}Z", "ltp": price, **values}


def send(client: APIClient, *rows: Any, **headers: str) -> tuple[int, Any]:
    answer = client.post(URL, list(rows), format="json", headers=headers)
    return answer.status_code, answer.json()


def counts(body: Any) -> tuple[int, ...]:
    return tuple(body[name] for name in ("received", "stored", "known", "held", "rejected"))


def test_ticks_are_stored_and_the_newest_is_the_quote(stock, feed):
    status, body = send(
        feed,
        tick("19:59:00", "150.25", ltq=5, buyprice=150, sellprice=150.5, sellqty=7),
        tick("19:58:00", 149, ltq=2),
    )
    assert (status, counts(body)) == (201, (2, 2, 0, 0, 0))
    assert ticks(stock) == [(at("19:58:00"), 0, 149), (at("19:59:00"), 0, Decimal("150.25"))]
    quote = Quote.objects.get(instrument=stock)
    assert (quote.price, quote.as_of, quote.quality) == (Decimal("150.25"), at("19:59:00"), "live")
    assert (quote.bid, quote.ask, quote.volume) == (150, Decimal("150.5"), 7)
    [moves] = MoveBatch.objects.all()
    assert (moves.prices, moves.lows, moves.highs) == ([quote.price], [149], [quote.price])
    assert bars(TickDay, stock) == [(date(2022, 4, 5), 149, quote.price, 149, quote.price, 7, 2)]
    assert len(bars(MinuteBar, stock)) == 2


def test_the_same_again_changes_nothing(stock, feed):
    rows = [tick("19:59:00", 150), tick("19:59:00", 150), tick("19:59:00", 151)]
    assert counts(send(feed, *rows)[1]) == (3, 3, 0, 0, 0)
    before = ticks(stock), bars(MinuteBar, stock), bars(TickDay, stock)
    assert counts(send(feed, *rows)[1]) == (3, 0, 3, 0, 0)
    assert (ticks(stock), bars(MinuteBar, stock), bars(TickDay, stock)) == before
    assert MoveBatch.objects.count() == 1


def test_late_ticks_are_history_and_move_nothing(stock, feed):
    send(feed, tick("19:59:00", 150))
    assert send(feed, tick("19:00:00", 140), tick("10:00:00", 160))[0] == 201
    quote = Quote.objects.get(instrument=stock)
    assert (quote.price, quote.low, quote.high) == (150, 140, 160)
    assert MoveBatch.objects.count() == 1
    old = {**tick(price=99), "timestamp": "2022-04-01T10:00:00Z"}
    assert send(feed, old, {**old, "timestamp": "2022-04-01T09:00:00Z", "ltp": 98})[0] == 201
    bar = DailyBar.objects.get(instrument=stock)
    assert (bar.date, bar.open, bar.close, bar.source) == (date(2022, 4, 1), 98, 99, "ticks")


def test_lines_of_json_and_csv(stock, feed):
    lines = "\n".join(json.dumps(tick(f"10:00:0{second}")) for second in range(2))
    answer = feed.generic("POST", URL, lines, "application/x-ndjson")
    assert (answer.status_code, counts(answer.json())) == (201, (2, 2, 0, 0, 0))
    table = "ticker,date,time,ltp,ltq\r\nSTK,05/04/2022,10:00:02,151.5,3\r\nSTK,05/04/2022,10:00:03,zwei,\r\n"
    answer = feed.generic("POST", URL, table, "text/csv")
    assert (answer.status_code, counts(answer.json())) == (201, (2, 1, 0, 0, 1))
    assert [price for _at, _seq, price in ticks(stock)] == [150, 150, Decimal("151.5")]


def test_rows_that_are_none_are_told_and_the_others_taken(stock, instrument, ida, feed):
    instrument("HIS", owner=ida)
    status, body = send(
        feed,
        tick(),
        tick(price="zwei"),
        tick(price=0),
        tick(ltq=-1),
        tick("20:02:00"),
        {"ticker": "STK", "ltp": 1},
        {**tick(), "timestamp": "soon"},
        {"ticker": "STK", "timestamp": "2022-04-05T10:00:00Z"},
        {**tick(), "ticker": "HIS"},
        {"tick_id": "x", "timestamp": "2022-04-05T10:00:00Z", "ltp": 1},
        "tick",
    )
    assert (status, counts(body)) == (201, (11, 1, 0, 0, 10))
    assert [(one["row"], one["field"], one["code"]) for one in body["refusals"]] == [
        (1, "ltp", "not-a-number"),
        (2, "ltp", "not-positive"),
        (3, "ltp", "negative"),
        (4, "timestamp", "future"),
        (5, "timestamp", "no-time"),
        (6, "timestamp", "not-a-time"),
        (7, "ltp", "no-price"),
        (8, "ticker", "unknown-symbol"),
        (9, "tick_id", "unknown-symbol"),
        (10, "", "wrong-width"),
    ]


def test_nothing_that_is_a_tick_is_a_400(stock, feed):
    status, body = send(feed, tick(price=0))
    assert (status, [(one["field"], one["code"]) for one in body["errors"]]) == (
        400,
        [("[0].ltp", "not-positive")],
    )
    for wrong in ({"ticker": "STK"}, "x", None):
        assert feed.post(URL, wrong, format="json").status_code == 400
    assert feed.generic("POST", URL, "{", "application/x-ndjson").status_code == 400
    assert feed.generic("POST", URL, b"\xff", "text/csv").status_code == 400
    assert send(feed, *[tick()] * 10_001)[0] == 413
    assert send(feed) == (
        201,
        {"received": 0, "stored": 0, "known": 0, "held": 0, "rejected": 0, "refusals": []},
    )


def test_a_price_that_is_not_plausible_waits_for_staff_and_is_no_tick(stock, feed):
    send(feed, tick("19:58:00", 150))
    assert counts(send(feed, tick("19:59:00", 15_000), tick("19:59:30", 151))[1]) == (2, 1, 0, 1, 0)
    assert [price for _at, _seq, price in ticks(stock)] == [150, 151]
    assert HeldQuote.objects.get().price == "15000"


def test_everybody_sends_ticks_of_their_own_and_staff_of_public_ones(stock, instrument, ida, api):
    mine = instrument("OWN", owner=ida)
    own = {"tick_id": str(mine.uuid), "timestamp": "2022-04-05T10:00:00Z", "ltp": "1.5"}
    assert counts(send(api, own)[1]) == (1, 1, 0, 0, 0)
    assert send(api, own, tick())[0] == 403
    assert APIClient().post(URL, [own], format="json").status_code == 401
    assert ticks(stock) == []


def test_old_ticks_of_ones_own_are_refused_and_staffs_are_not(stock, instrument, ida, api, feed):
    mine = instrument("OWN", owner=ida)
    tables = months_of_ticks()

    def row(day: str, **named: str) -> dict[str, Any]:
        return {**named, "timestamp": f"{day}T20:00:00Z", "ltp": 1}

    own = {"tick_id": str(mine.uuid)}
    status, body = send(api, row("2021-04-05", **own), row("2021-04-04", **own), row("1701-01-01", **own))
    assert (status, counts(body)) == (201, (3, 1, 0, 0, 2))
    assert [(one["row"], one["field"], one["code"]) for one in body["refusals"]] == [
        (1, "timestamp", "long-ago"),
        (2, "timestamp", "long-ago"),
    ]
    assert months_of_ticks() - tables == {"market_tick_202104"}
    assert counts(send(feed, row("1701-01-01", ticker="STK"))[1]) == (1, 1, 0, 0, 0)


def test_of_many_months_at_once_the_first_three_are_taken(stock, feed):
    tables = months_of_ticks()
    days = ["2010-01-31", "2010-03-01", "2010-05-01", "2010-01-01", "2010-02-01", "2010-04-01", "2010-05-02"]
    status, body = send(feed, *({**tick(), "timestamp": f"{day}T10:00:00Z"} for day in days))
    assert (status, counts(body)) == (201, (7, 5, 0, 0, 2))
    assert [(one["row"], one["field"], one["code"]) for one in body["refusals"]] == [
        (4, "timestamp", "many-months"),
        (5, "timestamp", "many-months"),
    ]
    made = {"market_tick_201001", "market_tick_201003", "market_tick_201005"}
    assert months_of_ticks() - tables == made


def months_of_ticks() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('market_tick') WHERE isleaf")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
def test_ticks_that_wait_for_an_import_keep_no_quote_waiting(stock, instrument):
    other = instrument("OTH")
    sent = NewTick(stock.pk, at("19:59:00"), Decimal(2))
    quote = NewQuote(other.pk, Decimal(5), at("19:59:00"), "feed")
    partitions.make([month_of(sent.at)])
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():  # as an import that is not through with its table
            put(LIVE_WORLD, [NewTick(stock.pk, at("19:58:00"), Decimal(1))])
            waiting = pool.submit(patiently, "10s", ticks=[sent])
            until_somebody_waits()
            assert pool.submit(patiently, "1s", batch=[quote]).result(timeout=10).moved == 1
            assert not waiting.done()
        assert waiting.result(timeout=10).ticks == 1
    assert [price for _at, _seq, price in ticks(stock)] == [1, 2]


def patiently(limit: str, **values: Any) -> Recorded:
    """Record on a connection of one's own; fail where a lock takes longer."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [limit])
            return record_quotes(world_id=LIVE_WORLD, **values)
    finally:
        connection.close()


def until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _look in range(1000):
            cursor.execute("SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waits")


def test_a_repeated_key_answers_the_same_once(stock, feed):
    key = {"Idempotency-Key": "k"}
    first = send(feed, tick(), **key)
    assert send(feed, tick(), **key) == first
    assert counts(first[1]) == (1, 1, 0, 0, 0)
    assert send(feed, tick(price=2), **key)[0] == 409


def test_feeds_leave_no_trace_in_the_audit(stock, feed):
    before = AuditEvent.objects.count()
    send(feed, tick())
    assert AuditEvent.objects.count() == before

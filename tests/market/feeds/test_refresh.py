"""Who is asked for what: order, failover, hours, spreading, and what becomes of the answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.models import LIVE_WORLD
from market.errors import ProviderLimited, ProviderRefused, ProviderUnavailable, ProviderUnknown
from market.models import CorporateAction, HeldQuote, MoveBatch, PriceSource, SourceAsk, SourceSymbol
from market.services import feeds
from market.services.quotes import record_quotes
from market.tasks import refresh_source, refresh_sources
from tests.market.feeds.sources import NOON, Hand, answers, made, prices, run

pytestmark = pytest.mark.django_db


def test_what_is_held_is_asked_of_the_first_source_in_requests_of_its_size(
    source, instrument, held, told, clock
):
    rows = [instrument(name) for name in ("AAA", "BBB", "CCC")]
    instrument("NOT")
    held(*rows)
    first, second = source(priority=1), source("second", priority=2)
    told.quotes = {"first": {"AAA": 10, "BBB": 20, "CCC": 30}}
    assert run() == [(first.pk, [one.pk for one in rows])]
    assert told.asked == [("first", ["AAA", "BBB"]), ("first", ["CCC"])]
    assert prices() == {"AAA": ("10", "first"), "BBB": ("20", "first"), "CCC": ("30", "first")}
    first.refresh_from_db()
    assert (first.last_ok_at, first.failures, first.claimed_until) == (NOON, 0, None)
    assert run() == []
    clock.shift(60)
    # an interval later everything is due again, and nothing of it from the second
    assert [task[0] for task in run()] == [first.pk]
    assert second.pk not in SourceAsk.objects.values_list("source", flat=True)


def test_the_requests_are_spread_over_the_interval(source, instrument, held, told, clock):
    rows = [instrument(f"S{number:02}") for number in range(12)]
    held(*rows)
    one = source()
    told.quotes = {"first": {row.symbol: 10 for row in rows}}
    run()
    told.asked.clear()
    PriceSource.objects.update(asked_at=NOON)
    SourceAsk.objects.update(asked_at=NOON - timedelta(minutes=2))
    counts = []
    for _tick in range(6):
        clock.shift(10)
        counts.append(sum(len(ids) for _source, ids in run()))
    assert counts == [2] * 6
    assert sorted(name for _source, names in told.asked for name in names) == [row.symbol for row in rows]
    assert one.interval == 60


@pytest.mark.parametrize(
    "failure", [ProviderUnavailable("down"), ProviderUnknown("who?"), {}, {"AAA": 0}], ids=str
)
def test_the_next_source_has_what_the_first_fails_at_lacks_or_errs_about(
    source, instrument, held, told, failure
):
    held(instrument("AAA"))
    source(priority=1)
    source("second", priority=2)
    told.quotes = {"first": failure, "second": {"AAA": 20}}
    run()
    assert prices() == {}
    run()  # the next tick
    assert prices() == {"AAA": ("20", "second")}
    assert told.asked == [("first", ["AAA"]), ("second", ["AAA"])]


def test_one_dead_source_of_five_costs_only_its_own_symbols(source, instrument, held, told, clock):
    rows = [instrument(f"S{number}") for number in range(5)]
    held(*rows)
    for number, row in enumerate(rows):
        one = source(f"p{number}")
        SourceSymbol.objects.create(source=one, instrument=row, priority=1)
    told.quotes = {f"p{number}": {f"S{number}": 10 + number} for number in range(5)}
    told.quotes["p3"] = ProviderUnavailable("down")
    run()
    assert prices() == {f"S{number}": (str(10 + number), f"p{number}") for number in (0, 1, 2, 4)}


def test_three_failures_open_the_breaker_and_one_probe_closes_it(source, instrument, held, told, clock):
    rows = [instrument(name) for name in ("AAA", "BBB", "CCC")]
    held(*rows)
    one = source()
    told.quotes = {"first": ProviderUnavailable("down")}
    for _time in range(3):
        run()
        clock.shift(60)
    one.refresh_from_db()
    assert (one.failures, one.open_until) == (3, NOON + timedelta(minutes=3))
    told.asked.clear()
    clock.move_to(NOON + timedelta(minutes=3) - timedelta(seconds=1))
    assert run() == []
    clock.shift(1)
    run()  # the probe fails, so it is left alone twice as long
    one.refresh_from_db()
    assert (len(told.asked), one.failures) == (1, 4)
    assert one.open_until == NOON + timedelta(minutes=5)
    clock.move_to(NOON + timedelta(minutes=5))
    told.quotes = {"first": {"AAA": 1, "BBB": 2, "CCC": 3}}
    run()
    assert len(told.asked) == 2  # one request, though three instruments take two
    one.refresh_from_db()
    assert (one.failures, one.open_until) == (0, None)
    clock.shift(10)
    run()
    assert set(prices()) == {"AAA", "BBB", "CCC"}


def test_a_refused_key_is_not_tried_again_for_an_hour_and_never_shown(source, instrument, held, told, clock):
    held(instrument("AAA"))
    one = source(key="s3cr3t-k3y", kind="keyed")
    told.quotes = {"first": ProviderRefused("The key s3cr3t-k3y is not valid")}
    run()
    one.refresh_from_db()
    assert one.open_until == NOON + timedelta(hours=1)
    assert one.last_error == "The key [removed] is not valid"


def test_a_source_without_the_key_it_needs_says_so(source, instrument, held, told, clock):
    held(instrument("AAA"))
    one = source(kind="keyed")
    run()
    one.refresh_from_db()
    assert (one.last_error, told.asked) == ("It needs a key, and has none.", [])


def test_a_limited_source_waits_as_long_as_it_says_and_is_no_failure(source, instrument, held, told, clock):
    held(instrument("AAA"))
    one = source()
    told.quotes = {"first": answers(ProviderLimited("slow down", retry_after=90), {"AAA": 10})}
    run()
    one.refresh_from_db()
    assert (one.failures, one.limited_until) == (0, NOON + timedelta(seconds=90))
    clock.shift(89)
    assert run() == []
    clock.shift(1)
    run()
    assert prices() == {"AAA": ("10", "first")}


def test_a_source_without_requests_for_the_day_gives_way_to_the_next(source, instrument, held, told, clock):
    held(instrument("AAA"))
    source(priority=1, per_day=1)
    source("second", priority=2)
    told.quotes = {"first": {"AAA": 10}, "second": {"AAA": 11}}
    run()
    clock.shift(60)
    run()  # nothing is left of the day
    assert prices() == {"AAA": ("11", "second")}
    assert told.asked == [("first", ["AAA"]), ("second", ["AAA"])]


@pytest.mark.parametrize(
    "case",
    [
        ({"price": 0}, "not-positive"),
        ({"price": 10_000}, "jump"),
        ({"price": 11, "at": NOON - timedelta(days=1, minutes=1)}, "old"),
        ({"price": 11, "currency": "GBP"}, "currency"),
    ],
)
def test_a_source_that_lies_is_not_believed_and_staff_see_it(source, instrument, held, told, case):
    quote, reason = case
    stock = instrument("AAA")
    held(stock)
    record_quotes(world_id=LIVE_WORLD, batch=[made(stock, 10, NOON - timedelta(minutes=1), "first")])
    one = source()
    told.quotes = {"first": {"AAA": quote}}
    run()
    assert prices() == {"AAA": ("10", "first")}
    assert list(HeldQuote.objects.values_list("reason", "source")) == [(reason, "first")]
    one.refresh_from_db()
    assert one.last_error.startswith("Quotes of 1 instruments were not believed")
    assert one.failures == 0


def test_a_source_is_told_what_is_known(source, instrument, held, told, monkeypatch):
    """So an adapter tells a price of yesterday that is behind from one that is news."""
    held(instrument("AAA"))
    source()
    seen, asked = [], Hand.quotes

    def quotes(self, wanted, now):
        seen.extend(one.quote and (one.quote.price, one.quote.at) for one in wanted)
        return asked(self, wanted, now)

    monkeypatch.setattr(Hand, "quotes", quotes)
    told.quotes = {"first": {"AAA": 5}}
    run()
    SourceAsk.objects.all().delete()
    run()
    assert seen == [None, (5, NOON)]


def test_only_in_trading_hours_and_once_after_the_close(source, instrument, held, told, clock):
    stock, coin = instrument("AAA"), instrument("COI", kind="crypto")
    held(stock, coin)
    source(interval=600)
    told.quotes = {"first": {"AAA": 10, "COI": 20}}
    # without an exchange it trades from 9:00 to 17:30 UTC
    seen = []
    for minutes in (0, 60, 95, 105, 115, 130):
        clock.move_to(NOON + timedelta(minutes=minutes))
        seen.append({one for _source, ids in run() for one in ids})
    everything, only_coin = {stock.pk, coin.pk}, {coin.pk}
    # the close is at +90 and is final 20 minutes later
    assert seen == [everything, everything, only_coin, only_coin, everything, only_coin]


def test_what_is_private_invented_or_delisted_is_asked_of_nobody(source, instrument, held, ida, clock):
    gone = instrument("OLD")
    CorporateAction.objects.create(instrument=gone, kind="delisting", ex_date="2025-07-02", source="t")
    held(instrument("OWN", owner=ida), instrument("FIC", is_fictional=True), gone)
    source()
    assert run() == []


def test_staff_say_what_it_is_called_where_and_where_never_to_ask(source, instrument, held, told, clock):
    stock, other = instrument("BRK.B"), instrument("AAA")
    held(stock, other)
    first, second = source(priority=1), source("second", priority=2)
    SourceSymbol.objects.create(source=first, instrument=stock, symbol="BRK-B")
    SourceSymbol.objects.create(source=first, instrument=other, is_excluded=True)
    told.quotes = {"first": {"BRK-B": 500}, "second": {"AAA": 10}}
    run()
    assert prices() == {"BRK.B": ("500", "first"), "AAA": ("10", "second")}
    assert second.pk in SourceAsk.objects.values_list("source", flat=True)


def test_an_adapter_that_breaks_counts_as_a_failure(source, instrument, held, told, clock):
    held(instrument("AAA"))
    one = source()
    told.quotes = {"first": KeyError("price")}
    with pytest.raises(KeyError):
        run()
    one.refresh_from_db()
    assert (one.failures, one.last_error, one.claimed_until) == (1, "'price'", None)


def test_the_tasks_do_it(source, instrument, held, told, monkeypatch):
    held(instrument("AAA"))
    one = source()
    told.quotes = {"first": {"AAA": 10}}
    sent = []
    monkeypatch.setattr(refresh_source, "apply_async", lambda args, **_: sent.append(args))
    refresh_sources()
    assert [row[0] for row in sent] == [one.pk]
    refresh_source(*sent[0])
    assert prices() == {"AAA": ("10", "first")}
    assert MoveBatch.objects.count() == 1


def test_settings_bring_sources_once_and_staff_keep_theirs(told, settings, monkeypatch):
    from market.providers import kinds

    for kind in ("finnhub", "alphavantage", "ecb", "tiingo"):
        monkeypatch.setitem(kinds.ADAPTERS, kind, type(kind, (Hand,), {"kind": kind, "per_minute": 60}))
    settings.FINNHUB_API_KEY, settings.ALPHA_VANTAGE_API_KEY, settings.IEX_API_KEY = "k", "", "old"
    assert feeds.add_configured() == 3
    PriceSource.objects.filter(name="finnhub").update(priority=7)
    assert feeds.add_configured() == 0
    rows = {row.name: row for row in PriceSource.objects.all()}
    assert set(rows) == {"finnhub", "ecb", "iex"}
    assert (rows["finnhub"].key_setting, rows["finnhub"].per_minute, rows["finnhub"].key) == (
        "FINNHUB_API_KEY", 60, None,
    )  # fmt: skip
    assert (rows["iex"].kind, rows["iex"].enabled) == ("tiingo", False)
    assert rows["iex"].note.startswith("IEX_API_KEY is set. IEX Cloud closed in August 2024.")

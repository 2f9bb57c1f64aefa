"""Budgets and claims that several workers share."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from market.domain.budget import Limits, Spent, left, spend
from market.errors import ProviderLimited
from market.models import MoveBatch, PriceSource, SourceBudget
from market.selectors import feeds as reading
from market.services import feeds
from market.services.feeds import budget, health
from market.services.feeds.write import SourceData, save_source
from tests.market.builders import STAFF, bar
from tests.market.feeds.sources import NOON, prices, run
from tests.support.parallel import at_once

LIMITS = Limits(minute=2, hour=3, day=4)


def after(**passed: int) -> timedelta:
    return timedelta(**passed)


def test_a_minute_slides_and_hour_and_day_are_the_clocks():
    spent, waits = Spent(), []
    for passed in (0, 10, 20, 59, 60, 70, 3600, 3660, 8 * 3600):
        verdict = spend(spent, LIMITS, 1, NOON + after(seconds=passed))
        spent = verdict.spent
        waits.append(verdict.wait)
    # 16:00: two a minute, three an hour, four a day; the day ends at midnight
    assert waits == [0, 0, 41, 2, 0, 3531, 0, 7 * 3600 - 60 + 1, 0]
    assert left(spent, LIMITS, NOON + after(hours=8)) == 1


def test_several_at_once_are_all_or_none():
    verdict = spend(Spent(), Limits(minute=3), 2, NOON)
    assert (verdict.wait, left(verdict.spent, Limits(minute=3), NOON)) == (0, 1)
    assert spend(verdict.spent, Limits(minute=3), 2, NOON + after(seconds=5)).wait == 56
    assert left(verdict.spent, Limits(), NOON) is None


def test_what_costs_more_than_a_minute_has_the_whole_of_one():
    limits = Limits(minute=8, day=100)
    verdict = spend(Spent(), limits, 20, NOON)
    assert (verdict.wait, left(verdict.spent, limits, NOON)) == (0, 0)
    one = spend(Spent(), limits, 1, NOON)
    assert [spend(one.spent, limits, 20, NOON + after(seconds=at)).wait for at in (10, 60)] == [51, 0]


def test_what_is_besides_gets_half_of_what_quotes_leave():
    limits, spent, waits = Limits(minute=10, day=14), Spent(), []
    for is_besides, count in ((False, 4), (True, 2), (True, 2), (True, 1), (False, 4), (False, 1)):
        verdict = spend(spent, limits, count, NOON, is_besides=is_besides)
        spent = verdict.spent
        waits.append(verdict.wait)
    # 4 for quotes leave 6: of these 3 are for other things, and quotes have the rest
    assert waits == [0, 0, 61, 0, 61, 0]
    later = NOON + after(seconds=60)
    # of the day's 14, 5 were for quotes and 3 besides; that leaves one besides, not two
    assert [spend(spent, limits, n, later, is_besides=True).wait for n in (1, 2)] == [0, 8 * 3600 - 59]


@pytest.mark.django_db
def test_a_night_of_mending_leaves_quotes_their_share(source, told, instrument, held):
    rows = [instrument(f"S{number}") for number in range(8)]
    held(*rows)
    bars = [bar(row, "2025-06-30", "10") for row in rows]
    one = source(per_day=6)
    told.quotes["first"] = {"S0": 5}
    feeds.mend_history(seconds=60)
    assert [names[0] for _name, names in told.asked] == ["S0", "S1", "S2"]
    one.refresh_from_db()
    assert (one.limited_until, len(bars), reading.left_of(one, NOON)) == (None, 8, 3)
    run()
    assert prices() == {"S0": ("5", "first")}


@pytest.mark.django_db(transaction=True)
def test_no_two_take_the_last_request(clock):
    def work() -> str:
        try:
            budget.spend(key="k", limits=Limits(minute=5), requests=1)
        except ProviderLimited as error:
            return f"wait {error.retry_after}"
        return "spent"

    found = [one for _round in range(3) for one in at_once(work, work, work)]
    assert Counter(found) == {"spent": 5, "wait 61": 4}
    assert len(SourceBudget.objects.get().recent) == 5


@pytest.mark.django_db
def test_sources_with_one_key_share_its_budget(source):
    def saved(name: str, key: str) -> str:
        data = SourceData(name=name, kind="keyed", key=key)
        return reading.budget_key(save_source(actor=STAFF, source_id=None, data=data))

    keys = [saved("one", "k-1"), saved("two", "k-1"), saved("three", "k-2"), reading.budget_key(source())]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert "k-1" not in keys[0]


@pytest.mark.django_db
def test_the_plan_takes_no_more_than_is_left(source, instrument, held, told):
    rows = [instrument(f"S{number}") for number in range(9)]
    held(*rows)
    one = source(per_minute=3)
    told.quotes = {"first": {row.symbol: 10 for row in rows}}
    assert [len(ids) for _source, ids in run()] == [6]
    assert reading.left_of(one, NOON) == 0
    assert run() == []
    one.refresh_from_db()
    assert (one.failures, one.limited_until) == (0, None)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_ask_one_source_at_once(source, instrument, held, told):
    stock = instrument("AAA")
    held(stock)
    one = source()
    told.quotes = {"first": {"AAA": 10}}

    def work() -> bool:
        return feeds.refresh(source_id=one.pk, instrument_ids=[stock.pk]) is not None

    at_once(work, work, work)
    # whoever comes after the first either finds it claimed, or nothing to ask any more
    assert told.asked == [("first", ["AAA"])]
    assert MoveBatch.objects.count() == 1


@pytest.mark.django_db
def test_a_worker_that_dies_leaves_its_claim_a_minute_and_its_work_to_the_next(
    source, instrument, told, clock, monkeypatch
):
    rows = [instrument(name) for name in ("AAA", "BBB", "CCC", "DDD")]
    monkeypatch.setattr(reading, "wanted_ids", lambda: [row.pk for row in rows])
    one = source()

    def killed():
        if len(told.asked) > 1:
            raise SystemExit
        return {"AAA": 1, "BBB": 2}

    told.quotes = {"first": killed}
    with monkeypatch.context() as patched:
        patched.setattr(health, "release", str)  # a killed process gives nothing back
        with pytest.raises(SystemExit):
            run()
    assert prices() == {"AAA": ("1", "first"), "BBB": ("2", "first")}
    told.quotes = {"first": {"AAA": 1, "BBB": 2, "CCC": 3, "DDD": 4}}
    clock.shift(59)
    assert run() == []
    clock.shift(1)
    run()
    assert set(prices()) == {"AAA", "BBB", "CCC", "DDD"}
    one.refresh_from_db()
    assert one.claimed_until is None


@pytest.mark.django_db
def test_a_claim_that_ran_out_takes_nothing_from_the_next(source, clock):
    one = source()
    first = health.claim(one.pk)
    assert health.claim(one.pk) is None
    clock.shift(health.LEASE)
    second = health.claim(one.pk)
    health.release(first)
    assert PriceSource.objects.get().claimed_until == second.until
    health.release(second)
    assert PriceSource.objects.get().claimed_until is None

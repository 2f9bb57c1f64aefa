"""What the dashboard and Prometheus tell of sources."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.models import LIVE_WORLD
from market.models import HistoryCheck, SourceBudget
from market.selectors.source_panels import SourceCollector, panel
from market.services.quotes import record_quotes
from tests.market.feeds.sources import NOON, made

pytestmark = pytest.mark.django_db


def test_the_dashboard_tells_how_each_source_fares(source, instrument):
    source("good", last_ok_at=NOON, per_minute=5, budget="b")
    source("bad", failures=3, open_until=NOON + timedelta(minutes=1), last_error="It answers 500.")
    source("weak", failures=1, last_error="It answers 502.")
    source("off", enabled=False)
    source("new")
    SourceBudget.objects.create(id="b", recent=[NOON, NOON])
    HistoryCheck.objects.create(
        instrument=instrument("AAA"), checked_at=NOON, missing=3, jumps=["2025-05-30 – 2025-06-02: 4:1"]
    )
    rows = [(row.label, row.value, row.state) for row in panel().rows]
    assert rows == [
        ("good", "last answer 2025-07-02 16:00 UTC · 3 requests left", "good"),
        ("bad", "left alone: It answers 500.", "bad"),
        ("weak", "It answers 502.", "warn"),
        ("off", "switched off", "good"),
        ("new", "not asked yet", "good"),
        ("Instruments with days that no source has a price of", "1", "warn"),
        ("Instruments whose prices jump as by a split that nobody recorded", "1", "warn"),
    ]


def test_prometheus_is_told_of_all_sources_by_any_process(source, instrument, django_assert_max_num_queries):
    source("good", per_day=5, budget="b")
    source("bad", failures=3, open_until=NOON + timedelta(minutes=1))
    SourceBudget.objects.create(id="b", day=NOON.date(), day_used=2)
    at = NOON - timedelta(seconds=90)
    record_quotes(world_id=LIVE_WORLD, batch=[made(instrument("AAA"), 10, at, "good")])
    with django_assert_max_num_queries(3):
        found = {
            (family.name.removeprefix("florin_source_"), one.labels["source"]): one.value
            for family in SourceCollector().collect()
            for one in family.samples
        }
    assert found == {
        ("up", "good"): 1, ("up", "bad"): 0,
        ("failures_in_a_row", "good"): 0, ("failures_in_a_row", "bad"): 3,
        ("requests_left", "good"): 3,
        ("quote_age_seconds", "good"): 90,
    }  # fmt: skip

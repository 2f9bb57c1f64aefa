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
    source("good", last_ok_at=NOON)
    source("bad", failures=3, open_until=NOON + timedelta(minutes=1), last_error="It answers 500.")
    source("weak", failures=1, last_error="It answers 502.")
    source("off", enabled=False, note="IEX Cloud closed.")
    source("new")
    HistoryCheck.objects.create(
        instrument=instrument("AAA"), checked_at=NOON, missing=3, jumps=["2025-05-30 – 2025-06-02: 4:1"]
    )
    rows = [(row.label, row.value, row.state) for row in panel().rows]
    assert rows == [
        ("good", "2025-07-02 16:00 UTC", "good"),
        ("bad", "left alone", "bad"),
        ("It answers 500.", "", "good"),
        ("weak", "no answer yet", "warn"),
        ("It answers 502.", "", "good"),
        ("off", "switched off", "good"),
        ("IEX Cloud closed.", "", "good"),
        ("new", "no answer yet", "good"),
        ("Instruments with days without a price", "1", "warn"),
        ("Jumps as by a split nobody recorded", "1", "warn"),
    ]


def test_readiness_names_the_sources_that_are_left_alone(source, client):
    assert client.get("/health/ready").json()["checks"]["sources"]["detail"] == "0 of 0 are asked"
    source("good")
    source("bad", open_until=NOON + timedelta(minutes=1))
    source("off", enabled=False, open_until=NOON + timedelta(minutes=1))
    assert client.get("/health/ready").json()["checks"]["sources"] == {
        "healthy": True,
        "detail": "1 of 2 are asked; left alone: bad",
    }


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

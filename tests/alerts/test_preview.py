"""On which days of the last year an alert would have fired."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from alerts.domain.rules import Kind
from alerts.models import Clause
from alerts.selectors import preview as preview_module
from alerts.selectors.preview import preview
from core.models import LIVE_WORLD
from market.models import CorporateAction, DailyBar
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


def day(back: int) -> date:
    return TODAY - timedelta(days=back)


@pytest.fixture
def bars(share, traveller):
    """Give the share closes of the last days up to yesterday, with ranges: ``bars("9", "10 8 12")``."""

    def make(*rows: str) -> None:
        for back, row in zip(range(len(rows), 0, -1), rows, strict=True):
            close, *ends = map(Decimal, row.split())
            low, high = ends or (None, None)
            DailyBar.objects.create(
                instrument=share, date=day(back), close=close, low=low, high=high, source="t"
            )

    return make


def days(share, kind: str, joined: str = "any", **values):
    found = preview(LIVE_WORLD, joined, [Clause(kind=kind, instrument=share, **values)])
    return [((TODAY - one.day).days, one.price, one.within) for one in found.days]


def test_state_fires_on_the_day_that_brings_it_and_again_after_it_was_gone(share, bars):
    bars("9", "10", "11", "9", "9", "10")
    assert days(share, "above", level=Decimal(10)) == [(5, 10, False), (1, 10, False)]


def test_what_only_the_range_of_the_day_did_is_marked(share, bars):
    bars("9", "9 8 11", "9", "11 9 12")
    assert days(share, "crosses_up", level=Decimal(10)) == [(3, 9, True), (1, 11, False)]


def test_prices_and_splits_are_told_in_units_of_today(share, bars):
    bars("100", "120", "31", "29")
    CorporateAction.objects.create(
        instrument=share, kind="split", ex_date=day(2), numerator=4, denominator=1, source="t"
    )
    assert days(share, "crosses_up", level=Decimal(28)) == [(3, 30, False)]


def test_days_before_count_for_averages_and_extremes(share, bars):
    bars("10", "12", "11", "13", "9", "14")
    # over the highest of the three days before: 13 over 12, and 14 over 13
    assert days(share, "high_of_days", days=3) == [(5, 12, False), (3, 13, False), (1, 14, False)]
    # the means of two days before: 11, 11.5, 12, 11
    crossed = days(share, "average_crossed", days=2, direction="down")
    assert crossed == [(4, 11, False), (2, 9, False)]


def test_change_since_the_close_before(share, bars):
    bars("100", "104", "109.2", "109.1 103 110")
    found = days(share, "change_percent_close", percent=Decimal(5), direction="either")
    assert found == [(2, Decimal("109.2"), False), (1, Decimal("109.1"), True)]


def test_all_of_is_so_at_the_close(share, other, bars):
    bars("9", "10", "11")
    for back, close in ((3, 5), (2, 5), (1, 4)):
        DailyBar.objects.create(instrument=other, date=day(back), close=close, source="t")
    clauses = [
        Clause(kind="above", instrument=share, level=Decimal(10)),
        Clause(kind="below", instrument=other, level=Decimal(4)),
    ]
    found = preview(LIVE_WORLD, "all", clauses)
    assert [(one.day, one.instrument) for one in found.days] == [(day(1), share)]


def test_what_days_cannot_tell_is_left_out_and_said(share, bars):
    bars("9", "11")
    clauses = [
        Clause(kind="above", instrument=share, level=Decimal(10)),
        Clause(kind="change_percent_minutes", instrument=share, percent=Decimal(5), minutes=10),
    ]
    found = preview(LIVE_WORLD, "any", clauses)
    assert ([one.day for one in found.days], found.left_out) == ([day(1)], [Kind.PERCENT_MINUTES])
    assert preview(LIVE_WORLD, "all", clauses).days == []


def test_clauses_that_ask_the_same_work_it_out_once(share, bars, monkeypatch):
    bars(*["10 8 12", "13", "9"] * 4)
    asked: list[int] = []
    real = preview_module.said

    def counted(asks, rows, day, since):
        asked.append(len(rows))
        return real(asks, rows, day, since)

    monkeypatch.setattr(preview_module, "said", counted)
    clauses = [Clause(kind="high_of_days", instrument=share, days=3) for _ in range(8)]
    found = preview(LIVE_WORLD, "any", clauses)
    # eight times as it is armed, and then once a day, of no more bars than are needed
    assert (len(asked), max(asked), len(found.days)) == (8 + 12, 3 + 1 + 2, 1)


def test_previews_are_counted(reader, share, settings):
    settings.THROTTLES = {**settings.THROTTLES, "alert-previews": "1/hour"}
    clause = {"kind": "high_of_days", "instrument": str(share.uuid), "days": 3}
    sent = [
        reader.post(
            "/api/v1/alerts/preview", {"joined": "any", "clauses": [clause]}, content_type="application/json"
        )
        for _ in range(2)
    ]
    assert [one.status_code for one in sent] == [200, 429]

"""Rules are looked at where something about them changes, and fire as if every batch had been."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.domain.clauses import Asked, Daily
from alerts.domain.rules import Kind
from alerts.models import Alert, Clause, Level, Notification, RecentMinute, Trigger
from alerts.selectors.history import Wanted, daily
from alerts.services.alerts import pause_alert, resume_alert
from alerts.services.evaluation import evaluate
from alerts.services.renewing import forget_minutes, renew_rules
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
from core.models import LIVE_WORLD
from market.models import CorporateAction, DailyBar, HeldQuote, Instrument
from market.services.quotes import apply_due_splits
from market.services.revisions import prices_changed
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import create_portfolio
from portfolios.services.transactions import add_transactions
from tests.alerts.ground import Crash, Stops, clause
from tests.market.quotes.told import NOON
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db


def fired(alert: Alert) -> list[tuple[int, Decimal | None, Decimal | None]]:
    evaluate(world_id=LIVE_WORLD)
    rows = Trigger.objects.filter(alert=alert).order_by("number")
    return list(rows.values_list("seq", "previous", "price"))


def test_all_of_fires_in_the_batch_that_makes_the_last_one_so(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "50", 2)
    alert = ruled("all", clause("above", share, level="10"), clause("below", other, level="40"))
    tell(share, "11", 3)
    tell(other, "39", 4)
    assert fired(alert) == [(4, Decimal(50), Decimal(39))]
    assert (Level.objects.count(), Notification.objects.count()) == (0, 1)


def test_all_of_does_not_fire_for_what_was_so_one_after_the_other(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "50", 2)
    alert = ruled("all", clause("above", share, level="10"), clause("below", other, level="40"))
    tell(share, "11", 3)
    tell(share, "9", 4)
    tell(other, "39", 5)
    assert fired(alert) == []
    tell(share, "10", 6)
    assert fired(alert) == [(6, Decimal(9), Decimal(10))]


def test_any_of_fires_once_and_is_done(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "50", 2)
    alert = ruled("any", clause("above", share, level="10"), clause("below", other, level="40"))
    tell(other, "39", 3)
    tell(share, "11", 4)
    assert fired(alert) == [(3, Decimal(50), Decimal(39))]


def test_all_that_is_so_already_fires_with_the_next_move_of_any(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "50", 2)
    alert = ruled("all", clause("above", share, level="5"), clause("above", other, level="5"))
    tell(share, "9.5", 3)
    assert fired(alert) == [(3, Decimal(9), Decimal("9.5"))]


def test_low_of_the_minute_in_which_it_was_armed_counts(ruled, share, tell, spike):
    tell(share, "100", 1)
    alert = ruled("any", clause("change_percent_minutes", share, percent="5", minutes=10, direction="up"))
    spike(share, "97")
    spike(share, "101.84")
    assert fired(alert) == []
    spike(share, "101.85")
    assert fired(alert) == [(4, Decimal("101.84"), Decimal("101.85"))]


def test_trailing_follows_the_high_and_tells_what_it_saw(ruled, share, tell):
    tell(share, "100", 1)
    alert = ruled("any", clause("trailing", share, percent="10", direction="down"))
    for minutes, price in ((2, "110"), (3, "120"), (4, "108.01"), (5, "108")):
        tell(share, price, minutes)
    assert fired(alert) == [(5, Decimal("108.01"), Decimal(108))]
    [fact] = Trigger.objects.get().facts
    saw = {"number": 0, "kind": "trailing", "so": True, "last": True, "price": "108.000000000000000000"}
    asked = {"direction": "down", "percent": "10", "symbol": "SHR", "currency": "EUR", "unit": "1"}
    assert fact == {**saw, **asked, "instrument": str(share.uuid)}


@pytest.mark.parametrize(("minutes", "expected"), [(11, [3]), (12, [])])
def test_change_within_minutes_forgets_what_is_older(ruled, share, tell, minutes, expected):
    tell(share, "100", 0)
    alert = ruled("any", clause("change_percent_minutes", share, percent="5", minutes=10, direction="up"))
    tell(share, "103", 1)
    tell(share, "105", minutes)
    assert [row[0] for row in fired(alert)] == expected


def bars(share, *closes: str, until: int = 1) -> None:
    """Give it closes of the days up to so many days before the day of the tests."""
    day = NOON.date() - timedelta(days=until - 1 + len(closes))
    for place, close in enumerate(closes):
        DailyBar.objects.create(
            instrument=share, date=day + timedelta(days=place), close=Decimal(close), source="t"
        )


def test_spike_of_both_in_one_batch_is_no_moment_of_both(ruled, share, other, tell, spike):
    tell(share, "9", 1)
    tell(other, "50", 2)
    alert = ruled("all", clause("above", share, level="10"), clause("below", other, level="40"))
    spike(share, "11", "9")
    tell(other, "39", 4)
    assert fired(alert) == []


def test_repeating_rule_waits_until_it_was_no_longer_so(ruled, share, tell):
    tell(share, "9", 1)
    above = clause("above", share, level="10")
    returns = ruled("all", above, clause("below", share, level="20"), repeats=True, cooldown_minutes=1)
    holds = ruled("any", above, repeats=True, cooldown_minutes=2, rearm="holds")
    for minutes, price in ((2, "11"), (4, "12"), (5, "9"), (6, "10")):
        tell(share, price, minutes)
    assert [row[0] for row in fired(returns)] == [2, 5]
    assert [row[0] for row in fired(holds)] == [2, 3, 5]


def test_paused_rule_misses_what_happens_and_compares_with_then(ruled, share, tell, ida):
    tell(share, "100", 1)
    alert = ruled("any", clause("trailing", share, percent="10", direction="down"))
    pause_alert(actor=Actor.user(ida), user=ida, uuid=alert.uuid)
    tell(share, "200", 2)
    tell(share, "150", 3)
    resume_alert(actor=Actor.user(ida), user=ida, uuid=alert.uuid)
    tell(share, "136", 4)
    assert fired(alert) == []
    tell(share, "135", 5)
    assert [row[0] for row in fired(alert)] == [5]


def test_price_that_is_held_back_is_no_price(ruled, share, tell):
    tell(share, "9", 1)
    alert = ruled("any", clause("above", share, level="10"), clause("high_of_days", share, days=5))
    tell(share, "900", 2)
    assert HeldQuote.objects.count() == 1
    assert fired(alert) == []


def test_first_price_after_a_night_counts_from_the_last_one_before(ruled, share, tell):
    tell(share, "9", 1)
    alert = ruled("any", clause("crosses_up", share, level="10"))
    tell(share, "12", 60 * 18)
    assert fired(alert) == [(2, Decimal(9), Decimal(12))]


def test_split_converts_what_clauses_say_and_remember(ruled, share, tell, traveller):
    tell(share, "400", 1)
    alert = ruled(
        "any",
        clause("inside", share, level="100", upper="200"),
        clause("trailing", share, percent="50", direction="down"),
        clause("change_amount_minutes", share, level="40", minutes=1440, direction="up"),
    )
    CorporateAction.objects.create(
        instrument=share, kind="split", ex_date=NOON.date() + timedelta(days=1), numerator=4,
        denominator=1, source="t",
    )  # fmt: skip
    traveller.move_to(NOON + timedelta(hours=13))
    apply_due_splits(world_id=LIVE_WORLD)
    values = list(Clause.objects.values_list("level", "upper"))
    assert values == [(Decimal(25), Decimal(50)), (None, None), (Decimal(10), None)]
    tell(share, "101", 13 * 60)
    tell(share, "109.9", 13 * 60 + 1)
    assert fired(alert) == []
    tell(share, "110", 13 * 60 + 2)
    assert fired(alert) == [(4, Decimal("109.9"), Decimal(110))]


def test_crash_between_any_two_statements_changes_nothing(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "9", 2)
    window = clause("change_percent_minutes", other, percent="20", minutes=5, direction="either")
    alert = ruled("any", clause("above", share, level="10"), window, repeats=True)
    tell(other, "10", 3)
    tell(share, "11", 4)
    crashes = 0
    while True:
        try:
            with Stops(after=crashes):
                evaluate(world_id=LIVE_WORLD)
        except Crash:
            assert not Trigger.objects.exists()
            crashes += 1
            continue
        break
    assert crashes > 20
    assert [row[0] for row in fired(alert)] == [4]
    assert (Notification.objects.count(), RecentMinute.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_workers_fire_each_rule_once(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "9", 1)
    rules = [ruled("all", clause("above", share, level="10"), clause("above", other, level="10"))] * 1
    rules += [ruled("any", clause("trailing", share, percent="20", direction="up")) for _ in range(5)]
    for minutes, price in ((2, "11"), (3, "12")):
        tell(share, price, minutes)
        tell(other, price, minutes)
    at_once(*[lambda: evaluate(world_id=LIVE_WORLD)] * 4)
    assert [len(fired(one)) for one in rules] == [1] * 6
    assert Notification.objects.count() == 6


def test_minutes_are_kept_only_for_who_looks_back_and_for_a_day(ruled, share, other, tell, traveller):
    tell(share, "9", 1)
    tell(other, "9", 1)
    ruled("any", clause("change_percent_minutes", share, percent="50", minutes=5, direction="up"))
    for price in ("8", "9", "10"):
        tell(share, price, 2)
        tell(other, price, 2)
    evaluate(world_id=LIVE_WORLD)
    rows = RecentMinute.objects.values_list("instrument", "at", "low", "high")
    assert list(rows) == [(share.pk, NOON + timedelta(minutes=2), Decimal(8), Decimal(10))]
    traveller.move_to(NOON + timedelta(hours=25, minutes=2))
    assert forget_minutes() == 0
    traveller.move_to(NOON + timedelta(hours=25, minutes=3))
    assert forget_minutes() == 1


def test_unusual_volume_of_a_day_that_is_over(ruled, share, tell):
    for back, volume in ((4, 100), (3, 200), (2, 300)):
        day = NOON.date() - timedelta(days=back)
        DailyBar.objects.create(instrument=share, date=day, close=9, volume=volume, source="t")
    tell(share, "9", 1)
    alert = ruled("any", clause("volume_unusual", share, days=3, percent="200"))
    DailyBar.objects.create(
        instrument=share, date=NOON.date() - timedelta(days=1), close=9, volume=399, source="t"
    )
    prices_changed(LIVE_WORLD, [share.pk])
    assert renew_rules(instruments=[share.pk]) == 1
    tell(share, "10", 2)
    assert fired(alert) == []
    DailyBar.objects.create(instrument=share, date=NOON.date(), close=9, volume=600, source="t")
    tell(share, "9", 24 * 60)
    assert [row[0] for row in fired(alert)] == [2]


def test_corrected_close_counts_from_the_next_move_on(ruled, share, tell):
    bars(share, "100")
    tell(share, "100", 1)
    alert = ruled("any", clause("change_percent_close", share, percent="10", direction="up"))
    assert renew_rules() == 0
    DailyBar.objects.update(close=90)
    prices_changed(LIVE_WORLD, [share.pk])
    assert (renew_rules(instruments=[share.pk + 1]), renew_rules(), renew_rules()) == (0, 1, 0)
    tell(share, "99", 2)
    assert fired(alert) == [(1, Decimal(100), Decimal(99))]


def buy(user: Any, portfolio: Portfolio, instrument: Instrument, price: str) -> None:
    row = TransactionInput(
        kind=EntryKind.BUY, time=NOON - timedelta(days=1), quantity=Decimal(10), price=Decimal(price),
        currency="EUR", instrument=instrument,
    )  # fmt: skip
    add_transactions(actor=Actor.user(user), portfolio_id=portfolio.pk, inputs=[row])


def test_change_since_the_purchase_follows_the_position(ruled, share, tell, ida):
    portfolio = create_portfolio(
        actor=Actor.user(ida), owner_id=ida.pk, name="Savings", currency="EUR", time_zone="UTC"
    )
    buy(ida, portfolio, share, "100")
    tell(share, "100", 1)
    alert = ruled(
        "any",
        clause("change_percent_purchase", share, portfolio=portfolio.pk, percent="10", direction="up"),
    )
    tell(share, "98", 2)
    assert fired(alert) == []
    buy(ida, portfolio, share, "80")
    assert renew_rules(portfolio=str(portfolio.pk)) == 1
    # bought at 90 on average: at 99 it is a tenth over
    tell(share, "98.9", 3)
    assert fired(alert) == []
    tell(share, "99", 4)
    assert [row[0] for row in fired(alert)] == [4]


def test_rule_is_about_what_its_owner_may_see(ruled, share, django_user_model):
    bob = django_user_model.objects.create_user("bob@example.org", "x")
    hidden = Instrument.objects.create(symbol="HID", name="Hidden", currency="EUR", owner=bob)
    his = create_portfolio(actor=Actor.user(bob), owner_id=bob.pk, name="His", currency="EUR")
    with pytest.raises(NotFound):
        ruled("any", clause("above", hidden, level="10"))
    with pytest.raises(NotFound):
        ruled("any", clause("weight_above", share, portfolio=his.pk, percent="10"))


@pytest.mark.parametrize(
    ("joined", "clauses", "field"),
    [
        ("one", [{"kind": "above", "level": "10"}], "joined"),
        ("any", [], "clauses"),
        ("any", [{"kind": "above", "level": "10"}] * 9, "clauses"),
        ("any", [{"kind": "above", "level": "10"}, {"kind": "below"}], "clauses.1.level"),
        ("any", [{"kind": "portfolio_above", "level": "10"}], "clauses.0.instrument"),
        ("any", [{"kind": "weight_above", "percent": "10"}], "clauses.0.portfolio"),
    ],
)
def test_faults_name_their_field(ruled, share, joined, clauses, field):
    with pytest.raises(ValidationFailed) as refused:
        ruled(joined, *[clause(instrument=share, **one) for one in clauses])
    assert [one.field for one in refused.value.errors] == [field]


def test_change_since_the_close_takes_the_next_days_close(ruled, share, tell):
    bars(share, "90", "100")
    tell(share, "101", 1)
    alert = ruled("any", clause("change_percent_close", share, percent="5", direction="down"))
    tell(share, "96", 2)
    assert fired(alert) == []
    # of the next day: 96 is the close, so that it takes 91.2
    tell(share, "93", 24 * 60)
    assert fired(alert) == []
    tell(share, "91.2", 24 * 60 + 1)
    assert [row[0] for row in fired(alert)] == [4]


def test_window_that_holds_is_not_written_again_by_every_move(ruled, share, other, tell, spike):
    """A rule whose window holds has levels where that ends, and is looked at once a minute at most."""
    tell(share, "100", 1)
    tell(other, "1", 2)
    up = clause("change_percent_minutes", share, percent="5", minutes=30, direction="up")
    alert = ruled("all", up, up, clause("above", other, level="10"))
    tell(share, "106", 4)
    spike(share, "107")
    evaluate(world_id=LIVE_WORLD)
    before = [sorted(rows.values_list()) for rows in (alert.clauses.all(), Level.objects.all())]
    spike(share, "110", "106")
    spike(share, "108")
    spike(share, "120")
    with CaptureQueriesContext(connection) as done:
        evaluate(world_id=LIVE_WORLD)
    assert [sorted(rows.values_list()) for rows in (alert.clauses.all(), Level.objects.all())] == before
    assert [one["sql"] for one in done if one["sql"].startswith('UPDATE "alerts_clause"')] == []
    tell(other, "11", 6)
    assert len(fired(alert)) == 1


@pytest.mark.parametrize("far", [False, True])
def test_window_ends_by_where_the_price_went_since_it_was_looked_at(ruled, share, other, tell, far):
    """Without the minutes of 100 it counts how far the price is over 106, which was the lowest since."""
    tell(share, "100", 1)
    tell(other, "1", 2)
    up = clause("change_percent_minutes", share, percent="5", minutes=10, direction="up")
    alert = ruled("all", up, clause("above", other, level="10"))
    tell(share, "106", 3)
    evaluate(world_id=LIVE_WORLD)
    tell(share, "110", 4)
    tell(share, "120" if far else "111", 4)
    evaluate(world_id=LIVE_WORLD)
    tell(other, "11", 14)
    assert len(fired(alert)) == (1 if far else 0)


def test_position_of_many_clauses_is_worked_out_once(share, ida, django_assert_max_num_queries):
    """Clauses of ten rules about one position ask for its cost together."""
    made = create_portfolio(
        actor=Actor.user(ida), owner_id=ida.pk, name="Savings", currency="EUR", time_zone="UTC"
    )
    kind = Kind.PERCENT_PURCHASE
    alert = Alert(owner=ida)
    rows = [Clause(pk=key, alert=alert, instrument=share, portfolio=made, kind=kind) for key in range(1, 81)]
    with django_assert_max_num_queries(15):
        found = daily(LIVE_WORLD, [Wanted(one, Asked(kind), NOON) for one in rows])
    assert found == {key: Daily(None) for key in range(1, 81)}

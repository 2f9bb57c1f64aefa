"""What its person does with an alert, and what time does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from alerts.domain.conditions import Condition
from alerts.domain.rules import Kind
from alerts.errors import TooManyAlerts
from alerts.models import Alert, Clause, Level, Notification, Trigger
from alerts.selectors.words import told as said
from alerts.services import rules
from alerts.services.alerts import delete_alert, pause_alert, resume_alert
from alerts.services.changing import AlertChanges, change_alert, make_alert
from alerts.services.evaluation import end_overdue, evaluate
from alerts.services.expiry import tell_what_runs_out_soon
from alerts.services.life import duplicate_alert, snooze_alert
from alerts.services.rules import ClauseData, RuleData
from core import clock
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
from core.models import LIVE_WORLD
from market.models import Instrument
from tests.market.quotes.told import NOON
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db
LIST = "/api/v1/alerts"


def after(minutes: int):
    return NOON + timedelta(minutes=minutes)


def fired(alert: Alert) -> list[tuple[int, Decimal]]:
    return list(Trigger.objects.filter(alert=alert).order_by("number").values_list("number", "price"))


def state(alert: Alert) -> str:
    alert.refresh_from_db()
    return alert.state


@pytest.fixture
def hers(ida):
    """Name an alert of Ida's to a service."""
    return lambda alert: {"actor": Actor.user(ida), "user": ida, "uuid": alert.uuid}


def test_snoozed_alert_misses_what_happens_and_sees_the_first_batch_after(armed, share, tell, hers):
    tell(share, "9", 1)
    alert = armed(share, "crosses_up", "10")
    snooze_alert(**hers(alert), until=after(10))
    for minutes, price in ((2, "11"), (9, "9"), (10, "12")):
        tell(share, price, minutes)
    assert (state(alert), Level.objects.count()) == ("resting", 0)
    evaluate(world_id=LIVE_WORLD)
    assert (fired(alert), state(alert)) == ([(1, Decimal(12))], "fired")


def test_snoozed_alert_that_rests_longer_rests_longer(armed, share, tell, hers):
    tell(share, "9", 1)
    alert = armed(share, "above", "10", repeats=True, cooldown_minutes=30)
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    assert snooze_alert(**hers(alert), until=after(10)).rearm_at == after(32)
    assert snooze_alert(**hers(alert), until=after(60)).rearm_at == after(60)
    assert resume_alert(**hers(alert)).state == "armed"
    assert Level.objects.get().side == "U"


@pytest.mark.parametrize("minutes", [0, -1, 60 * 24 * 367])
def test_snooze_ends_in_a_time_to_come(armed, share, hers, minutes):
    with pytest.raises(ValidationFailed):
        snooze_alert(**hers(armed(share, "above", "10")), until=after(minutes))


def test_copy_waits_for_the_same_and_is_on_its_own(armed, share, tell, hers):
    tell(share, "9", 1)
    first = armed(share, "above", "10", note="sell", repeats=True, cooldown_minutes=60, expires_at=after(99))
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    copy = duplicate_alert(**hers(first))
    assert (copy.note, copy.level, copy.expires_at, copy.fired) == ("sell", Decimal(10), after(99), 0)
    tell(share, "12", 3)
    evaluate(world_id=LIVE_WORLD)
    assert (fired(first), fired(copy)) == ([(1, Decimal(11))], [(1, Decimal(12))])


def test_copy_of_what_ran_out_lasts_as_long_again(armed, share, hers, traveller):
    first = armed(share, "above", "10", expires_at=after(5))
    traveller.move_to(after(60))
    assert duplicate_alert(**hers(first)).expires_at == after(65)


def test_changed_note_leaves_what_it_waits_for(armed, share, tell, hers):
    """It fired and has to see the price come back: words do not make it forget."""
    tell(share, "9", 1)
    alert = armed(share, "above", "10", repeats=True, cooldown_minutes=1)
    for minutes, price in ((2, "11"), (5, "12")):
        tell(share, price, minutes)
    evaluate(world_id=LIVE_WORLD)
    change_alert(**hers(alert), changes=AlertChanges(note=" hold ", repeats=False))
    tell(share, "13", 6)
    evaluate(world_id=LIVE_WORLD)
    assert (fired(alert), state(alert), alert.note) == ([(1, Decimal(11))], "armed", "hold")


def test_changed_level_begins_anew_with_the_next_move(armed, share, tell, hers):
    tell(share, "9", 1)
    alert = armed(share, "above", "10")
    tell(share, "11", 2)
    change_alert(**hers(alert), changes=AlertChanges(level=Decimal("10.5")))
    evaluate(world_id=LIVE_WORLD)
    assert fired(alert) == []
    tell(share, "12", 3)
    evaluate(world_id=LIVE_WORLD)
    assert fired(alert) == [(1, Decimal(12))]


def test_change_arms_what_was_done_and_not_what_is_paused(armed, share, tell, hers):
    tell(share, "9", 1)
    done, paused = armed(share, "above", "10"), armed(share, "above", "20")
    pause_alert(**hers(paused))
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    assert change_alert(**hers(done), changes=AlertChanges(note="again")).state == "armed"
    assert change_alert(**hers(paused), changes=AlertChanges(level=Decimal(30))).state == "paused"
    assert list(Level.objects.values_list("alert", "level")) == [(done.pk, Decimal(10))]


def test_what_fired_stays_about_its_instrument(armed, share, tell, hers):
    other = Instrument.objects.create(symbol="OTH", name="Other", currency="EUR")
    tell(share, "9", 1)
    alert, fresh = armed(share, "above", "10"), armed(share, "above", "90")
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    moved = AlertChanges(instrument=other.uuid, level=Decimal(5))
    with pytest.raises(ValidationFailed):
        change_alert(**hers(alert), changes=moved)
    change_alert(**hers(fresh), changes=moved)
    assert list(Level.objects.values_list("instrument", "level")) == [(other.pk, Decimal(5))]


def test_who_waits_is_told_that_an_alert_ran_out(armed, share, tell, ida):
    tell(share, "9", 1)
    armed(share, "above", "10", expires_at=after(5))
    tell(share, "9.5", 6)
    evaluate(world_id=LIVE_WORLD)
    [note] = Notification.objects.filter(user=ida)
    assert (note.kind, note.event) == ("alert", "ran_out")
    assert said(note) == "Your alert ran out: SHR is at or above 10.00\xa0EUR"


def test_alert_ends_where_no_price_comes_after_what_was_told_before(armed, share, tell, traveller):
    """A batch of before its end that nobody read yet fires it; then nothing more does."""
    tell(share, "9", 1)
    fires, ends = (armed(share, "above", level, expires_at=after(5)) for level in ("10", "99"))
    tell(share, "11", 4)
    traveller.move_to(after(10))
    assert end_overdue(world_id=LIVE_WORLD) == 1
    assert (state(fires), state(ends)) == ("fired", "expired")
    assert end_overdue(world_id=LIVE_WORLD) == 0


def test_who_waits_is_told_once_a_week_before(armed, share, tell, traveller):
    armed(share, "above", "10", expires_at=NOON + timedelta(days=30))
    armed(share, "above", "11", expires_at=NOON + timedelta(days=3))
    counts = []
    for day in (1, 22, 24, 25):
        traveller.move_to(NOON + timedelta(days=day))
        counts.append(tell_what_runs_out_soon())
    assert counts == [0, 0, 1, 0]
    assert said(Notification.objects.get()) == (
        "Your alert runs out within a week: SHR is at or above 10.00\xa0EUR"
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_snooze_and_evaluation_at_once_leave_one_of_both(armed, share, tell, hers):
    """Either it fired before it was told to wait, or it waits: never both, never a level left behind."""
    tell(share, "9", 1)
    alerts = [armed(share, "above", "10", repeats=True, cooldown_minutes=1) for _ in range(6)]
    tell(share, "11", 2)
    until = clock.now() + timedelta(hours=2)
    snoozes = [lambda one=one: snooze_alert(**hers(one), until=until) for one in alerts[:3]]
    at_once(*snoozes, lambda: evaluate(world_id=LIVE_WORLD))
    assert [state(one) for one in alerts] == ["resting"] * 6
    assert [one.rearm_at for one in alerts[:3]] == [until] * 3
    assert [len(fired(one)) for one in alerts[3:]] == [1] * 3
    assert not Level.objects.exists()


def test_api_changes_snoozes_and_copies(ida, traveller, share, armed):
    api = APIClient()
    api.force_authenticate(ida)
    one = f"{LIST}/{armed(share, 'above', '10', expires_at=after(60)).uuid}"
    changed = api.patch(one, {"level": "12.5", "rearm": "holds", "expires_at": None}, format="json").data
    assert (changed["level"], changed["rearm"], changed["expires_at"]) == ("12.5", "holds", None)
    assert api.patch(one, {"note": "x"}, format="json").data["level"] == "12.5"
    until = after(30).isoformat()
    assert api.post(f"{one}/snooze", {"until": until}, format="json").data["state"] == "resting"
    copy = api.post(f"{one}/duplicate")
    assert (copy.status_code, copy.data["state"], copy.data["level"]) == (201, "armed", "12.5")
    wrong = api.post(f"{one}/snooze", {"until": NOON.isoformat()}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "until")


def test_deleted_while_it_is_changed_is_not_found(armed, share, hers):
    alert = armed(share, "above", "10")
    delete_alert(**hers(alert))
    with pytest.raises(NotFound):
        change_alert(**hers(alert), changes=AlertChanges(note="x"))


def clause(kind: str, **fields) -> ClauseData:
    return ClauseData(Kind(kind), **fields)


@pytest.fixture
def made(ida, traveller):
    """Arm an alert of clauses: ``made("all", clause("above", ...))``."""
    return lambda joined, *clauses, **more: make_alert(
        actor=Actor.user(ida), user=ida, data=RuleData(joined, clauses, **more)
    )


def test_one_price_is_a_plain_alert_and_two_are_a_rule(made, share):
    above = clause("above", instrument=share.uuid, level=Decimal(10))
    plain, rule = (
        made("all", above),
        made("any", above, clause("below", instrument=share.uuid, level=Decimal(5))),
    )
    assert (plain.joined, plain.condition, plain.level, plain.clauses.count()) == ("one", "above", 10, 0)
    assert (rule.joined, rule.instrument, rule.clauses.count()) == ("any", None, 2)


def test_rule_is_changed_copied_and_made_one_price(made, share, tell, hers):
    tell(share, "9", 1)
    above = clause("above", instrument=share.uuid, level=Decimal(10))
    rule = made("all", above, clause("trailing", instrument=share.uuid, percent=Decimal(5), direction="down"))
    copy = duplicate_alert(**hers(rule))
    band = clause("inside", instrument=share.uuid, level=Decimal(20), upper=Decimal(30))
    change_alert(**hers(rule), changes=AlertChanges(clauses=[band]))
    single = change_alert(**hers(copy), changes=AlertChanges(clauses=[above]))
    assert (single.joined, single.level, single.clauses.count()) == ("one", Decimal(10), 0)
    tell(share, "25", 2)
    evaluate(world_id=LIVE_WORLD)
    assert [len(fired(one)) for one in (rule, copy)] == [1, 1]
    for alert, changes in ((rule, [above]), (copy, [band])):
        with pytest.raises(ValidationFailed):
            change_alert(**hers(alert), changes=AlertChanges(clauses=changes))


def test_words_of_what_fired_stay_as_they_were(armed, share, tell, hers):
    tell(share, "9", 1)
    alert = armed(share, "crosses_up", "10", repeats=True)
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    change_alert(**hers(alert), changes=AlertChanges(condition=Condition.BELOW, level=Decimal(8)))
    assert said(Notification.objects.get()) == "SHR rose through 10.00\xa0EUR: it is at 11.00\xa0EUR"


def test_paused_alert_that_is_changed_is_resumed_anew(armed, share, tell, hers):
    tell(share, "9", 1)
    alert = armed(share, "above", "10", repeats=True)
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    pause_alert(**hers(alert))
    change_alert(**hers(alert), changes=AlertChanges(level=Decimal("10.5")))
    resume_alert(**hers(alert))
    tell(share, "11.1", 3)
    evaluate(world_id=LIVE_WORLD)
    assert list(Trigger.objects.order_by("pk").values_list("level", flat=True)) == [10, Decimal("10.5")]


def test_person_has_so_many_conditions_about_minutes_and_no_more(ruled, share, hers, monkeypatch):
    monkeypatch.setattr(rules, "MOST_WINDOWS", 3)
    minutes = ClauseData(Kind.PERCENT_MINUTES, share.uuid, direction="up", percent=Decimal(5), minutes=10)
    two = ruled("any", minutes, minutes)
    with pytest.raises(TooManyAlerts):
        ruled("any", minutes, minutes)
    with pytest.raises(TooManyAlerts):
        duplicate_alert(**hers(two))
    ruled("any", minutes, ClauseData(Kind.ABOVE, share.uuid, level=Decimal(10)))
    assert Alert.objects.count() == 2
    delete_alert(**hers(two))
    ruled("any", minutes, minutes)
    assert Clause.objects.filter(kind=Kind.PERCENT_MINUTES).count() == 3

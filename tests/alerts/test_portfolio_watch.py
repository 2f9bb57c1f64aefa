"""Rules about portfolios and events: they fire once, for who may see what they are about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core.cache import cache

from alerts.domain.rules import NEEDS, Kind
from alerts.models import Alert, Clause, Notification, Trigger
from alerts.services import firing, joining
from alerts.services.evaluation import evaluate
from alerts.services.event_watch import arm_unpriced_that_rested, look_for_stale_prices
from alerts.services.joining import Seen, settle
from alerts.services.portfolio_watch import due_portfolios, look_at
from alerts.services.rules import ClauseData, RuleData, make_rule
from alerts.tasks import watch_all, watch_portfolio
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
from core.models import LIVE_WORLD, Role
from market.models import Exchange, Instrument, MoveBatch
from market.services.actions import ActionData, record_corporate_action
from portfolios.domain.entries import EntryKind
from portfolios.domain.rebalancing import CASH
from portfolios.models import Portfolio, PortfolioMember
from portfolios.selectors.ledger import memory
from portfolios.services.portfolios import create_portfolio, delete_portfolio
from portfolios.services.sharing import remove_member
from portfolios.services.targets import TargetInput, set_targets
from tests.alerts.ground import Crash, clause, enter
from tests.market.quotes.told import NOON
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    memory.clear()
    cache.clear()
    yield
    memory.clear()


@pytest.fixture
def rule(ida) -> Callable[..., Alert]:
    """Arm a rule of Ida's: ``rule({"kind": "cash_below", "portfolio": held, "level": 5}, joined="any")``."""

    def make(*clauses: dict[str, Any], joined: str = "all", **fields: Any) -> Alert:
        alert = Alert.objects.create(**{"owner": ida, "joined": joined, **fields})
        for number, one in enumerate(clauses, start=1):
            Clause.objects.create(alert=alert, number=number, **one)
        return alert

    return make


@pytest.fixture
def moves(coin, tell) -> Callable[[str, int], None]:
    """Move the coin: ``moves("12", 2)`` two minutes after noon."""
    return partial(tell, coin)


def look(portfolio: Portfolio) -> int:
    cache.clear()
    return look_at(portfolio_id=portfolio.pk)


def told() -> list[tuple[int, int]]:
    return list(Trigger.objects.order_by("pk").values_list("alert", "number"))


def above(portfolio: Portfolio, level: int) -> dict[str, Any]:
    return {"kind": "portfolio_above", "portfolio": portfolio, "level": level}


def test_value_fires_when_it_is_reached_and_once(held, rule, moves):
    alert = rule(above(held, 1100))
    assert look(held) == 0
    moves("12", 2)
    assert (look(held), look(held)) == (1, 0)
    trigger = Trigger.objects.get(alert=alert)
    assert (trigger.seq, trigger.price, trigger.level) == (None, None, None)
    saw = {"number": 1, "kind": "portfolio_above", "so": True, "last": True, "value": "1100"}
    assert trigger.facts == [{**saw, "portfolio": str(held.pk), "currency": "EUR", "level": "1100"}]
    assert Notification.objects.get().trigger == trigger
    alert.refresh_from_db()
    assert alert.state == "fired"


@pytest.mark.parametrize(
    "case",
    [
        ("portfolio_below", 900, "", "8", "900"),
        ("portfolio_day_change", 9, "down", "8", "-10"),
        ("portfolio_day_change", 9, "up", "12", "10"),
        ("portfolio_drawdown", 10, "", "8", "10"),
        ("weight_above", 54, "", "12", "54.54"),
        ("weight_below", 45, "", "8", "44.44"),
        ("weight_drift", 5, "", "8", "-5.55"),
        ("cash_below", 500, "", "12", "500"),
    ],
)
def test_each_kind_sees_its_figure(held, rule, moves, coin, case):
    kind, limit, direction, price, value = case
    half = Decimal("0.5")
    target = [
        TargetInput(key=str(coin.uuid), weight=half, instrument=coin),
        TargetInput(key=CASH, weight=half),
    ]
    set_targets(actor=Actor.system("test"), portfolio_id=held.pk, grouping="instrument", targets=target)
    by = "percent" if "percent" in NEEDS[Kind(kind)].parameters else "level"
    about = {"instrument": coin} if kind.startswith("weight") else {}
    rule({"kind": kind, "portfolio": held, by: limit, "direction": direction, **about})
    moves(price, 2)
    assert look(held) == 1
    [fact] = Trigger.objects.get().facts
    assert fact["value"].startswith(value)


def test_drawdown_counts_no_withdrawal(held, ida, rule, moves):
    rule({"kind": "portfolio_drawdown", "portfolio": held, "percent": 10})
    enter(ida, held, EntryKind.WITHDRAWAL, "400")
    moves("10.1", 2)
    assert look(held) == 0


def test_price_that_is_missing_or_stale_fires_nothing(held, rule, moves, traveller):
    """The cash is known all the same."""
    rule(above(held, 1), {"kind": "cash_below", "portfolio": held, "level": 1000}, joined="all")
    lone = rule({"kind": "cash_below", "portfolio": held, "level": 1000})
    traveller.move_to(NOON + timedelta(days=8))
    assert (look(held), told()) == (1, [(lone.pk, 1)])
    moves("10", 60 * 24 * 8 + 1)
    assert look(held) == 1


def test_repeating_rule_waits_until_it_was_no_longer_so_or_does_not(held, rule, moves, traveller):
    again = {"repeats": True, "cooldown_minutes": 5}
    returns = rule(above(held, 1100), **again)
    stays = rule(above(held, 1100), **again, rearm="holds")
    moves("12", 2)
    assert look(held) == 2
    traveller.move_to(NOON + timedelta(minutes=8))
    assert arm_unpriced_that_rested() == 2
    assert (look(held), told()[2:]) == (1, [(stays.pk, 2)])
    moves("11", 9)
    assert look(held) == 0
    moves("13", 10)
    assert (look(held), told()[3:]) == (1, [(returns.pk, 2)])


def test_all_of_fires_with_the_last_and_any_of_with_the_first(held, rule, moves):
    poor = {"kind": "cash_below", "portfolio": held, "level": 600}
    both, either = rule(poor, above(held, 1100)), rule(poor, above(held, 1100), joined="any")
    assert (look(held), told()) == (1, [(either.pk, 1)])
    moves("12", 2)
    assert (look(held), told()[1:]) == (1, [(both.pk, 1)])


def test_what_a_price_did_counts_as_whoever_read_the_log_saw_it(held, coin, rule):
    alert = rule(above(held, 1000), {"kind": "above", "instrument": coin, "level": 11})
    assert look(held) == 0
    alert.clauses.filter(number=2).update(holds=True)
    alert.clauses.filter(number=1).update(holds=False)
    assert look(held) == 1


def test_who_may_no_longer_look_is_told_nothing_but_that(held, rule, moves, django_user_model, ida):
    bob = django_user_model.objects.create_user("bob@example.org", "x")
    PortfolioMember.objects.create(portfolio=held, user=bob, role=Role.VIEWER)
    hers, his = rule(above(held, 1100)), rule(above(held, 1100), owner=bob)
    remove_member(actor=Actor.user(ida), portfolio_id=held.pk, user_id=bob.pk)
    strange = rule(above(held, 1100), owner=bob)  # as if it had slipped in
    moves("12", 2)
    assert (look(held), told()) == (1, [(hers.pk, 1)])
    assert list(Alert.objects.order_by("pk").values_list("state", flat=True)) == ["fired", "expired", "armed"]
    told_bob = Notification.objects.filter(user=bob, kind="alert").values_list("event", "data__alert")
    assert list(told_bob) == [("portfolio_gone", str(his.uuid))]
    assert strange.pk not in Trigger.objects.values_list("alert", flat=True)


def test_deleted_portfolio_ends_its_rules(held, rule, ida):
    alert = rule(above(held, 1100))
    delete_portfolio(actor=Actor.user(ida), portfolio_id=held.pk)
    alert.refresh_from_db()
    assert (alert.state, alert.clauses.count()) == ("expired", 1)
    assert Notification.objects.get().event == "portfolio_gone"


def test_portfolio_is_looked_at_once_in_ten_seconds(held, rule):
    rule(above(held, 1000))
    cache.clear()
    assert (due_portfolios(), due_portfolios()) == ([held.pk], [])
    assert look_at(portfolio_id=held.pk) == 1
    rule(above(held, 1000))
    assert look_at(portfolio_id=held.pk) == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_who_look_at_once_fire_once(held, rule, moves):
    alert = rule(above(held, 1100))
    moves("12", 2)
    looks = [lambda: look(held)] * 4
    assert sorted(at_once(*looks)) == [0, 0, 0, 1]
    assert told() == [(alert.pk, 1)]


def dividend(actor: Actor, coin: Instrument, days: int) -> None:
    data = ActionData(
        kind="dividend", ex_date=NOON.date() + timedelta(days=days), amount=Decimal("0.5"), currency="EUR"
    )
    record_corporate_action(actor=actor, instrument_uuid=coin.uuid, data=data)


def test_dividend_is_told_when_it_is_recorded_and_only_one_to_come(coin, rule, traveller):
    alert = rule({"kind": "dividend_announced", "instrument": coin}, repeats=True, cooldown_minutes=1)
    dividend(Actor.system("test"), coin, -1)
    assert told() == []
    dividend(Actor.system("test"), coin, 0)
    [fact] = Trigger.objects.get().facts
    assert (fact["ex_date"], fact["amount"], fact["currency"]) == ("2024-03-06", "0.5", "EUR")
    traveller.move_to(NOON + timedelta(minutes=2))
    assert arm_unpriced_that_rested() == 1
    dividend(Actor.system("test"), coin, 9)
    assert told() == [(alert.pk, 1), (alert.pk, 2)]


def test_dividend_counts_in_its_moment_alone(held, coin, rule, moves):
    alert = rule({"kind": "dividend_announced", "instrument": coin}, above(held, 1100))
    dividend(Actor.system("test"), coin, 1)
    moves("12", 2)
    assert look(held) == 0
    dividend(Actor.system("test"), coin, 2)
    assert told() == [(alert.pk, 1)]


def test_price_that_stays_away_is_told_once_until_it_is_back(coin, rule, moves, traveller):
    again = {"repeats": True, "cooldown_minutes": 1}
    alert = rule({"kind": "price_stale", "instrument": coin, "minutes": 30}, **again)
    moves("10", 0)
    counts = []
    for minutes, price in ((29, ""), (30, ""), (40, ""), (41, "11"), (42, ""), (71, "")):
        if price:
            moves(price, minutes)
        traveller.move_to(NOON + timedelta(minutes=minutes))
        arm_unpriced_that_rested()
        counts.append(look_for_stale_prices())
    assert (counts, len(told())) == ([0, 1, 0, 0, 0, 1], 2)
    assert Trigger.objects.filter(alert=alert).first().facts[0]["quoted_at"] == "2024-03-06T12:41:00Z"


@pytest.mark.parametrize(("hour", "fires"), [(8, 0), (9, 1), (16, 1), (18, 0)])
def test_price_is_stale_only_while_its_market_was_open_for_as_long(rule, traveller, hour, fires):
    """The usual hours of an exchange without a calendar are 9 to 17:30."""
    venue = Exchange.objects.create(mic="XMAU", name="Mauritius", time_zone="UTC")
    share = Instrument.objects.create(symbol="SHR", name="Share", currency="EUR", exchange=venue)
    rule({"kind": "price_stale", "instrument": share, "minutes": 30})
    traveller.move_to(NOON.replace(hour=hour, minute=30))
    assert look_for_stale_prices() == fires


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_rule_about_both_fires_once_whoever_comes_last(held, coin, ida, moves):
    """The log is read and the portfolio looked at in the same moment; either sees what the other saw."""
    price = ClauseData(Kind.ABOVE, coin.uuid, level=Decimal(11))
    worth = ClauseData(Kind.PORTFOLIO_ABOVE, portfolio=held.pk, level=Decimal(1100))
    data = RuleData("all", [price, worth])
    rules = [make_rule(actor=Actor.user(ida), user=ida, data=data) for _ in range(6)]
    moves("12", 2)
    at_once(lambda: look(held), lambda: evaluate(world_id=LIVE_WORLD), lambda: look(held))
    look(held)
    assert sorted(told()) == [(one.pk, 1) for one in rules]


def test_viewer_of_a_shared_portfolio_waits_for_it_too(held, moves, django_user_model):
    bob = django_user_model.objects.create_user("bob@example.org", "x")
    data = RuleData("all", [ClauseData(Kind.PORTFOLIO_ABOVE, portfolio=held.pk, level=Decimal(1100))])
    with pytest.raises(NotFound):
        make_rule(actor=Actor.user(bob), user=bob, data=data)
    PortfolioMember.objects.create(portfolio=held, user=bob, role=Role.VIEWER)
    make_rule(actor=Actor.user(bob), user=bob, data=data)
    moves("12", 2)
    assert look(held) == 1
    assert Notification.objects.get().user == bob


def test_portfolio_without_cash_has_none_to_wait_for(ida):
    bare = create_portfolio(
        actor=Actor.user(ida), owner_id=ida.pk, name="Bare", currency="EUR", tracks_cash=False
    )
    data = RuleData("all", [ClauseData(Kind.CASH_BELOW, portfolio=bare.pk, level=Decimal(5))])
    with pytest.raises(ValidationFailed) as error:
        make_rule(actor=Actor.user(ida), user=ida, data=data)
    assert error.value.errors[0].field == "clauses.0.kind"


def test_changed_entry_has_its_portfolio_looked_at(
    held, ida, monkeypatch, django_capture_on_commit_callbacks
):
    asked: list[str] = []
    monkeypatch.setattr(watch_portfolio, "delay", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        enter(ida, held, EntryKind.WITHDRAWAL, "400")
    assert asked == [str(held.pk)]


def test_sweep_looks_at_every_portfolio_of_a_rule(held, rule, moves, monkeypatch):
    rule(above(held, 1100))
    moves("12", 2)
    cache.clear()
    monkeypatch.setattr(watch_portfolio, "delay", watch_portfolio)
    watch_all()
    assert told() != []


def test_window_counts_when_the_portfolio_comes_within_it(ruled, share, held, moves, tell):
    tell(share, "100", 2)
    rose = clause("change_percent_minutes", share, percent="5", minutes=10, direction="up")
    alert = ruled("all", rose, clause("portfolio_above", portfolio=held.pk, level="2000"))
    tell(share, "106", 3)
    evaluate(world_id=LIVE_WORLD)
    moves("100", 4)
    assert (alert.clauses.get(number=0).holds, look(held)) == (True, 1)


def test_window_that_went_by_is_no_longer_so(ruled, share, held, moves, tell):
    tell(share, "100", 2)
    rose = clause("change_percent_minutes", share, percent="5", minutes=10, direction="up")
    alert = ruled("all", rose, clause("portfolio_above", portfolio=held.pk, level="2000"))
    tell(share, "106", 3)
    evaluate(world_id=LIVE_WORLD)
    moves("100", 30)
    assert (look(held), list(alert.clauses.values_list("holds", flat=True))) == (0, [False, True])
    tell(share, "112", 31)
    evaluate(world_id=LIVE_WORLD)
    assert told() == [(alert.pk, 1)]


def test_move_has_only_those_looked_at_that_have_entries_of_it(held, rule, share, coin, tell):
    """What moved while nobody looked counts at the next look; a sweep looks at all."""
    rule(above(held, 1100))
    tell(share, "5", 2)
    newest = MoveBatch.objects.order_by("-seq").first().seq
    assert (due_portfolios(seq=newest), due_portfolios()) == ([], [held.pk])
    tell(coin, "12", 3)
    tell(share, "6", 4)
    assert due_portfolios(seq=newest + 2) == [held.pk]


def test_many_rules_are_settled_fifty_a_transaction(held, rule, monkeypatch):
    """What fails for some of them undoes nothing of the others, and is told."""
    rules = [rule(above(held, 900)) for _ in range(52)]
    bad = rules[3].pk

    def fire(*, alert: Alert, **more: Any) -> bool:
        if alert.pk == bad:
            raise Crash
        return firing.fire(alert=alert, **more)

    monkeypatch.setattr(joining, "fire", fire)
    with pytest.raises(Crash):
        look(held)
    assert told() == [(one.pk, 1) for one in rules[50:]]


def test_clauses_that_see_nothing_new_cost_no_statement_each(held, rule, django_assert_max_num_queries):
    """Of many rules, those that only learn something are written together."""
    for _ in range(20):
        rule(above(held, 900), above(held, 9000), joined="all")
    now = {pk: Seen(holds=True) for pk in Clause.objects.filter(level=900).values_list("pk", flat=True)}
    with django_assert_max_num_queries(16):
        assert settle(seen=now, at=NOON) == 0
    assert Clause.objects.filter(holds=True).count() == 20

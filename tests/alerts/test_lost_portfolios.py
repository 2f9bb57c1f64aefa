"""Rules whose portfolio was deleted, or is no longer their person's to see: they end, and stay ended."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from alerts.models import Alert, Clause, Notification
from alerts.selectors.waits import title
from alerts.selectors.words import told
from alerts.services.changing import AlertChanges, change_alert
from alerts.services.life import duplicate_alert
from alerts.services.portfolio_watch import look_at
from alerts.services.rules import RuleData, make_rule
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
from core.models import Role
from portfolios.models import Portfolio, PortfolioMember
from portfolios.selectors.ledger import memory
from portfolios.services.portfolios import delete_portfolio
from portfolios.services.sharing import remove_member
from tests.alerts.ground import clause, one
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    memory.clear()
    cache.clear()
    yield
    memory.clear()


@pytest.fixture
def bob(held, django_user_model) -> Any:
    found = django_user_model.objects.create_user("bob@example.org", "x")
    PortfolioMember.objects.create(portfolio=held, user=found, role=Role.VIEWER)
    return found


def worth(portfolio: Portfolio) -> Any:
    return clause("portfolio_above", portfolio=portfolio.pk, level="2000")


def refused(work: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationFailed) as error:
        work()
    return [(found.field, found.code) for found in error.value.errors]


def test_rule_that_lost_a_clause_is_not_armed_with_what_is_left(ruled, share, held, ida):
    alert = ruled("all", clause("above", share, level="10"), worth(held))
    who: dict[str, Any] = {"actor": Actor.user(ida), "user": ida, "uuid": alert.uuid}
    delete_portfolio(actor=Actor.user(ida), portfolio_id=held.pk)
    lost = [("clauses", "lost")]
    assert refused(lambda: duplicate_alert(**who)) == lost
    assert refused(lambda: change_alert(**who, changes=AlertChanges(note="x"))) == lost
    told_of = "SHR at or above 10.00\xa0EUR and a portfolio is worth at least 2,000.00\xa0EUR"
    assert told(Notification.objects.get(kind="alert")).endswith(f"yours to see: {told_of}")
    alert.refresh_from_db()
    assert (alert.state, alert.clauses.count(), Alert.objects.count()) == ("expired", 2, 1)
    changed = change_alert(**who, changes=AlertChanges(clauses=[clause("below", share, level="5")] * 2))
    assert (changed.state, changed.clauses.filter(is_lost=True).count()) == ("armed", 0)


def test_page_says_why_what_is_lost_is_not_armed_again(ruled, held, ida, reader):
    alert = ruled("any", worth(held))
    delete_portfolio(actor=Actor.user(ida), portfolio_id=held.pk)
    answer = reader.post(one(alert, "alert-duplicate"), follow=True)
    assert "It was about a portfolio that you see no more." in answer.content.decode()
    assert title(Alert.objects.get()) == "a portfolio that you see no more is worth at least 2,000.00"


def test_who_was_removed_sees_no_name_and_arms_nothing(held, ida, bob, traveller):
    rules = [
        make_rule(actor=Actor.user(bob), user=bob, data=RuleData("all", [worth(held)])) for _ in range(2)
    ]
    Alert.objects.filter(pk=rules[1].pk).update(state="fired")
    remove_member(actor=Actor.user(ida), portfolio_id=held.pk, user_id=bob.pk)
    Portfolio.objects.filter(pk=held.pk).update(name="Renamed since")
    client = Client()
    client.force_login(bob)
    named = [b"Renamed since", str(held.pk).encode()]
    pages = [one(rules[0]), one(rules[1]), reverse("alert-list") + "?state=done", "/api/v1/alerts"]
    for page in pages:
        answer = client.get(page)
        assert (answer.status_code, [name for name in named if name in answer.content]) == (200, [])
    for rule in rules:
        who: dict[str, Any] = {"actor": Actor.user(bob), "user": bob, "uuid": rule.uuid}
        assert refused(lambda who=who: change_alert(**who, changes=AlertChanges(note="x"))) == [
            ("clauses", "lost")
        ]
    assert not Alert.objects.filter(owner=bob, state="armed").exists()


def test_portfolio_that_is_not_seen_any_more_is_not_armed(share, held, bob, traveller):
    """As if the end of the membership had been missed."""
    who: dict[str, Any] = {"actor": Actor.user(bob), "user": bob}
    alert = make_rule(**who, data=RuleData("all", [worth(held), clause("above", share, level="10")]))
    PortfolioMember.objects.filter(portfolio=held, user=bob).delete()
    with pytest.raises(NotFound):
        change_alert(**who, uuid=alert.uuid, changes=AlertChanges(joined="any"))
    with pytest.raises(NotFound):
        duplicate_alert(**who, uuid=alert.uuid)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_rule_made_while_its_maker_is_removed_does_not_stay_armed(held, ida, bob):
    """Either the maker sees the portfolio no more, or the removal sees the rule."""

    def make() -> str:
        try:
            made = make_rule(actor=Actor.user(bob), user=bob, data=RuleData("all", [worth(held)]))
        except NotFound:
            return ""
        return str(made.uuid)

    at_once(
        make, lambda: remove_member(actor=Actor.user(ida), portfolio_id=held.pk, user_id=bob.pk), make, make
    )
    assert set(Alert.objects.values_list("state", flat=True)) <= {"expired"}
    assert not Clause.objects.filter(is_lost=False).exists()
    with transaction.atomic():
        assert look_at(portfolio_id=held.pk) == 0

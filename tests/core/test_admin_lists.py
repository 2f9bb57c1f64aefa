"""The admin's lists: what a search finds, what a filter keeps, and what both cost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import TokenFamily, User
from core import audit, clock
from core.actor import Actor
from core.adminsite import lists
from core.adminsite.filters import distinct
from core.models import LIVE_WORLD, AuditEvent
from market.models import DailyBar, Exchange, Instrument, PriceImport
from portfolios.models import Portfolio, PortfolioMember

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(django_user_model) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("sam@example.org", "pw"))
    return client


@pytest.fixture
def ada(django_user_model) -> User:
    return django_user_model.objects.create_user("ada@example.org", "pw", name="Ada Lovelace")


def shown(client: Client, model: str, **query) -> list[str]:
    answer = client.get(reverse(f"admin:{model}_changelist"), query)
    assert answer.status_code == 200
    return [str(row) for row in answer.context["cl"].result_list]


def event(verb: str, object_type: str = "x", object_id: object = "1", at: datetime | None = None, actor=None):
    made = audit.record(
        actor=actor or Actor.system("t"), verb=verb, object_type=object_type, object_id=object_id
    )
    if at is not None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE core_auditevent SET at = %s WHERE id = %s", [at, made.pk])
            cursor.execute("SET LOCAL session_replication_role = origin")
    return made


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("ada@", ["ada@example.org"]),
        ("ADA@Example.org", ["ada@example.org"]),
        ("Ada Love", ["ada@example.org"]),
        ("lovelace", []),
        ("%", []),
        ("_", []),
    ],
)
def test_people_are_found_by_the_beginning_of_address_or_name(staff, ada, term, found):
    assert shown(staff, "accounts_user", q=term) == found


def test_people_are_found_by_id(staff, ada):
    assert shown(staff, "accounts_user", q=str(ada.pk)) == ["ada@example.org"]
    assert shown(staff, "accounts_user", q=str(uuid4())) == []


def test_sign_ins_are_found_by_their_person(staff, ada):
    family = TokenFamily.objects.create(user=ada, password_stamp="x")
    other = TokenFamily.objects.create(user=User.objects.get(email="sam@example.org"), password_stamp="x")
    for term in ("ada@example.org", str(ada.pk), str(family.pk)):
        assert shown(staff, "accounts_tokenfamily", q=term) == [str(family.pk)], term
    assert shown(staff, "accounts_tokenfamily", q=str(other.pk)) == [str(other.pk)]


def test_portfolios_are_found_by_id_and_by_member(staff, ada):
    portfolio = Portfolio.objects.create(name="P", currency="EUR")
    PortfolioMember.objects.create(portfolio=portfolio, user=ada, role="owner")
    for term in ("ada@example.org", str(ada.pk), str(portfolio.pk)):
        assert shown(staff, "portfolios_portfolio", q=term) == ["P"], term
    assert shown(staff, "portfolios_portfolio", q="sam@example.org") == []


def test_people_are_filtered_by_what_support_asks(staff, ada):
    sam = User.objects.get(email="sam@example.org")
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)
    Authenticator.objects.create(user=ada, type="recovery_codes", data={})
    Authenticator.objects.create(user=sam, type="totp", data={})
    User.objects.filter(pk=ada.pk).update(is_active=False)
    expected = {
        "closed": ["ada@example.org"],
        "open": ["sam@example.org"],
        "unverified": ["sam@example.org"],
        "one_factor": ["ada@example.org"],
        "staff_one_factor": [],
        "never": ["ada@example.org"],
        "nonsense": ["ada@example.org", "sam@example.org"],
    }
    assert {name: sorted(shown(staff, "accounts_user", state=name)) for name in expected} == expected


def test_instruments_are_filtered_by_the_age_of_their_prices(staff):
    today = clock.today("UTC")
    for symbol, days in (("FRESH", 1), ("STALE", 40), ("NONE", None)):
        made = Instrument.objects.create(symbol=symbol, name="Corp", currency="EUR")
        if days is not None:
            DailyBar.objects.create(
                instrument=made, world_id=LIVE_WORLD, date=today - timedelta(days=days), close=1, source="x"
            )
    for name in ("fresh", "stale", "none"):
        assert shown(staff, "market_instrument", prices=name) == [name.upper()]


def test_instruments_are_found_by_symbol_name_isin_and_exchange(staff):
    Exchange.objects.create(mic="XTST", name="Test", time_zone="UTC")
    Instrument.objects.create(
        symbol="ACME", name="Wile's Supplies", currency="EUR", isin="US0378331005", exchange_id="XTST"
    )
    Instrument.objects.create(symbol="MACE", name="Other", currency="EUR")
    for term in ("ac", "supplies", "us0378331005", "xtst"):
        assert shown(staff, "market_instrument", q=term) == ["ACME"], term


def test_bars_are_found_by_symbol_and_not_by_a_part_of_it(staff):
    made = Instrument.objects.create(symbol="ACME", name="A", currency="EUR")
    for day in (2, 3):
        DailyBar.objects.create(
            instrument=made, world_id=LIVE_WORLD, date=date(2024, 1, day), close=1, source="x"
        )
    newest_first = [f"{made.pk} 2024-01-03", f"{made.pk} 2024-01-02"]
    assert shown(staff, "market_dailybar", q="acme") == newest_first
    assert shown(staff, "market_dailybar", q="ACM") == []


def test_price_files_are_filtered_by_outcome(staff):
    PriceImport.objects.create(file_name="good.csv", rows_stored=1)
    PriceImport.objects.create(file_name="bad.csv", rows_stored=1, rows_rejected=2)
    PriceImport.objects.create(file_name="same.csv")
    assert shown(staff, "market_priceimport", outcome="refused") == ["bad.csv"]
    assert shown(staff, "market_priceimport", outcome="nothing") == ["same.csv"]


def test_audit_is_filtered_by_days_both_included(staff):
    for day in (1, 2, 3):
        event(f"day.{day}", at=datetime(2024, 5, day, 12, tzinfo=UTC))
    event("day.late", at=datetime(2024, 5, 3, 23, 59, 59, tzinfo=UTC))
    found = shown(staff, "core_auditevent", at__from="2024-05-02", at__to="2024-05-03")
    assert [one.split()[0] for one in found] == ["day.late", "day.3", "day.2"]
    assert len(shown(staff, "core_auditevent", at__to="2024-05-01")) == 1
    assert len(shown(staff, "core_auditevent", at__from="nonsense", verb="day.1")) == 1


def test_audit_filter_offers_the_usual_periods_and_keeps_the_rest(staff):
    event("x.done")
    answer = staff.get(
        reverse("admin:core_auditevent_changelist"), {"verb": "x.done", "at__to": "2030-01-01"}
    )
    html = answer.content.decode()
    assert f"at__from={clock.today('UTC').isoformat()}" in html
    assert '<input type="hidden" name="verb" value="x.done">' in html
    assert 'value="2030-01-01"' in html


def test_audit_is_found_by_object_alone_and_by_the_beginning_of_a_verb(staff):
    event("order.placed", "order", "o-1")
    event("order.filled", "order", "o-2")
    event("other.done", "thing", "o-1")
    assert len(shown(staff, "core_auditevent", q="o-1")) == 2
    assert len(shown(staff, "core_auditevent", q="order.")) == 2
    assert len(shown(staff, "core_auditevent", q="Order.F")) == 1


def test_distinct_values_are_found_by_jumping():
    assert distinct("core_auditevent", "verb") == []
    for verb in ("b.x", "a.x", "b.x", "c.x"):
        event(verb)
    assert distinct("core_auditevent", "verb") == ["a.x", "b.x", "c.x"]


def test_long_list_counts_and_pages_up_to_its_limit(staff, monkeypatch):
    monkeypatch.setattr(lists, "MOST_COUNTED", 120)
    AuditEvent.objects.bulk_create(
        AuditEvent(actor_label="system:t", verb="x.done", object_type="x", object_id=str(number))
        for number in range(200)
    )
    url = reverse("admin:core_auditevent_changelist")
    page = staff.get(url)
    assert (page.context["cl"].result_count, page.context["cl"].paginator.num_pages) == (120, 3)
    assert "more than 120" in page.content.decode()
    assert staff.get(url, {"p": 3}).status_code == 200
    assert staff.get(url, {"p": 4}).status_code == 302
    assert "narrow the list" in staff.get(url, {"verb": "x.done"}).content.decode()
    assert "200 audit events" not in page.content.decode()


def test_no_list_counts_a_whole_table(staff):
    with CaptureQueriesContext(connection) as queries:
        staff.get(reverse("admin:core_auditevent_changelist"))
    counts = [one["sql"] for one in queries if "COUNT(" in one["sql"].upper()]
    assert len(counts) == 1
    assert f"LIMIT {lists.MOST_COUNTED + 1}" in counts[0]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "audit_at"),
        ({"verb": "rare.verb"}, "audit_verb"),
        ({"q": "rare.verb"}, "audit_verb"),
        ({"q": "object-7"}, "audit_object"),
        ({"q": "system:rare"}, "audit_system"),
        ({"q": "request-7"}, "audit_request"),
    ],
)
def test_audit_is_read_by_an_index(staff, query, index):
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor_id=uuid4(), actor_label="user:x", verb="common.verb", object_type="x",
            object_id=f"object-{number}", request_id=f"request-{number}", at=now,
        )
        for number in range(3000)
    )  # fmt: skip
    event("rare.verb", actor=Actor.system("rare"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_auditevent")
    answer = staff.get(reverse("admin:core_auditevent_changelist"), query)
    rows = answer.context["cl"].queryset[:50]
    assert len(answer.context["cl"].result_list) == (50 if not query else 1)
    assert index in rows.explain()

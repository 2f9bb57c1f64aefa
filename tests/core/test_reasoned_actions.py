"""Actions of staff: confirmed on a page, with a reason that stays, by the services, for who may."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from core.adminsite import actions
from core.models import LIVE_WORLD, AuditEvent
from market.models import CorporateAction, Instrument
from portfolios.models import Portfolio, Transaction

pytestmark = pytest.mark.django_db
LIST = "admin:market_instrument_changelist"


def instrument(symbol: str) -> Instrument:
    return Instrument.objects.create(symbol=symbol, name=symbol, currency="EUR")


@pytest.fixture
def boss(django_user_model):
    return django_user_model.objects.create_superuser("sam@example.org", "pw")


@pytest.fixture
def staff(boss) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def act(client: Client, rows: list[Instrument], **more):
    body = {"action": "delete_for", "_selected_action": [row.pk for row in rows], **more}
    return client.post(reverse(LIST), body)


def use(row: Instrument) -> None:
    portfolio = Portfolio.objects.create(name="P", currency="EUR", world_id=LIVE_WORLD)
    Transaction.objects.create(
        portfolio=portfolio, kind="buy", time="2024-01-02T10:00Z", day="2024-01-02", instrument=row,
        quantity=1, price=1, currency="EUR", fee_currency="EUR", tax_currency="EUR",
    )  # fmt: skip


def test_action_asks_first_and_names_what_it_is_about(staff):
    page = act(staff, [instrument("ACME"), instrument("BETA")])
    html = page.content.decode()
    assert page.status_code == 200
    assert [name in html for name in ("<li>ACME</li>", "<li>BETA</li>", 'name="reason"')] == [True] * 3
    assert Instrument.objects.count() == 2


@pytest.mark.parametrize("reason", ["", "   ", "x" * 401])
def test_action_needs_a_reason(staff, reason):
    page = act(staff, [instrument("ACME")], confirmed="yes", reason=reason)
    assert page.context["form"].errors.keys() == {"reason"}
    assert Instrument.objects.count() == 1


def test_reason_goes_into_the_audit_log_with_each_row(staff, boss):
    rows = [instrument("ACME"), instrument("BETA")]
    answer = act(staff, rows, confirmed="yes", reason=" made by \n mistake ")
    assert answer.status_code == 302
    assert Instrument.objects.count() == 0
    events = AuditEvent.objects.filter(verb="instrument.deleted")
    assert {(one.object_id, one.actor_id, one.reason) for one in events} == {
        (str(row.uuid), boss.pk, "made by mistake") for row in rows
    }


def test_row_that_a_service_refuses_is_named_and_the_others_are_done(staff):
    used, free = instrument("USED"), instrument("FREE")
    use(used)
    answer = act(staff, [used, free], confirmed="yes", reason="tidy")
    said = [str(one) for one in answer.wsgi_request._messages]
    assert said == ["USED: USED is in use.", "Delete: done for 1."]
    assert list(Instrument.objects.values_list("symbol", flat=True)) == ["USED"]


def test_action_is_for_who_has_its_power(client, django_user_model):
    helper = django_user_model.objects.create_user("hal@example.org", "pw", is_staff=True)
    helper.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_instrument", "change_instrument"])
    )
    client.force_login(helper)
    row = instrument("ACME")
    assert "delete_for" not in client.get(reverse(LIST)).content.decode()
    act(client, [row], confirmed="yes", reason="because")
    page = client.get(reverse("admin:market_instrument_change", args=[row.pk]))
    assert "delete_for" not in page.content.decode()
    assert Instrument.objects.count() == 1


def test_power_is_asked_for_again_when_it_is_done(staff, boss, rf):
    from django.contrib import admin
    from django.core.exceptions import PermissionDenied

    options = admin.site._registry[Instrument]
    request = rf.post("/")
    request.user = type(boss)(email="x@example.org", is_staff=True)
    with pytest.raises(PermissionDenied):
        options.confirm(request, options.reasoned[0], Instrument.objects.all())


def test_action_is_offered_on_the_rows_own_page(staff):
    row = instrument("ACME")
    html = staff.get(reverse("admin:market_instrument_change", args=[row.pk])).content.decode()
    assert 'value="delete_for"' in html
    assert 'value="delete_for"' not in staff.get(reverse("admin:market_instrument_add")).content.decode()


def test_action_takes_no_more_rows_than_a_person_looks_at(staff, monkeypatch):
    monkeypatch.setattr(actions, "MOST_ROWS", 2)
    rows = [instrument(f"I{number}") for number in range(3)]
    answer = act(staff, rows, confirmed="yes", reason="all of them")
    assert [str(one) for one in answer.wsgi_request._messages] == ["At most 2 rows at once."]
    assert Instrument.objects.count() == 3


def test_rows_of_users_are_out_of_reach(staff, django_user_model):
    owner = django_user_model.objects.create_user("ida@example.org", "pw")
    own = Instrument.objects.create(symbol="OWN", name="Own", currency="EUR", owner=owner)
    act(staff, [own], confirmed="yes", reason="mine")
    assert Instrument.objects.count() == 1


def test_corporate_action_is_deleted_with_its_reason(staff):
    split = CorporateAction.objects.create(
        instrument=instrument("ACME"),
        kind="split",
        ex_date="2024-01-02",
        numerator=2,
        denominator=1,
        source="x",
    )
    body = {"action": "delete_for", "_selected_action": [split.pk], "confirmed": "yes", "reason": "wrong day"}
    staff.post(reverse("admin:market_corporateaction_changelist"), body)
    assert CorporateAction.objects.count() == 0
    assert AuditEvent.objects.get(verb="corporate-action.deleted").reason == "wrong day"

"""Staff edit public reference data by the services' rules, and never see users' own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from core.models import LIVE_WORLD, AuditEvent
from market.models import CorporateAction, DailyBar, Exchange, FxRate, Instrument

FORM = {
    "symbol": "acme", "name": "Acme Corp.", "kind": "stock", "currency": "USD", "quote_unit": "1",
    "exchange": "", "isin": "", "sector": "", "country": "", "coin_id": "",
    "symbol_spans-TOTAL_FORMS": "0", "symbol_spans-INITIAL_FORMS": "0",
}  # fmt: skip
ADD = "admin:market_instrument_add"


@pytest.fixture
def staff(db: None, client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("staff@example.org", "pw"))
    return client


def test_staff_create_a_public_instrument_audited(staff: Client) -> None:
    answer = staff.post(reverse(ADD), FORM)
    assert answer.status_code == 302
    made = Instrument.objects.get()
    assert (made.symbol, made.owner_id) == ("ACME", None)
    assert AuditEvent.objects.get(verb="instrument.created").object_id == str(made.uuid)


def test_a_wrong_isin_is_named_at_its_field_and_nothing_is_lost(staff: Client) -> None:
    answer = staff.post(reverse(ADD), {**FORM, "isin": "US123"})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["isin"]
    assert answer.context["adminform"].form["name"].value() == "Acme Corp."
    assert Instrument.objects.count() == 0


def test_staff_change_an_instrument_and_raise_its_revision(staff: Client) -> None:
    staff.post(reverse(ADD), FORM)
    made = Instrument.objects.get()
    answer = staff.post(
        reverse("admin:market_instrument_change", args=[made.pk]), {**FORM, "sector": "Tools"}
    )
    assert answer.status_code == 302
    changed = Instrument.objects.get()
    assert (changed.sector, changed.price_revision) == ("Tools", made.price_revision + 1)


def test_a_split_is_recorded_once(staff: Client) -> None:
    staff.post(reverse(ADD), FORM)
    body = {
        "instrument": Instrument.objects.get().pk, "kind": "split", "ex_date": "2024-01-02", "pay_date": "",
        "numerator": "1.5", "denominator": "1", "amount": "", "currency": "",
    }  # fmt: skip
    first = staff.post(reverse("admin:market_corporateaction_add"), body)
    second = staff.post(reverse("admin:market_corporateaction_add"), body)
    assert (first.status_code, second.status_code) == (302, 200)
    made = CorporateAction.objects.get()
    assert (made.numerator, made.denominator, made.source) == (3, 2, "staff")


def private_rows() -> Instrument:
    owner = get_user_model().objects.create_user("ida@example.org", "pw")
    private = Instrument.objects.create(symbol="SECRET", name="Hers", currency="EUR", owner=owner)
    DailyBar.objects.create(
        world_id=LIVE_WORLD, instrument=private, date=date(2024, 1, 2), close=Decimal(1), source="own"
    )
    FxRate.objects.create(
        owner=owner, base="XTS", quote="EUR", date=date(2024, 1, 2), rate=Decimal(1), source="own"
    )
    return private


@pytest.mark.parametrize("name", ["instrument", "dailybar", "fxrate"])
def test_lists_leave_out_what_users_own(staff: Client, name: str) -> None:
    private_rows()
    answer = staff.get(reverse(f"admin:market_{name}_changelist"))
    assert answer.status_code == 200
    assert answer.context["cl"].result_count == 0


def test_a_users_own_instrument_has_no_page_in_the_admin(staff: Client) -> None:
    private = private_rows()
    answer = staff.get(reverse("admin:market_instrument_change", args=[private.pk]))
    assert answer.status_code == 302


@pytest.mark.parametrize("name", ["dailybar", "fxrate", "exchange", "coin", "priceimport"])
def test_prices_and_reference_lists_cannot_be_typed_into(staff: Client, name: str) -> None:
    assert staff.get(reverse(f"admin:market_{name}_changelist")).status_code == 200
    assert staff.get(reverse(f"admin:market_{name}_add")).status_code == 403


def test_long_lists_take_a_fixed_number_of_queries(staff: Client, django_assert_num_queries: Any) -> None:
    exchange = Exchange.objects.create(mic="XTST", name="Test", time_zone="UTC")
    page = reverse("admin:market_instrument_changelist")
    for number in range(3):
        Instrument.objects.create(symbol=f"A{number}", name="A", currency="EUR", exchange=exchange)
    staff.get(page)
    with django_assert_num_queries(5):
        staff.get(page)
    for number in range(3, 20):
        Instrument.objects.create(symbol=f"A{number}", name="A", currency="EUR", exchange=exchange)
    with django_assert_num_queries(5):
        staff.get(page)


def test_instrument_tells_what_came_adjusted_and_what_contradicts_a_split(staff: Client) -> None:
    one = Instrument.objects.create(symbol="FLAT", name="Flat", currency="EUR")
    page = reverse("admin:market_instrument_change", args=[one.pk])
    assert "As traded." in staff.get(page).content.decode()
    for day in (4, 5):
        DailyBar.objects.create(
            instrument=one, date=date(2024, 3, day), close=52, given_close=52, source="t",
            adjusted_as_of=date(2024, 3, 6),
        )  # fmt: skip
    assert "No contradiction found." in staff.get(page).content.decode()
    CorporateAction.objects.create(
        instrument=one, kind="split", ex_date="2024-03-05", numerator=2, denominator=1, source="test"
    )
    said = staff.get(page).content.decode()
    assert "2 of 2 days came adjusted for splits as of March 6, 2024, and are converted." in said
    assert "These look adjusted for the split already" in said

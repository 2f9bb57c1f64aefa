"""What the admin's lists cost: a bounded number of queries, the same for one row and for many."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import PersonalAccessToken, StoredMail, SupportAccess, User
from config import schedule
from core import audit, context
from core.actor import Actor
from core.models import JobRun
from market.models import (
    CorporateAction,
    DailyBar,
    FxRate,
    HeldQuote,
    HistoryCheck,
    Instrument,
    PriceImport,
    PriceSource,
    Quote,
    SourceSymbol,
)
from tests.api.admin_table import REGISTERED, made_replay, told
from tests.architecture.test_queries import Home

pytestmark = pytest.mark.django_db
# session, its row, user, then the list's own: keys or count, rows, and values for its filters
BUDGET = 9
# of some there is only one row
MOST_ROWS = {"alerts.outbox": 1}


def grow(home: Home) -> None:
    """Add a row to what every list of the admin shows, each of a person and an instrument of its own."""
    home.grow()
    number = home.rows
    email, password = f"p{number}@example.org", "correct horse battery staple"
    with context.bound(context.RequestContext(address="203.0.113.9", agent="x/1")):
        services.sign_up(email=email, password=password)
        audit.record(actor=Actor.system("t"), verb=f"x.{number}", object_type="x", object_id=number)
    person = User.objects.get(email=email)
    EmailAddress.objects.get_or_create(user=person, email=email)
    SocialAccount.objects.create(user=person, provider=f"sso{number}", uid=str(number))
    PersonalAccessToken.objects.create(user=person, name="t", token_hash=str(number), scopes=["market:read"])
    SupportAccess.objects.create(person=person, reason="t", ends_at=timezone.now())
    StoredMail.objects.create(sender="x", recipients=[email], subject="s")
    Group.objects.create(name=f"group {number}")
    JobRun.objects.create(name=f"job {number}", state="done", started_at=timezone.now())
    public = Instrument.objects.create(symbol=f"PUB{number}", name="Public", currency="EUR")
    DailyBar.objects.create(instrument=public, date="2024-01-08", close=1, source="test")
    CorporateAction.objects.create(
        instrument=public, kind="dividend", ex_date="2024-01-08", amount=1, currency="EUR", source="test"
    )
    FxRate.objects.create(base="EUR", quote=f"X{number}", date="2024-01-02", rate="1.25", source="ecb")
    PriceImport.objects.create(file_name=f"{number}.csv")
    quoted = {"instrument": public, "world_id": 1, "price": 1, "as_of": timezone.now(), "source": "test"}
    Quote.objects.create(**quoted, high=1, low=1, day="2024-01-08", splits_through="2024-01-08")
    source = PriceSource.objects.create(name=f"source{number}", kind="ecb", budget=f"{number}")
    SourceSymbol.objects.create(source=source, instrument=public)
    HistoryCheck.objects.create(instrument=public, checked_at=timezone.now())
    HeldQuote.objects.create(**quoted, reason="jump")
    made_replay(f"world {number}")
    told(person)


def test_every_list_costs_the_same_for_one_row_and_for_three(django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("sam@example.org", "pw"))

    def counts() -> dict[str, int]:
        found = {}
        for label in sorted(REGISTERED):
            url = reverse(f"admin:{label.replace('.', '_')}_changelist")
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(url)
            assert answer.context["cl"].result_count >= min(shown, MOST_ROWS.get(label, shown)), label
            found[label] = len(queries)
        return found

    schedule.install()  # a test before this one may have emptied every table
    home, shown = Home(), 1
    grow(home)
    one = counts()
    grow(home)
    grow(home)
    shown = 3
    three = counts()
    assert {label: (one[label], count) for label, count in three.items() if count > one[label]} == {}
    assert {label: count for label, count in three.items() if count > BUDGET} == {}

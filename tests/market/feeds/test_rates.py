"""Exchange rates of the ECB, over HTTP as it answers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from market.models import FxRate, PriceSource
from market.services.feeds import refresh_rates
from market.tasks import mend_rates
from market.tasks import refresh_rates as task
from tests.market.builders import fx
from tests.support.sources import Source, payload, says

pytestmark = pytest.mark.django_db
# a Thursday, after the rates of the day are published
EVENING = datetime(2024, 3, 28, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def server():
    started = Source()
    yield started
    started.close()


@pytest.fixture
def bank(server, settings, clock):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    clock.move_to(EVENING)
    server.forget()
    PriceSource.objects.create(name="ecb", kind="ecb", base_url=server.url)
    return server.on("/eurofxref-daily.xml", payload("ecb-daily.xml")).on(
        "/eurofxref-hist-90d.xml", payload("ecb-90d.xml")
    )


def usd() -> dict[str, tuple[Decimal, str]]:
    rows = FxRate.objects.filter(owner=None, base="EUR", quote="USD").order_by("date")
    return {str(row.date): (row.rate, row.source) for row in rows}


def test_the_rates_since_the_last_ones_come_once(bank):
    fx("EUR", "USD", "2024-03-27", "1.0816")
    task()
    assert usd() == {"2024-03-27": (Decimal("1.0816"), "ecb"), "2024-03-28": (Decimal("1.0811"), "ecb")}
    assert bank.paths == ["/eurofxref-daily.xml"]
    task()
    assert len(bank.paths) == 1
    one = PriceSource.objects.get()
    assert (one.last_ok_at, one.failures) == (EVENING, 0)


def test_before_they_are_published_nothing_is_asked(bank, clock):
    clock.move_to(datetime(2024, 3, 28, 12, tzinfo=UTC))
    fx("EUR", "USD", "2024-03-27", "1.0816")
    assert refresh_rates() == 0
    assert bank.paths == []


def test_gaps_are_filled_and_what_came_from_elsewhere_stays(bank):
    fx("EUR", "USD", "2024-03-28", "1.5", source="staff")
    mend_rates()
    found = usd()
    assert found["2024-03-28"] == (Decimal("1.5"), "staff")
    assert found["2024-03-27"] == (Decimal("1.0816"), "ecb")
    assert bank.paths == ["/eurofxref-hist-90d.xml"]
    assert FxRate.objects.filter(date=date(2024, 3, 28), quote="JPY", source="ecb").exists()


def test_a_page_of_html_is_no_rates_and_is_told(bank):
    bank.on("/eurofxref-hist-90d.xml", says("<html>maintenance</html>"))
    assert refresh_rates() == 0
    one = PriceSource.objects.get()
    assert (one.failures, one.last_error) == (1, "The answer is a page of HTML.")
    assert not FxRate.objects.exists()

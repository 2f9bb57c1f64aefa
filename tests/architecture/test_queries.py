"""Query budgets: a list asks as often for three rows as for one, and as often as was agreed.

`tests/query_counts.json` holds what each read costs, cold and warm (its ledger in memory). A
number there changes only with a reason, told in the commit.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import services as people
from alerts.models import Alert, Attempt, Channel, Delivery, Notification, Trigger
from core import clock
from core.actor import Actor
from market.models import Coin, CorporateAction, Exchange
from portfolios.models import PortfolioMember
from portfolios.selectors.ledger import memory
from portfolios.services import sharing
from portfolios.services.portfolios import create_portfolio
from tests.api.conftest import PASSWORD
from tests.api.routes import FILE, TOKEN, Call, Scene, routes
from tests.api.test_permissions import Person, archive_of

COUNTS = Path(__file__).resolve().parents[1] / "query_counts.json"
READS = sorted(
    (route for route in routes() if "get" in route.methods and route.name not in {"schema", "api-docs"}),
    key=lambda route: route.name,
)
# What one more portfolio costs that is not in memory: owner, entries, instruments, splits, rates, prices.
COLD_LEDGER = 10
# What its quality checks ask besides: twins, trades beside their bars, dividends.
OF_CHECKS = 3
pytestmark = pytest.mark.django_db


class Home:
    """One person's data, of which there can be more and more of each kind."""

    def __init__(self) -> None:
        self.person = Person("ada@example.org")
        self.rows = 0
        self.ids: dict[str, dict[str, Any]] = {"": {}}

    def post(self, name: str, body: Any, **ids: Any) -> Any:
        answer = self.person.send(Call("post"), reverse(name, kwargs=ids), body)
        assert answer.status_code in {200, 201}, answer.content
        return answer.json()

    def grow(self) -> None:
        """Add one row to every list."""
        self.rows += 1
        number = self.rows
        Coin.objects.create(coin_id=f"coin-{number}", symbol=f"C{number}", name="Coin")
        Exchange.objects.create(mic=f"XT{number}", name="Test", time_zone="UTC")
        watchlist = self.post("api-watchlists", {"name": f"List {number}"})["id"]
        watched = self.ids[""].setdefault("watchlist_id", watchlist)
        token = self.post("api-users-tokens", TOKEN)["id"]
        self.ids[""].setdefault("token_id", token)
        instrument = self.instrument(number)
        self.post("api-watchlist-items", {"instrument": instrument}, watchlist_id=watched)
        self.alert(instrument, number)
        url = reverse("api-instrument-tags", args=[instrument])
        self.person.send(Call("put"), url, {"tags": [f"tag {number}"]})
        portfolio = self.post("api-portfolios", {"name": f"P{number}", "currency": "EUR"})["id"]
        first = self.ids[""].setdefault("portfolio_id", portfolio)
        for where in {first, portfolio}:
            self.ledger(where, instrument, number)
        self.post("place-order", [{"tick_id": instrument, "purchase_price": 9, "purchase_qty": 1}])
        self.post("crypto-add", {"coin_id": f"coin-{number}", "amount": 1})
        upload = {"file_name": "a.csv", "content": FILE.replace(",2,12,", f",{number},12,")}
        self.share(first, number)
        preview = self.post("api-imports", upload, portfolio_id=first)["id"]
        self.ids[""].setdefault("import_id", preview)
        self.post("api-import-presets", {"name": f"P{number}", "mapping": {}})
        self.ids[""]["archive_id"] = archive_of(self.person)
        self.channel(number)

    def alert(self, instrument: str, number: int) -> None:
        """Arm one more alert, and let the first fire once more."""
        waits = {"instrument": instrument, "condition": "above", "level": "1"}
        first = self.ids[""].setdefault("alert_id", self.post("api-alerts", waits)["id"])
        at, prices = clock.now(), dict.fromkeys(("level", "price", "low", "high"), 1)
        alert = Alert.objects.get(uuid=first)
        fired = Trigger.objects.create(
            alert=alert, number=number, seq=number, at=at, recorded_at=at, **prices
        )
        Notification.objects.create(user=self.person.user, kind="alert", trigger=fired, created_at=at)

    def channel(self, number: int) -> None:
        """Lead to one more place, and have the first tried once more, twice as it failed."""
        made = self.post("api-channels", {"kind": "ntfy", "settings": {"topic": f"topic-{number}"}})
        first = Channel.objects.get(uuid=self.ids[""].setdefault("channel_id", made["id"]))
        told = Notification.objects.latest("id")
        sent = Delivery.objects.create(
            channel=first, notification=told, due_at=clock.now(), created_at=clock.now()
        )
        for _try in range(2):
            Attempt.objects.create(delivery=sent, number=1, at=clock.now(), took_ms=1, outcome="retry")

    def share(self, portfolio: str, number: int) -> None:
        """Let one more look at it, invite another, and have somebody else invite this person."""
        guest = people.register_user(
            email=f"guest{number}@example.org", password=PASSWORD, email_verified=True
        )
        PortfolioMember.objects.create(portfolio_id=portfolio, user=guest, role="viewer")
        invited = {"email": f"friend{number}@example.org", "role": "viewer"}
        self.post("api-invitations", invited, portfolio_id=portfolio)
        public = self.post("api-public-links", {"label": f"Link {number}"}, portfolio_id=portfolio)
        self.ids.setdefault("api-public-portfolio", {"token": public["token"]})
        theirs = create_portfolio(actor=Actor.user(guest), owner_id=guest.pk, name="Theirs", currency="EUR")
        sharing.invite_member(
            actor=Actor.user(guest), portfolio_id=theirs.pk, email=self.person.user.email, role="viewer"
        )

    def instrument(self, number: int) -> str:
        """Make an instrument in a currency of its own, with prices, a dividend and a rate."""
        currency = ("USD", "GBP", "CHF")[number - 1]
        made = self.post("api-instruments", {"symbol": f"I{number}", "name": "One", "currency": currency})[
            "id"
        ]
        first = self.ids[""].setdefault("uuid", made)
        for one in {first, made}:
            self.post("api-bars", [{"date": f"2024-01-0{number}", "close": "10"}], uuid=one)
            dividend = {
                "kind": "dividend",
                "ex_date": f"2024-02-0{number}",
                "amount": "1",
                "currency": currency,
            }
            self.post("api-corporate-actions", dividend, uuid=one)
        self.ids.setdefault("api-ticker-orders", {"tick_id": made})
        ticks = [
            {"tick_id": self.ids["api-ticker-orders"]["tick_id"], "ltp": 10},
            {"tick_id": made, "ltp": 10},
        ]
        at = (clock.now() - timedelta(days=10 - number)).isoformat()
        self.post("api-ticks", [{**one, "timestamp": at} for one in ticks])
        self.post("api-rates", [{"base": "EUR", "quote": currency, "date": "2024-01-01", "rate": "1.25"}])
        action = CorporateAction.objects.filter(instrument__uuid=first).order_by("id").first()
        self.ids["api-corporate-action"] = {"uuid": action.uuid}
        return made

    def ledger(self, portfolio: str, instrument: str, number: int) -> None:
        """Buy, sell a part, get a dividend, and change one transaction as often as there are rows."""
        day = f"2024-01-1{number}"
        trade = {"instrument": instrument, "quantity": "2", "price": "9", "date": day}
        bought = self.post("api-transactions", {**trade, "kind": "buy"}, portfolio_id=portfolio)["id"]
        self.post("api-transactions", {**trade, "kind": "sell", "quantity": "1"}, portfolio_id=portfolio)
        self.post("api-transactions", {**trade, "kind": "dividend"}, portfolio_id=portfolio)
        first = self.ids[""].setdefault("transaction_id", bought)
        if portfolio == self.ids[""]["portfolio_id"]:
            url = reverse("api-transaction", args=[portfolio, first])
            self.person.send(Call("patch"), url, {"note": day})

    def counts(self) -> dict[str, tuple[int, int]]:
        """Count the queries of each read: with an empty memory, and again."""
        memory.clear()
        scene, found = Scene(self.ids, {}), {}
        for route in READS:
            memory.clear()
            found[route.name] = (self.queries(scene.url(route)), self.queries(scene.url(route)))
        return found

    def queries(self, url: str) -> int:
        query = {"ticker": "I1"} if url == reverse("api-ohlc") else {}
        with CaptureQueriesContext(connection) as captured:
            answer = self.person.send(Call("get", query=query), url, None)
        assert answer.status_code == 200, answer.content
        return len(captured)


@pytest.fixture
def home() -> Home:
    return Home()


def test_reads_cost_the_same_for_one_row_and_for_three_and_what_was_agreed(home):
    home.grow()
    one = home.counts()
    home.grow()
    home.grow()
    three = home.counts()
    agreed = {name: tuple(counts.values()) for name, counts in json.loads(COUNTS.read_text()).items()}
    grown = {name: (three[name][0] - one[name][0], three[name][1] - one[name][1]) for name in one}
    # Two portfolios more to read; in memory they cost nothing. A statement reads two prices besides.
    assert {name: more for name, more in grown.items() if more != (0, 0)} == {
        "api-net-worth": (2 * COLD_LEDGER, 0),
        "api-explain": (2 * COLD_LEDGER, 0),
        "api-report-allocation": (2 * COLD_LEDGER, 0),
        "api-report-benchmark-comparison": (2 * (COLD_LEDGER - 1), 0),
        "api-report-performance": (2 * COLD_LEDGER, 0),
        "api-report-risk": (2 * (COLD_LEDGER - 1), 0),
        "api-report-rolling-risk": (2 * (COLD_LEDGER - 1), 0),
        "api-report-series": (2 * (COLD_LEDGER - 1), 0),
        "api-report-statement": (2 * COLD_LEDGER, 0),
        "quality-checks": (2 * (COLD_LEDGER + OF_CHECKS), 0),
    }
    assert one == agreed


def test_lists_had_rows_to_show(home):
    """Prove that the scene above fills each list: else the counts would say nothing."""
    for _ in range(3):
        home.grow()
    scene = Scene(home.ids, {})
    totals = {}
    for route in READS:
        query = {"ticker": "I1"} if route.name == "api-ohlc" else {}
        body = home.person.send(Call("get", query=query), scene.url(route), None)
        if body.headers["Content-Type"].startswith("application/json") and "total" in body.json():
            totals[route.name] = body.json()["total"]
    lists = {name: total for name, total in totals.items() if isinstance(total, int)}
    assert lists.pop("api-import") == 1  # the rows of one file
    assert lists.pop("api-explain") > 0  # the causes of one gain, of which some are 0
    assert {name for name, total in lists.items() if total < 3} == set()
    assert len(lists) >= 12

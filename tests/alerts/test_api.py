"""Alerts over the API: the caller's own, in the currency of the instrument."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from alerts.models import Alert, Notification
from alerts.services.evaluation import evaluate
from alerts.services.notifications import notify
from core.actor import Actor
from core.models import LIVE_WORLD
from market.models import DailyBar, Instrument
from portfolios.models import Portfolio
from portfolios.services.portfolios import create_portfolio
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db
LIST = "/api/v1/alerts"
TOLD = "/api/v1/notifications"


@pytest.fixture
def api(ida, traveller) -> APIClient:
    client = APIClient()
    client.force_authenticate(ida)
    return client


@pytest.fixture
def pence(db) -> Instrument:
    return Instrument.objects.create(symbol="LON", name="London", currency="GBP", quote_unit="0.01")


def arm(api, listing, **more):
    body = {"instrument": str(listing.uuid), "condition": "crosses_up", "level": "2.5", **more}
    return api.post(LIST, body, format="json")


def test_alert_waits_fires_and_tells_in_pounds_what_is_quoted_in_pence(api, pence, tell):
    tell(pence, "240", 1)
    made = arm(api, pence, note="sell")
    assert (made.status_code, made.data["level"], made.data["currency"]) == (201, "2.5", "GBP")
    assert Alert.objects.get().level == 250
    tell(pence, "260", 2)
    evaluate(world_id=LIVE_WORLD)
    alert = f"{LIST}/{made.data['id']}"
    assert (api.get(alert).data["state"], api.get(alert).data["fired"]) == ("fired", 1)
    [trigger] = api.get(f"{alert}/triggers").data["items"]
    assert (trigger["previous"], trigger["price"], trigger["level"]) == ("2.4", "2.6", "2.5")
    told = api.get("/api/v1/notifications").data["items"]
    assert [one["title"] for one in told] == ["LON rose through 2.50\xa0GBP: it is at 2.60\xa0GBP"]
    assert [one["alert"] for one in told] == [made.data["id"]]


def test_reading_up_to_one_leaves_the_later_unread(api, share, tell):
    tell(share, "1", 1)
    for level in ("2", "3", "4"):
        arm(api, share, level=level)
    tell(share, "5", 2)
    evaluate(world_id=LIVE_WORLD)
    ids = sorted(Notification.objects.values_list("pk", flat=True))
    answer = api.post("/api/v1/notifications/read", {"up_to": ids[1]}, format="json")
    assert answer.data == {"unread": 1}
    assert list(Notification.objects.filter(read_at=None).values_list("pk", flat=True)) == [ids[2]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"level": "0"}, "level"),
        ({"level": "-1"}, "level"),
        ({"level": "NaN"}, "level"),
        ({"level": "0.000000000000000001"}, "level"),
        ({"level": "99999999999999999999"}, "level"),
        ({"condition": "explodes"}, "condition"),
        ({"cooldown_minutes": 0}, "cooldown_minutes"),
        ({"note": "x" * 201}, "note"),
        ({"expires_at": (NOON - timedelta(days=1)).isoformat()}, "expires_at"),
        ({"expires_at": (NOON + timedelta(days=3654)).isoformat()}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-11:00"}, "expires_at"),
        ({"instrument": "x"}, "instrument"),
    ],
)
def test_wrong_value_is_refused_by_its_field(api, share, change, field):
    answer = arm(api, share, **change)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, [field])
    assert not Alert.objects.exists()


def test_instrument_that_is_not_there_or_somebody_elses_is_not_found(api, share, django_user_model):
    share.owner = django_user_model.objects.create_user("bob@example.org", "x")
    share.save()
    assert arm(api, share).status_code == 404
    assert arm(api, share, instrument=str(uuid4())).status_code == 404


def test_pausing_and_resuming_twice_is_once(api, share):
    made = arm(api, share).data["id"]
    for _turn in range(2):
        assert api.post(f"{LIST}/{made}/pause").data["state"] == "paused"
    for _turn in range(2):
        assert api.post(f"{LIST}/{made}/resume").data["state"] == "armed"
    assert Alert.objects.get().levels.count() == 1


def test_notifications_are_filtered_and_marked_one_by_one(api, ida):
    for event in ("password_changed", "token_reused"):
        notify(users=[ida.pk], kind=Notification.Kind.SECURITY, event=event, data={})
    data = {"channel": "Robot", "reason": "gone"}
    notify(users=[ida.pk], kind=Notification.Kind.CHANNEL, event="channel_stopped", data=data)
    first, second, third = Notification.objects.order_by("pk").values_list("pk", flat=True)

    def listed(query: str) -> list[int]:
        return [one["id"] for one in api.get(f"{TOLD}?{query}").data["items"]]

    assert api.post(f"{TOLD}/read", {"ids": [second]}, format="json").data == {"unread": 2}
    assert api.get(f"{TOLD}/unread").data == {"unread": 2}
    assert listed("unread=true") == [third, first]
    assert listed("unread=false") == [second]
    assert listed("kind=channel") == [third]
    assert listed(f"after={first}") == [third, second]
    assert api.get(f"{TOLD}?kind=weather").status_code == 400
    assert api.post(f"{TOLD}/read", {}, format="json").status_code == 400
    [told] = api.get(f"{TOLD}?kind=channel").data["items"]
    assert (told["title"], told["alert"], told["trigger"], told["data"]) == (
        "Notifications no longer go to Robot",
        None,
        None,
        data,
    )


def test_what_others_were_told_is_not_marked(api, ida, django_user_model):
    bob = django_user_model.objects.create_user("bob@example.org", "x")
    notify(users=[bob.pk], kind=Notification.Kind.SECURITY, event="password_changed", data={})
    theirs = Notification.objects.get().pk
    assert api.post(f"{TOLD}/read", {"ids": [theirs], "up_to": theirs}, format="json").status_code == 200
    assert Notification.objects.get().read_at is None
    assert api.get(TOLD).data["items"] == []


def test_list_tells_how_far_prices_have_to_go(api, share, pence, tell):
    tell(share, "10", 1)
    tell(pence, "240", 2)
    arm(api, pence, level="2.52")
    band = {"kind": "inside", "instrument": str(share.uuid), "level": "11", "upper": "12"}
    far = {"kind": "below", "instrument": str(share.uuid), "level": "8"}
    api.post(LIST, {"joined": "any", "clauses": [band, far]}, format="json")
    api.post(
        LIST,
        {"clauses": [{"kind": "rsi_above", "instrument": str(share.uuid), "days": 14, "percent": 70}]},
        format="json",
    )
    assert [one["distance"] for one in api.get(LIST).data["items"]] == [None, "10", "5"]


def test_rule_is_made_changed_and_told_clause_by_clause(api, pence, tell, django_assert_max_num_queries):
    tell(pence, "240", 1)
    falls = {
        "kind": "change_percent_close",
        "instrument": str(pence.uuid),
        "direction": "down",
        "percent": "5",
    }
    above = {"kind": "above", "instrument": str(pence.uuid), "level": "2.5"}
    made = api.post(LIST, {"joined": "any", "clauses": [falls, above], "note": "look"}, format="json")
    assert (made.status_code, made.data["joined"], made.data["instrument"]) == (201, "any", None)
    clauses = made.data["clauses"]
    assert [(one["kind"], one["level"], one["currency"]) for one in clauses] == [
        ("change_percent_close", None, "GBP"),
        ("above", "2.5", "GBP"),
    ]
    one = f"{LIST}/{made.data['id']}"
    assert api.patch(one, {"note": "now"}, format="json").data["clauses"] == clauses
    tell(pence, "260", 2)
    evaluate(world_id=LIVE_WORLD)
    [trigger] = api.get(f"{one}/triggers").data["items"]
    assert (trigger["level"], trigger["previous"], trigger["price"]) == (None, "2.4", "2.6")
    [last] = [fact for fact in trigger["facts"] if fact["last"]]
    assert (last["kind"], last["level"], last["price"], last["so"]) == ("above", "2.5", "2.6", True)
    changed = api.patch(
        one, {"joined": "all", "clauses": [{**above, "upper": "3", "kind": "inside"}]}, format="json"
    )
    assert (changed.data["state"], changed.data["clauses"][0]["upper"]) == ("armed", "3")
    with django_assert_max_num_queries(6):
        api.get(LIST)


def test_one_price_among_clauses_is_a_plain_alert(api, share):
    only = {"kind": "below", "instrument": str(share.uuid), "level": "8"}
    made = api.post(LIST, {"clauses": [only]}, format="json").data
    assert (made["joined"], made["condition"], made["level"]) == ("one", "below", "8")
    assert made["clauses"][0]["level"] == "8"


def test_list_is_narrowed(api, share, pence, ida):
    held = create_portfolio(actor=Actor.user(ida), owner_id=ida.pk, name="Cash", currency="EUR")
    plain = arm(api, share).data["id"]
    poor = {"kind": "cash_below", "portfolio": str(held.pk), "level": "10"}
    above = {"kind": "above", "instrument": str(pence.uuid), "level": "3"}
    rule = api.post(LIST, {"clauses": [poor, above]}, format="json").data["id"]
    api.post(f"{LIST}/{plain}/pause")

    def found(**query):
        return [one["id"] for one in api.get(LIST, query).data["items"]]

    assert found(state="paused") == found(instrument=share.uuid) == [plain]
    assert found(state="armed") == found(instrument=pence.uuid) == found(portfolio=held.pk) == [rule]
    assert api.get(LIST, {"state": "asleep"}).status_code == 400


@pytest.mark.parametrize(
    ("clause", "field"),
    [
        ({"kind": "above"}, "clauses.0.instrument"),
        ({"kind": "trailing", "instrument": "SHARE", "percent": "5"}, "clauses.0.direction"),
        ({"kind": "inside", "instrument": "SHARE", "level": "5", "upper": "4"}, "clauses.0.upper"),
        ({"kind": "above", "instrument": "SHARE", "level": "5", "days": 3}, "clauses.0.days"),
        ({"kind": "cash_below", "level": "5"}, "clauses.0.portfolio"),
    ],
)
def test_wrong_clause_is_refused_by_its_field(api, share, clause, field):
    if "instrument" in clause:
        clause = {**clause, "instrument": str(share.uuid)}
    answer = api.post(LIST, {"clauses": [clause]}, format="json")
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, [field])


def test_portfolio_of_somebody_else_is_not_found(api, django_user_model):
    bob = django_user_model.objects.create_user("bob@example.org", "x")
    his = create_portfolio(actor=Actor.user(bob), owner_id=bob.pk, name="His", currency="EUR")
    poor = {"kind": "cash_below", "portfolio": str(his.pk), "level": "10"}
    assert api.post(LIST, {"clauses": [poor]}, format="json").status_code == 404


def test_simulation_has_no_rules(api, ida):
    made = create_portfolio(actor=Actor.user(ida), owner_id=ida.pk, name="What if", currency="EUR")
    Portfolio.objects.filter(pk=made.pk).update(kind="simulated", managed_by=uuid4())
    poor = {"kind": "cash_below", "portfolio": str(made.pk), "level": "10"}
    answer = api.post(LIST, {"clauses": [poor]}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "clauses.0.portfolio")


def test_preview_tells_the_days_and_makes_nothing(api, share):
    for days, close in ((4, "9"), (3, "11"), (2, "9"), (1, "12")):
        DailyBar.objects.create(
            world_id=LIVE_WORLD,
            instrument=share,
            date=NOON.date() - timedelta(days=days),
            close=close,
            source="test",
        )
    waits = {"instrument": str(share.uuid), "condition": "crosses_up", "level": "10"}
    found = api.post(f"{LIST}/preview", waits, format="json").data
    assert [(one["date"], one["price"], one["symbol"]) for one in found["days"]] == [
        ("2024-03-03", "11", "SHR"),
        ("2024-03-05", "12", "SHR"),
    ]
    stale = {"kind": "price_stale", "instrument": str(share.uuid), "minutes": 5}
    left = api.post(f"{LIST}/preview", {"clauses": [stale]}, format="json").data
    assert left == {"days": [], "left_out": ["price_stale"]}
    assert not Alert.objects.exists()

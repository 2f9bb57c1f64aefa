"""Alerts of a CSV file: all of them or none, with the line and column of what is wrong."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from alerts.models import Alert, Level
from alerts.services.alerts import MOST_ALERTS
from alerts.services.bulk import import_alerts
from alerts.services.evaluation import evaluate
from core.actor import Actor
from core.errors import ValidationFailed
from core.models import LIVE_WORLD
from market.models import Exchange, Instrument
from portfolios.services.portfolios import create_portfolio

pytestmark = pytest.mark.django_db
FILE = "/api/v1/alerts/csv"
GOOD = """\
rule,joined,symbol,portfolio,condition,direction,level,upper,percent,days,note,repeats,cooldown_minutes,expires_at
,,SHR,,crosses_up,,10.5,,,,"sell, half",yes,60,2024-04-01
,,LON@XLON,,above,,2.5,,,,,,,2024-04-01T12:00:00+02:00
7,any,SHR,,inside,,20,30,,,both,,,
7,,,Savings,cash_below,,100,,,,,,,
"""


@pytest.fixture
def api(ida, traveller) -> APIClient:
    client = APIClient()
    client.force_authenticate(ida)
    return client


@pytest.fixture
def world(ida, share) -> None:
    ida.time_zone = "Europe/Berlin"
    ida.save()
    Exchange.objects.create(mic="XLON", name="London", time_zone="Europe/London")
    Instrument.objects.create(
        symbol="LON", name="London", currency="GBP", quote_unit="0.01", exchange_id="XLON"
    )
    create_portfolio(actor=Actor.user(ida), owner_id=ida.pk, name="Savings", currency="EUR")


def sent(api, text: str, query: str = ""):
    return api.post(FILE + query, text, content_type="text/csv")


def test_file_makes_alerts_and_the_export_makes_the_same(api, world, share, tell):
    assert sent(api, GOOD).data == {"made": 3, "refused": []}
    first, second, rule = Alert.objects.order_by("id")
    assert (first.level, first.note, first.repeats, first.cooldown_minutes) == (
        pytest.approx(first.level), "sell, half", True, 60,
    )  # fmt: skip
    assert first.expires_at.isoformat() == "2024-04-01T22:00:00+00:00"  # the end of the day in Berlin
    assert (second.level, second.instrument.symbol) == (250, "LON")
    assert [(one.kind, one.level) for one in rule.clauses.all()] == [("inside", 20), ("cash_below", 100)]
    exported = api.get(FILE)
    assert exported.headers["Content-Type"] == "text/csv; charset=utf-8"
    Alert.objects.all().delete()
    assert sent(api, exported.content.decode()).data["made"] == 3
    assert api.get(FILE).content == exported.content
    tell(share, "25", 1)
    evaluate(world_id=LIVE_WORLD)
    assert sorted(Alert.objects.filter(state="fired").values_list("joined", flat=True)) == ["any"]


def test_german_numbers_are_read(api, world):
    assert sent(api, "symbol;condition;level\nSHR;above;1.234,5\n").data["made"] == 1
    assert str(Alert.objects.get().level.normalize()) == "1234.5"


BAD = """\
symbol,condition,level,percent,repeats,portfolio,expires_at,direction
NONE,above,1,,,,,
SHR,explodes,1,,,,,
SHR,above,x,,,,,
SHR,above,-1,,,,,
SHR,above,1,,perhaps,,,
SHR,above,1,,,,2020-01-01,
SHR,above,1,,,,2024-04-01T12:00,
,cash_below,1,,,Elsewhere,,
SHR,trailing,,5,,,,
SHR,above,9,,,,,
"""


def test_nothing_is_made_of_a_file_with_faults_and_each_is_named(api, world):
    answer = sent(api, BAD)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [
        "lines.2.symbol",
        "lines.3.condition",
        "lines.4.level",
        "lines.5.level",
        "lines.6.repeats",
        "lines.7.expires_at",
        "lines.8.expires_at",
        "lines.9.portfolio",
        "lines.10.direction",
    ]
    assert not Alert.objects.exists()
    skipped = api.post(FILE, {"content": BAD, "skip_bad": True}, format="json")
    assert (skipped.status_code, skipped.data["made"], len(skipped.data["refused"])) == (201, 1, 9)
    assert [str(one.level) for one in Level.objects.all()] == ["9.000000000000000000"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("PK\x03\x04", "not-csv-zip"),
        ("symbol,condition,price\nSHR,above,1\n", "no-column"),
        ("symbol,condition,symbol\nSHR,above,1\n", "twice"),
        ("symbol,level\nSHR,1\n", "missing"),
        ("symbol,condition,level\n" + "SHR,above,1\n" * 501, "too-many"),
    ],
)
def test_what_is_no_such_file_is_refused_whole(ida, world, traveller, text, code):
    with pytest.raises(ValidationFailed) as error:
        import_alerts(actor=Actor.user(ida), user=ida, content=text.encode())
    assert error.value.errors[0].code == code


def test_five_hundred_fit_in_and_no_more_in_few_queries(api, world, django_assert_max_num_queries):
    lines = "symbol,condition,level\n" + "SHR,above,1\n" * (MOST_ALERTS - 1)
    with django_assert_max_num_queries(30):
        assert sent(api, lines).data["made"] == MOST_ALERTS - 1
    two = sent(api, "symbol,condition,level\nSHR,above,1\nSHR,above,2\n")
    assert (two.status_code, two.json()["type"].rsplit("/", 1)[-1]) == (409, "too-many-alerts")


def test_template_names_every_column_and_is_read(api, world):
    Instrument.objects.create(symbol="ACME", name="Acme", currency="EUR")
    text = api.get(FILE, {"template": "true"}).content.decode()
    assert sent(api, text).data == {"made": 3, "refused": []}


def test_end_is_ten_years_away_at_most(api, world):
    ends = ["2034-03-06", "2034-03-07", "9999-12-31", "9999-12-31T23:59:59-11:00"]
    lines = [f"SHR,above,10,{one}" for one in ends]
    answer = sent(api, "\n".join(["symbol,condition,level,expires_at", *lines]))
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [f"lines.{at}.expires_at" for at in (3, 4, 5)]

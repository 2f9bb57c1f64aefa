"""The pages of alerts: the list by state, one alert, what is done with them, and the chart's levels."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alerts.models import Alert
from market.models import Instrument
from tests.alerts.ground import HTMX, clause, fire, one
from tests.market.quotes.told import NOON
from tests.market.views.conftest import words


def test_nobody_has_alerts_at_first_and_the_page_says_what_they_are(reader):
    page = words(reader.get("/alerts/"))
    assert "Make the first alert" in page
    assert "Resting" not in page


def test_list_tells_what_is_waited_for_and_how_far_it_is(reader, share, armed, tell):
    armed(share, "above", "12", note="Sell half", expires_at=NOON + timedelta(days=90))
    fire(tell, share, "10")
    page = reader.get("/alerts/")
    said = words(page)
    assert "SHR at or above 12.00 EURSell half" in said
    assert "10.00 EUR" in said
    assert "+20.00%" in said
    assert "June 4, 2024" in said
    assert [(row.level, row.distance) for row in page.context["rows"]] == [(12, Decimal("0.2"))]
    assert f'data-live-distance="{share.uuid}" data-level="12' in page.content.decode()


def test_level_in_pence_is_told_in_pounds(reader, ida, armed, tell):
    share = Instrument.objects.create(symbol="PEN", currency="GBP", quote_unit=Decimal("0.01"))
    armed(share, "below", "1.50")
    fire(tell, share, "200")
    [row] = reader.get("/alerts/").context["rows"]
    assert (row.title, row.level, row.distance) == (
        "PEN at or below 1.50\xa0GBP",
        Decimal("1.50"),
        Decimal("-0.25"),
    )


def test_tabs_count_and_hold_each_state(reader, share, armed, tell):
    armed(share, "above", "100")
    done = armed(share, "above", "11")
    resting = armed(share, "above", "11", repeats=True)
    paused = armed(share, "below", "5")
    reader.post(one(paused, "alert-pause"))
    fire(tell, share, "10", "11")
    page = reader.get("/alerts/")
    assert page.context["counts"] == {"armed": 1, "resting": 1, "paused": 1, "done": 1}
    for state, alert in (("resting", resting), ("paused", paused), ("done", done)):
        rows = reader.get("/alerts/", {"state": state}).context["rows"]
        assert [row.alert.uuid for row in rows] == [alert.uuid], state
    assert [row.alert.level for row in reader.get("/alerts/?state=☃").context["rows"]] == [100]


def test_list_asks_as_often_for_many_as_for_one_of_each(reader, share, armed, ruled, tell):
    def grow() -> None:
        armed(share, "above", "100")
        ruled("any", clause("above", share, level="110"), clause("below", share, level="5"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert reader.get("/alerts/").status_code == 200
        return len(captured)

    grow()
    fire(tell, share, "10")
    queries()
    one_of_each = queries()
    grow()
    grow()
    assert queries() == one_of_each


def test_rule_is_paused_copied_and_deleted_by_its_words(reader, share, ruled):
    rule = ruled("all", clause("above", share, level="11"), clause("high_of_days", share, days=30))
    words_of_it = "SHR at or above 11.00\\u00a0EUR and SHR at a new high of 30 days."
    for name in ("alert-pause", "alert-duplicate", "alert-delete"):
        assert words_of_it in reader.post(one(rule, name), headers=HTMX)["HX-Trigger"], name
    assert [row.title for row in reader.get("/alerts/").context["rows"]] == [
        "SHR at or above 11.00\xa0EUR and SHR at a new high of 30 days"
    ]


def test_pages_of_the_list_are_turned_by_htmx(reader, share, armed):
    for level in range(51):
        armed(share, "above", str(100 + level))
    first = reader.get("/alerts/")
    assert len(first.context["rows"]) == 50
    second = reader.get("/alerts/?state=armed&page=2", headers=HTMX)
    assert [row.level for row in second.context["rows"]] == [100]
    assert "<html" not in second.content.decode()


def test_pause_and_resume_answer_htmx_with_words_and_the_rest_with_a_way_back(reader, share, armed):
    alert = armed(share, "above", "12")
    answer = reader.post(one(alert, "alert-pause"), headers=HTMX)
    assert answer.status_code == 204
    assert answer["HX-Trigger"] == (
        '{"toast": {"text": "Paused: SHR at or above 12.00\\u00a0EUR.", "level": "success"},'
        ' "alerts-changed": ""}'
    )
    alert.refresh_from_db()
    assert alert.state == "paused"
    answer = reader.post(one(alert, "alert-resume"), {"next": one(alert)})
    assert (answer.status_code, answer["Location"]) == (302, one(alert))
    answer = reader.post(one(alert, "alert-pause"), {"next": "https://evil.example/"})
    assert answer["Location"] == "/alerts/"


def test_one_that_is_done_is_not_paused_and_the_page_says_why(reader, share, armed, tell):
    alert = armed(share, "above", "11")
    fire(tell, share, "11")
    answer = reader.post(one(alert, "alert-pause"), headers=HTMX)
    assert "This alert fired its last time, or it ran out." in answer["HX-Trigger"]
    assert '"level": "error"' in answer["HX-Trigger"]


def test_delete_names_what_goes_and_then_it_is_gone(reader, share, armed, tell):
    alert = armed(share, "above", "11")
    fire(tell, share, "11")
    asked = words(reader.get(one(alert, "alert-delete")))
    assert "SHR at or above 11.00 EUR" in asked
    assert "The one time that it fired, and what you were told of it, goes with it." in asked
    assert "<html" not in reader.get(one(alert, "alert-delete"), headers=HTMX).content.decode()
    assert Alert.objects.exists()
    assert reader.post(one(alert, "alert-delete")).status_code == 302
    assert not Alert.objects.exists()


def test_many_at_once_passes_over_what_is_gone_done_or_anothers(reader, stranger, share, armed, tell):
    first, second, done = armed(share, "above", "20"), armed(share, "above", "30"), armed(share, "above", "9")
    fire(tell, share, "10")
    chosen = [str(alert.uuid) for alert in (first, second, done)] + [str(uuid4()), "x"]
    stranger.post("/alerts/bulk/", {"do": "delete", "alert": chosen})
    assert Alert.objects.count() == 3
    answer = reader.post("/alerts/bulk/", {"do": "pause", "alert": chosen}, headers=HTMX)
    assert "2 alerts are paused." in answer["HX-Trigger"]
    assert list(Alert.objects.order_by("id").values_list("state", flat=True)) == ["paused", "paused", "fired"]
    answer = reader.post("/alerts/bulk/", {"do": "resume", "alert": chosen[:1]}, headers=HTMX)
    assert "One alert is armed." in answer["HX-Trigger"]
    reader.post("/alerts/bulk/", {"do": "delete", "alert": chosen})
    assert Alert.objects.count() == 0
    for data in ({"do": "delete"}, {"do": "☃", "alert": chosen}):
        assert "Tick the alerts first." in reader.post("/alerts/bulk/", data, headers=HTMX)["HX-Trigger"]


def test_page_of_one_tells_each_time_that_it_fired(reader, share, armed, tell):
    alert = armed(share, "crosses", "10", repeats=True, cooldown_minutes=1)
    fire(tell, share, "9", "12")
    page = reader.get(one(alert))
    [fired] = page.context["triggers"]
    assert (fired.previous, fired.price, fired.low, fired.high, fired.level) == (9, 12, 9, 12, 10)
    assert (fired.at, fired.took, fired.source) == (NOON + timedelta(minutes=1), 0, "feed")
    said = words(page)
    assert "fires every time, and rests 15 minutes after" not in said
    assert "fires every time, and rests a minute after" in said
    assert "9.00 EUR 12.00 EUR 9.00 – 12.00 feed" in said


def test_another_persons_alert_is_not_there(stranger, share, armed):
    alert = armed(share, "above", "11")
    for name in ("alert", "alert-delete", "alert-snooze", "alert-edit"):
        assert stranger.get(one(alert, name)).status_code == 404
    for name in ("alert-pause", "alert-resume", "alert-delete", "alert-snooze", "alert-duplicate"):
        assert stranger.post(one(alert, name)).status_code == 404
    assert Alert.objects.get().state == "armed"


def test_form_of_another_site_changes_nothing(ida, share, armed):
    alert = armed(share, "above", "11")
    client = Client(enforce_csrf_checks=True)
    client.force_login(ida)
    for path in (one(alert, "alert-pause"), one(alert, "alert-delete"), "/alerts/bulk/", "/alerts/new/"):
        assert client.post(path, {"do": "delete", "alert": str(alert.uuid)}).status_code == 403
    assert Alert.objects.get().state == "armed"


def test_chart_gets_its_levels_and_takes_one_that_was_clicked(reader, share, armed):
    armed(share, "above", "12")
    chart, at = (reverse(name, args=[share.uuid]) for name in ("alerts-on-chart", "alert-at"))
    levels = reader.get(chart, headers=HTMX).content.decode()
    assert f'data-chart-offer="{at}"' in levels
    assert 'data-chart-line value="12">at or above 12.00\xa0EUR</data>' in levels
    assert reader.get(chart).status_code == 302
    offer = reader.get(at, {"level": "13.5"}, headers={"X-Fragment": "chart"}).content.decode()
    assert 'value="13.5"' in offer
    assert "<html" not in offer
    answer = reader.post(at, {"condition": "crosses_up", "level": "13,50"}, headers=HTMX)
    assert answer.headers.get("HX-Retarget") is None
    assert "Alert made: SHR rises through 13.50\\u00a0EUR." in answer["HX-Trigger"]
    assert 'value="13.5"' in answer.content.decode()
    made = Alert.objects.first()
    assert (made.level, made.repeats, made.expires_at) == (
        Decimal("13.5"),
        False,
        NOON + timedelta(days=90),
    )


def test_chart_shows_what_is_wrong_in_the_form_itself(reader, share):
    at = reverse("alert-at", args=[share.uuid])
    answer = reader.post(at, {"condition": "crosses", "level": "-1"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (400, "#alert-at")
    assert "The level is a price above zero." in words(answer)
    assert "<html" in reader.get(at, {"level": "x"}).content.decode()
    assert not Alert.objects.exists()


def test_snooze_for_a_while_or_until_an_instant_and_arm_again(reader, share, armed):
    alert = armed(share, "above", "12")
    url = one(alert, "alert-snooze")
    assert (
        "Snoozed until March 6, 2024, 1 p.m.: SHR"
        in reader.post(url, {"span": "hour"}, headers=HTMX)["HX-Trigger"]
    )
    alert.refresh_from_db()
    assert (alert.state, alert.rearm_at) == ("resting", NOON + timedelta(hours=1))
    reader.post(one(alert, "alert-resume"))
    answer = reader.post(url, {"until": ""}, headers=HTMX)
    assert (answer.status_code, "Choose a day and a time." in words(answer)) == (400, True)
    assert "A time to come, at most a year away." in words(reader.post(url, {"until": "2024-03-06T11:00"}))
    assert reader.post(url, {"until": "2024-03-09T09:30"}).status_code == 302
    alert.refresh_from_db()
    assert alert.rearm_at.isoformat() == "2024-03-09T09:30:00+00:00"


def test_snooze_of_one_that_is_done_is_refused_where_it_was_asked(reader, share, armed, tell):
    alert = armed(share, "above", "11")
    fire(tell, share, "11")
    url = one(alert, "alert-snooze")
    assert "This alert fired its last time" in reader.post(url, {"span": "day"}, headers=HTMX)["HX-Trigger"]
    assert "This alert fired its last time" in words(reader.post(url, {"span": "day"}))


def test_duplicate_arms_another_that_waits_for_the_same(reader, share, armed, tell):
    alert = armed(share, "above", "11", note="Sell")
    fire(tell, share, "11")
    answer = reader.post(one(alert, "alert-duplicate"), headers=HTMX)
    assert "Armed once more: SHR at or above 11.00" in answer["HX-Trigger"]
    assert list(Alert.objects.order_by("id").values_list("state", "note")) == [
        ("fired", "Sell"),
        ("armed", "Sell"),
    ]


def test_search_finds_alerts_and_their_pages(reader, share, armed):
    armed(share, "above", "12", note="Sell half")
    for text in ("shr", "half"):
        assert "SHR at or above 12.00 EUR" in words(reader.get(reverse("search"), {"q": text})), text
    assert "New alert" in words(reader.get(reverse("search"), {"q": "alert"}))

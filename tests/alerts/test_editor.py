"""The editor of alerts: what it shows for each kind, what it makes of what is typed, and what it refuses."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from alerts.domain.rules import NEEDS, PARAMETERS, Kind, Subject
from alerts.models import Alert, Notification
from alerts.selectors.waits import title
from alerts.selectors.words import told
from alerts.services.changing import AlertChanges, change_alert
from core.actor import Actor
from market.models import DailyBar
from portfolios.models import Portfolio
from portfolios.services.portfolios import create_portfolio
from tests.alerts.ground import HTMX, clause, fire, one
from tests.market.quotes.told import NOON
from tests.market.views.conftest import words

TYPED = {
    "clause": "0",
    "c0-kind": "below",
    "c0-instrument": "shr",
    "c0-level": "9,5",
    "repeats": "every",
    "cooldown_minutes": "60",
    "rearm": "holds",
    "ends": "on",
    "ends_on": "2024-03-31",
    "note": "Buy",
}


def test_editor_makes_an_alert_and_keeps_what_was_typed_wrongly(reader, share, tell):
    tell(share, "10", 0)
    page = reader.get("/alerts/new/", {"instrument": share.uuid})
    assert f'value="{share.uuid}"' in page.content.decode()
    assert "SHR is at 10.00 EUR" in words(page)
    answer = reader.post("/alerts/new/", TYPED | {"c0-level": "cheap", "ends_on": ""})
    assert answer.status_code == 400
    assert "2 things need your attention." in words(answer)
    assert "Enter a number, such as 12.5 or 12,5." in words(answer)
    assert "Choose the day." in words(answer)
    assert 'value="cheap"' in answer.content.decode()
    answer = reader.post("/alerts/new/", TYPED)
    made = Alert.objects.get()
    assert answer["Location"] == one(made)
    values = (made.instrument, made.condition, made.level, made.repeats, made.cooldown_minutes, made.rearm)
    assert values == (share, "below", Decimal("9.5"), True, 60, "holds")
    assert (made.note, made.expires_at.isoformat()) == ("Buy", "2024-04-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"c0-level": "0"}, "Enter an amount above zero."),
        ({"c0-level": ""}, "This field is required."),
        ({"c0-instrument": "NONE"}, "There is no instrument “NONE”."),
        ({"ends_on": "2024-03-01"}, "The end is in the past."),
        ({"ends_on": "2034-03-08"}, "An alert waits for ten years at most."),
        ({"ends_on": "9999-12-31"}, "An alert waits for ten years at most."),
        ({"note": "x" * 201}, "at most 200 characters"),
        ({"c0-kind": "☃"}, "Select a valid choice."),
    ],
)
def test_editor_says_at_the_field_what_is_wrong(reader, share, wrong, said):
    answer = reader.post("/alerts/new/", TYPED | wrong)
    assert answer.status_code == 400
    assert said in words(answer)
    assert not Alert.objects.exists()


def test_editor_ends_in_ninety_days_or_never(reader, share):
    for ends, expected in (("usual", NOON + timedelta(days=90)), ("never", None)):
        reader.post("/alerts/new/", TYPED | {"ends": ends, "repeats": "once"})
        made = Alert.objects.first()
        assert (made.expires_at, made.repeats) == (expected, False)


def test_editor_draws_itself_anew_with_what_is_chosen_and_saves_nothing(reader, share):
    answer = reader.post("/alerts/new/", TYPED | {"redraw": "1", "c0-level": "cheap"}, headers=HTMX)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert 'value="cheap"' in html
    assert f'value="{share.uuid}"' in html
    assert "<html" not in html
    assert not Alert.objects.exists()


def test_editor_changes_an_alert_that_is_there(reader, stranger, share, armed, tell):
    alert = armed(share, "above", "12", note="Sell", expires_at=NOON + timedelta(days=1))
    url = one(alert, "alert-edit")
    page = reader.get(url).content.decode()
    for shown in ('value="12"', 'value="Sell"', 'value="2024-03-07"', f'value="{share.uuid}"'):
        assert shown in page, shown
    for method in ("get", "post"):
        assert getattr(stranger, method)(url, TYPED).status_code == 404
    assert reader.post(url, TYPED)["Location"] == one(alert)
    alert.refresh_from_db()
    assert (alert.condition, alert.level, alert.note, alert.repeats) == ("below", Decimal("9.5"), "Buy", True)
    fire(tell, share, "10", "9")
    alert.refresh_from_db()
    assert alert.state == "resting"


@pytest.fixture
def savings(ida: Any) -> Portfolio:
    return create_portfolio(actor=Actor.user(ida), owner_id=ida.pk, name="Savings", currency="EUR")


def values_of(kind: Kind) -> dict[str, str]:
    """Type the usual values of a kind, and levels that are in order."""
    need, levels = NEEDS[kind], {"level": "10", "upper": "12"}
    typed = {f"c0-{name}": levels.get(name) or f"{bounds.usual}" for name, bounds in need.parameters.items()}
    return typed | ({"c0-direction": need.directions[0].value} if need.directions else {})


def test_each_kind_asks_for_what_it_needs_and_is_made_and_shown_again(reader, ida, share, savings):
    whose = {"c0-instrument": "SHR", "c0-portfolio": str(savings.pk)}
    said = set()
    for kind in Kind:
        need = NEEDS[kind]
        drawn = reader.post("/alerts/new/", whose | {"c0-kind": kind.value, "redraw": "1"}, headers=HTMX)
        [form] = drawn.context["editor"].clauses
        assert [one.name for one in form.parameters if one.name != "direction"] == [
            name for name in PARAMETERS if name in need.parameters
        ], kind
        asked = {
            "instrument": need.subject is not Subject.PORTFOLIO,
            "portfolio": need.subject is not Subject.INSTRUMENT,
        }
        assert {name: name in form.fields for name in asked} == asked, kind
        typed = whose | {"clause": "0", "c0-kind": kind.value} | values_of(kind)
        answer = reader.post("/alerts/new/", typed)
        assert answer.status_code == 302, (kind, words(answer))
        made = Alert.objects.get()
        assert answer["Location"] == one(made)
        assert (made.joined == "one") is (kind.value in dict(Alert.CONDITIONS)), kind
        again = reader.get(one(made, "alert-edit")).context["editor"].clauses[0]
        shown = {
            f"c0-{name}": f"{value:f}"
            for name, value in again.initial.items()
            if name in need.parameters and isinstance(value, Decimal)
        }
        assert {name: Decimal(value) for name, value in shown.items()} == {
            name: Decimal(typed[name]) for name in shown
        }
        assert again.asked is kind
        assert reader.get(one(made)).status_code == 200
        said.add(title(made))
        made.delete()
    assert len(said) == len(Kind)
    assert {"SHR falls 5% from its low", "SHR rises 5% from its low"} & said == {"SHR rises 5% from its low"}
    assert "SHR in Savings rises by 5% since you bought it" in said
    assert "Savings is worth at least 10.00\xa0EUR" in said
    assert "SHR comes between 10.00\xa0EUR and 12.00\xa0EUR" in said


def test_another_condition_comes_and_goes_with_what_was_typed(reader, share):
    grown = reader.post("/alerts/new/", TYPED | {"act": "add"}, headers=HTMX)
    html = grown.content.decode()
    assert [form.number for form in grown.context["editor"].clauses] == [0, 1]
    assert 'name="c1-level"' in html
    assert html.count(f'value="{share.uuid}"') == 2
    assert 'value="9,5"' in html
    both = TYPED | {"clause": ["0", "1"], "c1-kind": "rsi_below", "c1-instrument": "SHR"}
    gone = reader.post("/alerts/new/", both | {"act": "remove-0"}, headers=HTMX)
    [left] = gone.context["editor"].clauses
    assert (left.number, left.asked, left.initial["days"], left.initial["percent"]) == (
        1,
        "rsi_below",
        14,
        30,
    )
    many = {"clause": [str(one) for one in range(12)]}
    assert (
        len(reader.post("/alerts/new/", many | {"act": "add"}, headers=HTMX).context["editor"].clauses) == 8
    )


def test_two_conditions_make_a_rule_that_fires_when_both_are_so(reader, share, tell):
    both = TYPED | {
        "clause": ["0", "3"],
        "c0-kind": "above",
        "c0-level": "11",
        "c3-kind": "change_amount_close",
        "c3-instrument": "SHR",
        "c3-direction": "up",
        "c3-level": "0,5",
        "joined": "all",
        "note": "",
    }
    answer = reader.post("/alerts/new/", both | {"c3-level": "x"})
    assert answer.status_code == 400
    assert "Amount : Enter a number" in words(answer).replace("Amount:", "Amount :")
    reader.post("/alerts/new/", both)
    made = Alert.objects.get()
    assert title(made) == "SHR at or above 11.00\xa0EUR and SHR rises by 0.50\xa0EUR since the last close"
    page = words(reader.get(one(made)))
    assert "It fires when all of this is so" in page
    tell(share, "10", 0)
    row = reader.get("/alerts/").context["rows"][0]
    assert (row.title, row.level, row.distance) == (title(made), 11, Decimal("0.1"))


def test_page_of_a_rule_tells_what_was_so_each_time(reader, share, ruled, tell):
    rule = ruled("any", clause("above", share, level="11"), clause("below", share, level="5"))
    fire(tell, share, "10", "12")
    [fired] = reader.get(one(rule)).context["triggers"]
    assert [(fact.words, fact.at, fact.last) for fact in fired.facts] == [
        ("SHR at or above 11.00\xa0EUR", "12.00\xa0EUR", True)
    ]
    assert (fired.previous, fired.price, fired.currency) == (10, 12, "EUR")
    assert "SHR at or above 11.00 EUR (12.00 EUR)" in words(reader.get(one(rule)))


def test_what_fired_a_rule_is_told_as_it_was_when_the_rule_is_another(reader, share, ruled, tell):
    under = clause("below", share, level="5")
    rule = ruled("any", clause("above", share, level="11"), under)
    fire(tell, share, "10", "12")
    changed = AlertChanges(clauses=[clause("above", share, level="777"), under])
    change_alert(actor=Actor.user(rule.owner), user=rule.owner, uuid=rule.uuid, changes=changed)
    [fired] = reader.get(one(rule)).context["triggers"]
    assert [fact.words for fact in fired.facts] == ["SHR at or above 11.00\xa0EUR"]
    assert told(Notification.objects.get()) == "It is so: SHR at or above 11.00\xa0EUR"


def test_rule_is_changed_and_begins_anew_only_where_it_waits_for_something_else(reader, share, ruled, tell):
    rule = ruled("any", clause("above", share, level="11"), clause("below", share, level="5"))
    page = reader.get(one(rule, "alert-edit"))
    typed = {"clause": ["0", "1"], "joined": "any", "ends": "never", "note": "Look"}
    for number, (kind, level) in enumerate((("above", "11"), ("below", "5"))):
        typed |= {f"c{number}-kind": kind, f"c{number}-instrument": "SHR", f"c{number}-level": level}
    assert [form.initial["level"] for form in page.context["editor"].clauses] == [11, 5]
    before = list(rule.clauses.values_list("pk", flat=True))
    reader.post(one(rule, "alert-edit"), typed)
    rule.refresh_from_db()
    assert (rule.note, list(rule.clauses.values_list("pk", flat=True))) == ("Look", before)
    reader.post(one(rule, "alert-edit"), typed | {"c1-level": "6", "joined": "all"})
    rule.refresh_from_db()
    assert (rule.joined, [clause.level for clause in rule.clauses.all()]) == ("all", [11, 6])
    fire(tell, share, "10", "6")
    rule.refresh_from_db()
    assert rule.state == "armed"


def test_plain_alert_becomes_a_rule_unless_it_fired(reader, share, armed, tell):
    alert = armed(share, "above", "11")
    rule = {
        "clause": ["0"],
        "c0-kind": "high_of_days",
        "c0-instrument": "SHR",
        "c0-days": "30",
        "ends": "never",
    }
    assert reader.post(one(alert, "alert-edit"), rule).status_code == 302
    alert.refresh_from_db()
    assert (alert.joined, alert.instrument, title(alert)) == ("all", None, "SHR at a new high of 30 days")
    fired = armed(share, "above", "11")
    fire(tell, share, "11")
    answer = reader.post(one(fired, "alert-edit"), rule)
    assert (answer.status_code, "It fired. Make another one for something else." in words(answer)) == (
        400,
        True,
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"c0-upper": "9"}, "It must be above the other one."),
        (
            {"c0-kind": "trailing", "c0-direction": "down", "c0-percent": "100"},
            "Must be between 0.01 and 10000.",
        ),
        ({"c0-kind": "high_of_days", "c0-days": "366"}, "less than or equal to 365"),
        (
            {"c0-kind": "change_percent_purchase", "c0-direction": "up", "c0-percent": "5"},
            "This field is required.",
        ),
        ({"c0-kind": "rsi_above", "c0-days": "14", "c0-percent": "100"}, "Must be between 1 and 99."),
    ],
)
def test_rule_is_refused_at_the_field(reader, share, wrong, said):
    band = {"clause": "0", "c0-kind": "inside", "c0-instrument": "SHR", "c0-level": "10", "c0-upper": "12"}
    answer = reader.post("/alerts/new/", band | wrong)
    assert answer.status_code == 400
    assert said in words(answer)
    assert not Alert.objects.exists()


def test_portfolio_of_another_person_is_no_choice(reader, stranger, share, savings):
    typed = {"clause": "0", "c0-kind": "portfolio_above", "c0-portfolio": str(savings.pk), "c0-level": "1"}
    answer = stranger.post("/alerts/new/", typed)
    assert "Select a valid choice." in words(answer)
    assert "Savings" not in stranger.get("/alerts/new/", {"portfolio": str(savings.pk)}).content.decode()
    page = reader.get("/alerts/new/", {"portfolio": str(savings.pk)})
    assert page.context["editor"].clauses[0].asked == "portfolio_day_change"
    assert f'<option value="{savings.pk}" selected>Savings' in page.content.decode()
    assert not Alert.objects.exists()


def test_preview_tells_the_days_of_the_last_year_and_stores_nothing(reader, share):
    DailyBar.objects.bulk_create(
        DailyBar(instrument=share, date=day, open=low, high=high, low=low, close=close, source="test")
        for day, low, high, close in (
            (date(2024, 2, 1), 9, 10, 10),
            (date(2024, 2, 2), 10, 12, 12),
            (date(2024, 2, 5), 9, 13, 9),
            (date(2024, 2, 6), 9, 9, 9),
        )
    )
    typed = {"clause": "0", "c0-kind": "crosses_up", "c0-instrument": "SHR", "c0-level": "11"}
    answer = reader.post("/alerts/preview/", typed)
    assert [(one.day, one.price, one.within) for one in answer.context["days"]] == [
        (date(2024, 2, 2), 12, False)
    ]
    said = words(answer)
    assert "It would have fired on one day." in said
    assert "Feb. 2, 2024" in said
    html = answer.content.decode()
    assert html.count("<circle") == 1
    assert 'aria-label="SHR over a year, with one mark"' in html
    answer = reader.post("/alerts/preview/", typed | {"c0-level": "20"})
    assert "It would not have fired." in words(answer)
    two = typed | {"clause": ["0", "1"], "c1-kind": "change_percent_minutes", "c1-instrument": "SHR"}
    two |= {"c1-direction": "up", "c1-percent": "5", "c1-minutes": "60", "joined": "any"}
    answer = reader.post("/alerts/preview/", two)
    assert "Past daily prices cannot tell of: changes by per cent within minutes." in words(answer)
    assert len(answer.context["days"]) == 1
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"c0-level": ""}, {"c0-level": "x"}, {"c0-instrument": "NONE"}, {"c0-kind": "☃"}]
)
def test_preview_waits_until_it_makes_sense(reader, share, wrong):
    typed = {"clause": "0", "c0-kind": "above", "c0-instrument": "SHR", "c0-level": "11"}
    answer = reader.post("/alerts/preview/", typed | wrong)
    assert answer.status_code == 200
    assert "Say what you wait for" in words(answer)

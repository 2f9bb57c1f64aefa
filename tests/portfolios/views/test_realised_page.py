"""The realised-gains report as a page, as files and over the API."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.portfolios.views.conftest import words


@pytest.fixture
def sold(portfolio, listed, enter, january):
    """Sell 5 of 10 in 2023, and in 2024 the other 5 with 5 of a lot that is a year old to the day."""
    acme = listed("ACME", "EUR", {"2024-01-31": "120"})
    enter(portfolio, "deposit", "2022-01-02", 5000)
    enter(portfolio, "buy", "2022-06-30", 10, 100, instrument=acme, fee=5)
    enter(portfolio, "buy", "2023-01-05", 10, 130, instrument=acme, fee=5)
    enter(portfolio, "sell", "2023-07-01", 5, 150, instrument=acme, fee=2)
    enter(portfolio, "sell", "2024-01-05", 10, 120, instrument=acme, fee=6)
    return acme


def test_page_teaches_while_nothing_was_sold(member, portfolio, acme):
    answer = member.get(f"/portfolios/{portfolio.pk}/realised/")
    assert "Nothing was sold yet." in words(answer)
    assert answer.context["shown"] is None


def test_page_shows_the_latest_tax_year_and_another_when_asked(member, portfolio, sold):
    page = f"/portfolios/{portfolio.pk}/realised/"
    answer = member.get(page)
    shown, text = answer.context["shown"], words(answer)
    assert (shown.totals.year, shown.gain, shown.short, shown.long) == (2024, 50, -50, 100)
    assert (shown.proceeds, shown.cost, str(shown.charges)) == (1200, 1150, "11.00")
    assert [(one.row.days, one.row.term, one.gain) for one in shown.rows] == [
        (554, "long", 100),
        (365, "short", -50),
    ]
    assert "Tax year 2024" in text
    assert "Long is more than a year." in text
    assert member.get(page, {"year": "2023"}).context["shown"].gain == 250


def test_tax_year_and_long_holding_are_settings_of_the_portfolio(api, portfolio, sold):
    path = f"/api/v1/portfolios/{portfolio.pk}"
    changes = {"tax_year_start": "04-06", "long_after_days": 364}
    assert api.patch(path, changes, format="json").json()["long_after_days"] == 364
    found = api.get(f"{path}/realised-gains").json()
    (year,) = found["years"]
    assert (year["label"], year["start"], year["end"]) == ("2023/24", "2023-04-06", "2024-04-05")
    assert (year["gain"], year["short"], year["long"], year["losses"]) == ("300", "0", "300", "50")
    assert (found["tax_year_start"], found["cost_method"], found["currency"]) == ("04-06", "fifo", "EUR")
    assert [row["term"] for row in found["items"]] == ["long", "long", "long"]
    wrong = api.patch(path, {"tax_year_start": "02-30", "long_after_days": 0}, format="json")
    assert sorted(one["field"] for one in wrong.json()["errors"]) == ["long_after_days", "tax_year_start"]


def test_report_over_the_api_is_paged_by_year_and_saved_as_csv(api, portfolio, sold):
    path = f"/api/v1/portfolios/{portfolio.pk}/realised-gains"
    found = api.get(path, {"year": "2024", "limit": 1}).json()
    assert (found["total"], [year["year"] for year in found["years"]]) == (2, [2024, 2023])
    (row,) = found["items"]
    # The charges are half of the first purchase's fee of 5 and half of the sale's of 6.
    assert {name: row[name] for name in ("sold", "acquired", "days_held", "term", "gain", "charges")} == {
        "sold": "2024-01-05",
        "acquired": "2022-06-30",
        "days_held": 554,
        "term": "long",
        "gain": "100",
        "charges": "5.5",
    }
    saved = api.get(f"{path}/export", {"year": "2024"})
    assert saved["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(saved.content.decode())))
    assert [(one["tax_year"], one["term"], one["gain"], one["cost"]) for one in rows] == [
        ("2024", "long", "100", "500"),
        ("2024", "short", "-50", "650"),
    ]
    assert api.get(path, {"year": "soon"}).status_code == 400


def test_page_saves_a_year_as_csv_and_everything_as_json(member, portfolio, sold):
    page = f"/portfolios/{portfolio.pk}/realised"
    one = member.get(f"{page}/csv/", {"year": "2023"})
    assert one["Content-Disposition"] == 'attachment; filename="savings-realised-gains-2023.csv"'
    assert len(one.content.decode().splitlines()) == 2
    every = json.loads(member.get(f"{page}/json/").content)
    assert [row["gain"] for row in every["items"]] == ["250", "100", "-50"]
    assert member.get(f"{page}/xml/").status_code == 404
    assert member.get(f"{page}/csv/", {"year": "x"}).status_code == 404


def test_days_of_ones_own_and_a_year_bound_page_file_and_api(member, api, portfolio, sold):
    page = f"/portfolios/{portfolio.pk}/realised/"
    asked = {"range": "dates", "from": "2023-07-01", "to": "2024-01-05"}
    shown = member.get(page, asked).context["shown"]
    # the sale of 1 July lies before the period
    assert (shown.gain, shown.proceeds, len(shown.rows)) == (50, 1200, 2)
    year = member.get(page, {"range": "2023"})
    assert year.context["shown"].gain == 250
    assert "2023 Of" not in words(year)
    assert "range=2023" in year.content.decode()
    saved = member.get(f"{page}csv/", {"range": "2023-06-30..2024-01-05"})
    assert saved["Content-Disposition"].endswith('realised-gains-2023-06-30-2024-01-05.csv"')
    assert len(saved.content.decode().splitlines()) == 4
    wrong = member.get(page, {"range": "dates", "from": "2024-01-05", "to": "2023-07-01"})
    assert (wrong.status_code, "The period must end after it starts." in words(wrong)) == (400, True)
    assert wrong.context["shown"].totals.year == 2024
    path = f"/api/v1/portfolios/{portfolio.pk}/realised-gains"
    found = api.get(path, {"start": "2023-07-01", "end": "2024-01-05"}).json()
    assert (found["total"], found["period"]["gain"], found["period"]["losses"]) == (2, "50", "50")
    assert api.get(path).json()["period"] is None
    both = api.get(path, {"year": "2023", "period": "2023"})
    assert (both.status_code, both.json()["errors"][0]["field"]) == (400, "year")
    assert len(api.get(f"{path}/export", {"period": "2023"}).content.decode().splitlines()) == 2

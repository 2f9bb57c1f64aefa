"""The page of one portfolio against numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine

from core import ranges
from market.models import CorporateAction
from portfolios.models import Portfolio
from portfolios.selectors import periods
from portfolios.selectors.figures import Period
from portfolios.selectors.ledger import load
from portfolios.selectors.reports import of_ledger
from portfolios.selectors.valuation import at
from portfolios.views.explanations import FIGURES, Question
from tests.portfolios.views.conftest import words


def url(portfolio: Portfolio, rest: str = "") -> str:
    return f"/portfolios/{portfolio.pk}/{rest}"


def test_page_shows_value_day_and_return(member, portfolio, acme):
    text = words(member.get(url(portfolio)))
    assert "Value 1,949.05 EUR" in text
    assert "Today ▲ +139.95 EUR ▲ +7.74%" in text
    # (1949.05 - 1810) / 1810, all money came on the first day
    assert "Time-weighted return ▲ +7.68%" in text


def test_statement_adds_up_as_shown(member, portfolio, acme):
    text = words(member.get(url(portfolio)))
    assert "Value on Jan. 1, 2024 (explain) 0.00 EUR" in text
    assert "Paid in or out (explain) +1,810.00 EUR" in text
    assert "Prices of what is held (explain) ▲ +95.00 EUR" in text
    assert "Fees (explain) ▼ −0.90 EUR" in text
    assert "Exchange rates (explain) ▲ +44.95 EUR" in text
    assert "Value on Jan. 31, 2024 (explain) 1,949.05 EUR" in text


def test_money_weighted_return_of_a_short_period_is_not_blown_up_to_a_year(member, portfolio, acme):
    text = words(member.get(url(portfolio)))
    # 1810 from the 2nd on, 1949.05 after 29 days
    assert "Money-weighted return (XIRR) (explain) ▲ +7.68%" in text


def test_short_period_says_why_there_is_no_yearly_rate(member, portfolio, acme):
    assert "The period is too short; a yearly rate needs a year." in words(member.get(url(portfolio)))


def test_positions_show_cost_value_gain_and_its_two_parts(member, portfolio, acme):
    text = words(member.get(url(portfolio)))
    row = text[text.index("ACME Acme 10") :]
    assert row.startswith("ACME Acme 10 60.00 USD As of Jan. 31, 2024. Closing price. 450.00 EUR 570.00 EUR")
    # 10 × 10 USD × 0.95 by price, 500 USD × 0.05 by rate
    assert "Price 95.00 EUR, exchange rate 25.00 EUR" in row
    assert "▲ +26.7%" in row


def test_rounded_columns_and_rows_add_up(member, portfolio, listed, enter):
    for number in range(3):
        one = listed(f"T{number}", "EUR", {"2024-01-02": "10"})
        enter(portfolio, "buy", "2024-01-03", "0.33335", "9.99", instrument=one)
    context = member.get(url(portfolio)).context["positions"]
    # 3 × 3.3335 is 10.0005, 3 × 3.3301665 is 9.9904995
    assert [row.value for row in context.held] == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert context.totals["value"] == Decimal("10.00")
    assert context.totals["cost"] == Decimal("9.99")
    assert context.totals["unrealised"] == Decimal("0.01")
    assert all(row.unrealised == row.value - row.cost for row in context.held)


def test_closed_positions_stand_apart(member, portfolio, acme, enter):
    enter(portfolio, "sell", "2024-01-31", 10, 60, instrument=acme)
    response = member.get(url(portfolio))
    assert "1 closed position" in words(response)
    row = response.context["positions"].closed[0]
    # 10 × 60 × 0.95 - 10 × 50 × 0.90
    assert (row.instrument.symbol, row.realised) == ("ACME", Decimal("120.00"))


def test_empty_portfolio_teaches(member, portfolio):
    text = words(member.get(url(portfolio)))
    assert "Add your first purchase, or bring in a file" in text
    assert "Bring in a file" in text


def test_cash_by_currency(member, portfolio, acme):
    text = words(member.get(url(portfolio)))
    assert "Cash 1,379.05 EUR" in text
    assert "USD 399.00 USD 379.05 EUR" in text


def test_findings_name_what_is_lacking(member, portfolio, listed, enter):
    row = enter(portfolio, "transfer_in", "2024-01-03", 5, instrument=listed("DARK"))
    response = member.get(url(portfolio))
    assert "1 position has no price: DARK" in words(response)
    assert url(portfolio, f"transactions/{row.pk}/") in response.content.decode()


def test_overspent_position_value_at_own_trade_says_so(member, portfolio, listed, enter):
    enter(portfolio, "buy", "2024-01-03", 5, 7, instrument=listed("OWN"))
    assert "1 position is valued at your own last trade: OWN (Jan. 3, 2024)" in words(
        member.get(url(portfolio))
    )


def test_position_row_lists_lots_sales_and_income(member, portfolio, acme, enter):
    enter(portfolio, "sell", "2024-01-31", 4, 60, instrument=acme)
    enter(portfolio, "dividend", "2024-01-31", 6, "0.5", instrument=acme)
    path = url(portfolio, f"positions/{acme.uuid}/")
    text = words(member.get(path, headers={"X-Fragment": "row"}))
    assert "Jan. 2, 2024 6 300.00 USD 270.00 EUR 0.54 EUR" in text
    assert "Jan. 31, 2024 Jan. 2, 2024 4 228.00 EUR 180.00 EUR ▲ +38.00 EUR ▲ +10.00 EUR" in text
    assert "Jan. 31, 2024 3.00 USD 2.85 EUR" in text
    assert member.get(path).content.startswith(b"<!doctype html>")


def test_position_never_held_is_not_found(member, portfolio, listed):
    assert member.get(url(portfolio, f"positions/{listed('NONE').uuid}/")).status_code == 404


def test_chart_of_value_has_ranges_and_trades(member, portfolio, acme):
    found = member.get(url(portfolio, "chart/"), {"range": "1Y"}).json()
    assert found["range"] == "All"  # a year is longer than the portfolio is old
    assert found["ranges"] == ["1D", "1W", "All"]
    assert found["series"][0]["points"][:2] == [["2024-01-01", "0"], ["2024-01-02", "1809.1"]]
    assert found["series"][0]["points"][-1] == ["2024-01-31", "1949.05"]
    assert found["markers"] == [{"date": "2024-01-02", "side": "buy", "text": "10 ACME at 50.00 USD"}]
    assert found["note"] == ""


def test_chart_of_return_compares_with_a_benchmark_adjusted_for_its_split(
    member, portfolio, acme, listed, rated
):
    rival = listed("RIVAL", "USD", {"2024-01-02": "100", "2024-01-15": "55", "2024-01-31": "60"})
    CorporateAction.objects.create(
        instrument=rival, kind="split", ex_date="2024-01-15", numerator=2, denominator=1, source="test"
    )
    found = member.get(url(portfolio, "chart/"), {"range": "All", "compare": str(rival.uuid)}).json()
    own, other = found["series"]
    assert (own["unit"], other["unit"], other["name"]) == ("percent", "percent", "RIVAL")
    line = dict(other["points"])
    first = float(dict(own["points"])["2024-01-02"])
    assert next(iter(line)) == "2024-01-02"  # not known before
    assert float(line["2024-01-02"]) == pytest.approx(first)
    # two of 60 for one of 100, a dollar at 0.95 after 0.90
    assert float(line["2024-01-31"]) == pytest.approx(
        ((1 + first / 100) * (120 * 0.95) / (100 * 0.90) - 1) * 100
    )


def test_chart_does_not_compare_with_anothers_instrument(member, portfolio, acme, listed, stranger):
    hidden = listed("HIDDEN", "EUR", {"2024-01-02": "1"}, owner=stranger)
    found = member.get(url(portfolio, "chart/"), {"compare": str(hidden.uuid)}).json()
    assert len(found["series"]) == 1


def test_prices_that_ended_end_the_page_there(member, investor, portfolio, acme):
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
        member.force_login(investor)  # the old session is over
        response = member.get(url(portfolio))
        chart = member.get(url(portfolio, "chart/")).json()
    assert "on Jan. 31, 2024, the last day with prices" in words(response)
    assert "Value 1,949.05 EUR" in words(response)
    assert chart["as_of"] == "2024-01-31"
    assert chart["note"] == "The last known price is of Jan. 31, 2024. The periods count back from that day."


def test_figures_of_a_period_are_a_piece(member, portfolio, acme):
    text = words(member.get(url(portfolio, "figures/"), {"range": "1W"}))
    assert "1 week, Jan. 24, 2024 – Jan. 31, 2024" in text
    assert "Value on Jan. 24, 2024 (explain) 1,809.10 EUR" in text
    assert "Gain (explain) ▲ +139.95 EUR" in text


def test_named_periods_begin_where_calendars_say():
    from datetime import date

    whole = Period(date(2015, 1, 1), date(2024, 3, 31))
    starts = {name: periods.named(name, whole).period.start.isoformat() for name in ranges.RANGES}
    assert starts == {
        "1D": "2024-03-30",
        "1W": "2024-03-24",
        "1M": "2024-02-29",
        "YTD": "2023-12-31",
        "1Y": "2023-03-31",
        "5Y": "2019-03-31",
        "All": "2015-01-01",
    }
    leap = Period(date(2015, 1, 1), date(2024, 2, 29))
    assert periods.named("1Y", leap).period.start == date(2023, 2, 28)
    assert periods.named("rubbish", leap).name == "1Y"


@pytest.fixture
def busy(portfolio, acme, listed, enter):
    """A portfolio with everything: a sale, income, taxes, a transfer out, a withdrawal."""
    enter(portfolio, "sell", "2024-01-15", 3, "52.37", instrument=acme, fee="0.99", tax="1.01")
    enter(portfolio, "dividend", "2024-01-20", 7, "0.333", instrument=acme, tax="0.35")
    enter(portfolio, "interest", "2024-01-21", "1.23")
    enter(portfolio, "fee", "2024-01-22", "2.5")
    enter(portfolio, "transfer_out", "2024-01-25", 1, instrument=acme)
    enter(portfolio, "withdrawal", "2024-01-26", "100")
    return portfolio


LINES = {
    "opening": "opening",
    "unrealised": "unrealised",
    "realised": "realised",
    "income": "income",
    "fees": "fees",
    "taxes": "taxes",
    "currency": "currency_effect",
    "flows": "net_flows",
}


@pytest.mark.parametrize("window", ["1W", "All"])
@pytest.mark.parametrize("figure", LINES)
def test_explanation_adds_up_to_its_line(busy, january, figure, window):
    ledger = load(busy)
    asked = Question(of_ledger(ledger), periods.window(ledger, window), of_period=True)
    answer = FIGURES[figure](asked)
    lines = asked.statement.lines
    assert answer.result.value == getattr(lines, LINES[figure])
    shown = sum((row[-1].value for row in answer.rows), Decimal(0))
    assert shown == round(answer.result.value, 2)


def test_explained_gain_is_the_statements(busy, january):
    ledger = load(busy)
    asked = Question(of_ledger(ledger), periods.window(ledger, "All"), of_period=True)
    answer = FIGURES["gain"](asked)
    assert answer.result.value == asked.statement.lines.gain()
    assert len(answer.rows) == 6


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        ("total", "total"),
        ("cost", "cost_basis"),
        ("unrealised", "unrealised"),
        ("realised", "realised"),
        ("income", "income"),
        ("fees", "fees"),
        ("taxes", "taxes"),
    ],
)
def test_explanation_since_the_start_adds_up_to_the_valuation(busy, january, figure, name):
    ledger = load(busy)
    asked = Question(of_ledger(ledger), periods.window(ledger, "All"), of_period=False)
    answer = FIGURES[figure](asked)
    assert answer.result.value == getattr(at(ledger, asked.day), name)
    assert sum((row[-1].value for row in answer.rows), Decimal(0)) == round(answer.result.value, 2)


def test_linked_stretches_are_the_time_weighted_return(busy, january, enter):
    enter(busy, "deposit", "2024-01-18", 500)
    ledger = load(busy)
    asked = Question(of_ledger(ledger), periods.window(ledger, "All"), of_period=True)
    answer = FIGURES["time_weighted"](asked)
    product = Decimal(1)
    for row in answer.rows:
        product *= 1 + row[-1].value
    assert float(product - 1) == pytest.approx(float(answer.result.value), rel=1e-12)
    assert len(answer.rows) > 2


def test_discounted_flows_come_to_nothing(busy, january):
    ledger = load(busy)
    answer = FIGURES["money_weighted"](
        Question(of_ledger(ledger), periods.window(ledger, "All"), of_period=True)
    )
    assert float(sum(row[-1].value for row in answer.rows)) == pytest.approx(0, abs=1e-6)


def test_long_explanation_sums_its_oldest_rows_and_still_adds_up(member, portfolio, enter):
    for number in range(303):
        enter(portfolio, "interest", "2024-01-03", Decimal(number + 1) / 100)
    answer = member.get(url(portfolio, "explain/income/")).context["answer"]
    assert len(answer.rows) == 301
    # 0.01 + 0.02 + 0.03
    assert (answer.rows[0][0].value, answer.rows[0][-1].value) == ("3 earlier", Decimal("0.06"))
    assert sum(row[-1].value for row in answer.rows) == answer.result.value == Decimal("460.56")


def test_explanation_is_a_drawer_and_a_page(member, busy):
    path = url(busy, "explain/realised/")
    drawer = member.get(path, headers={"X-Fragment": "drawer"})
    assert drawer.content.lstrip().startswith(b'<div class="drawer-head">')
    assert member.get(path).content.startswith(b"<!doctype html>")
    assert member.get(url(busy, "explain/nonsense/")).status_code == 404


PAGES = ["", "chart/", "figures/", "allocation/", "explain/total/", "transactions/", "settings/", "delete/"]


@pytest.mark.parametrize("page", PAGES)
def test_strangers_find_nothing(stranger_client, portfolio, page):
    assert stranger_client.get(url(portfolio, page)).status_code == 404


@pytest.mark.parametrize("page", [*PAGES, "positions/01890000-0000-7000-8000-000000000001/"])
def test_visitors_are_sent_to_sign_in(client, portfolio, page):
    path = url(portfolio, page)
    answer = client.get(path)
    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize(
    "path", ["/dashboard/", "/dashboard/chart/", "/portfolios/", "/portfolios/instruments/?q=A"]
)
def test_visitors_see_no_list(client, db, path):
    assert client.get(path).status_code == 302


def test_viewers_see_the_figures_and_no_way_to_change_them(viewer_client, portfolio, acme):
    text = words(viewer_client.get(url(portfolio)))
    assert "you may look, not change" in text
    assert "Value 1,949.05 EUR" in text
    assert "Add transaction" not in text
    assert "Settings</a>" not in viewer_client.get(url(portfolio)).content.decode().split("</nav>")[2]


def test_position_shows_its_own_return_before_and_after_taxes(member, portfolio, acme, enter):
    enter(portfolio, "dividend", "2024-01-31", 10, 1, instrument=acme, tax=2)
    page = url(portfolio, f"positions/{acme.uuid}/")
    text = words(member.get(page))
    # 501 USD at 0.90 came in, 10 USD at 0.95 went out, 600 at 0.95 are left: 579.50 over 450.90
    assert "Its own return since Jan. 1, 2024" in text
    assert "Time-weighted return ▲ +28.52%" in text
    # 128.60 over 450.90 less 9.50
    assert "Gain on what was put in ▲ +29.13%" in text
    assert "Gain ▲ +128.60 EUR Before taxes" in text
    assert "The period is too short; a yearly rate needs a year." in text
    after = words(member.get(page, {"charges": "after"}))
    # 2 USD of tax less
    assert "Time-weighted return ▲ +28.10%" in after
    assert "Gain ▲ +126.70 EUR After taxes" in after
    explained = member.get(
        url(portfolio, "explain/gain/"),
        {"range": "All", "scope": f"instrument:{acme.uuid}", "charges": "before-taxes"},
    ).context["answer"]
    assert explained.result.value == Decimal("128.60") == sum(row[-1].value for row in explained.rows)


def test_position_says_what_its_lots_were_bought_as(member, portfolio, acme, listed):
    newco = listed("NEWCO", "USD", {"2024-01-25": "30", "2024-01-31": "30"})
    CorporateAction.objects.create(
        instrument=acme, kind="merger", ex_date=date(2024, 1, 25), target=newco, numerator=2, denominator=1,
        source="test",
    )  # fmt: skip
    assert "Jan. 2, 2024 as ACME" in words(member.get(url(portfolio, f"positions/{newco.uuid}/")))

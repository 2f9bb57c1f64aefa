"""The question on top of pages of figures: parts, groups, periods and rates, carried by the address."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model

from core.actor import Actor
from portfolios.services.portfolios import create_portfolio
from portfolios.services.tags import set_tags
from tests.portfolios.views.conftest import words


def url(portfolio, what="performance"):
    return f"/portfolios/{portfolio.pk}/{what}/"


def explained(member, shown, label):
    """Open what explains a label of a page, and answer its context."""
    link = re.search(rf'href="([^"]+)" data-drawer[^>]*>{label}', shown.content.decode())
    answer = member.get(link[1].replace("&amp;", "&"))
    assert answer.status_code == 200
    return answer.context["answer"]


@pytest.fixture
def second(investor, listed, enter, acme):
    """A portfolio beside the other: 100 EUR in, 10 BOND at 10, now at 12."""
    found = create_portfolio(
        actor=Actor.user(investor), owner_id=investor.pk, name="Second", currency="EUR", time_zone="UTC"
    )
    bond = listed("BOND", "EUR", {"2024-01-02": "10", "2024-01-31": "12"}, sector="Loans")
    enter(found, "deposit", "2024-01-02", 100)
    enter(found, "buy", "2024-01-02", 10, 10, instrument=bond)
    return found


def test_days_of_ones_own_bound_the_figures_and_stay_in_every_address(member, portfolio, acme):
    shown = member.get(url(portfolio), days("2024-01-02", "2024-01-31"))
    text = words(shown)
    assert shown.status_code == 200
    # 1,000 and 810 EUR in, less 0.90 of fee, until the evening of the 2nd
    assert "Value on Jan. 2, 2024 (explain) 1,809.10 EUR" in text
    assert "Gain (explain) ▲ +139.95 EUR" in text
    assert explained(member, shown, "Gain<").result.value == Decimal("139.95")
    chart = member.get(url(portfolio, "chart"), {"range": "2024-01-02..2024-01-31"}).json()
    assert (chart["range"], chart["series"][0]["points"][0][0]) == ("2024-01-02..2024-01-31", "2024-01-02")


def test_a_year_is_a_period(member, portfolio, enter, acme):
    enter(portfolio, "interest", "2023-12-20", 5)
    year = words(member.get(url(portfolio), {"range": "2023"}))
    assert "2023, Dec. 19, 2023 – Dec. 31, 2023" in year
    assert "Dividends and interest (explain) ▲ +5.00 EUR" in year
    assert "Dividends and interest" not in words(member.get(url(portfolio), {"range": "2024"}))[:4000]


def days(first, last):
    return {"range": "dates", "from": first, "to": last}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (days("2024-02-30", "2024-01-31"), "Enter a valid date."),
        (days("2024-01-31", "2024-01-02"), "The period must end after it starts."),
        (days("2024-01-02", "2024-02-01"), "This day is yet to come; the last one is Jan. 31, 2024."),
        (days("2024-01-02", ""), "Choose the day."),
        ({"range": "1987"}, "Select a valid choice."),
        ({"scope": "sector:Nothing"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_named_and_the_default_answered(member, portfolio, acme, asked, said):
    shown = member.get(url(portfolio), asked)
    assert shown.status_code == 400
    assert said in words(shown)
    assert "What is marked below cannot be shown." in words(shown)
    assert "Gain (explain) ▲ +139.05 EUR" in words(shown)


def test_a_part_has_a_return_a_statement_and_explanations_of_its_own(member, investor, portfolio, acme):
    set_tags(actor=Actor.user(investor), user=investor, instrument=acme.uuid, names=["Core"])
    first = words(member.get(url(portfolio), {"scope": f"instrument:{acme.uuid}"}))
    for scope in ("class:stock", "sector:Tools", "currency:USD", "tag:Core"):
        shown = member.get(url(portfolio), {"scope": scope})
        text = words(shown)
        # 501 USD at 0.90 came in; 600 USD at 0.95 are left
        assert "Paid in or out (explain) +450.90 EUR" in text
        assert "Value on Jan. 31, 2024 (explain) 570.00 EUR" in text
        assert text.count("570.00 EUR") == first.count("570.00 EUR")
        answer = explained(member, shown, "Paid in or out")
        assert answer.result.value == Decimal("450.90") == sum(row[-1].value for row in answer.rows)
    cash = member.get(url(portfolio), {"scope": "cash"})
    # 1,000 EUR and 399 USD at 0.95
    assert "Value on Jan. 31, 2024 (explain) 1,379.05 EUR" in words(cash)
    taxed = member.get(url(portfolio), {"scope": "sector:Tools", "charges": "before"})
    assert "Paid in or out (explain) +450.00 EUR" in words(taxed)


def test_several_portfolios_are_one_statement_whose_parts_name_their_portfolio(member, portfolio, second):
    shown = member.get("/portfolios/performance/")
    text = words(shown)
    assert "2 portfolios Savings, Second" in text
    # 1,949.05 and 120
    assert "Value on Jan. 31, 2024 (explain) 2,069.05 EUR" in text
    assert "Paid in or out (explain) +1,910.00 EUR" in text
    total = explained(member, shown, "Value on Jan. 31, 2024")
    assert total.result.value == Decimal("2069.05") == sum(row[-1].value for row in total.rows)
    assert [row[0].unit for row in total.rows] == ["Savings", "Savings", "Savings", "Second"]
    alone = words(member.get("/portfolios/performance/", {"portfolios": str(second.pk)}))
    assert "Value on Jan. 31, 2024 (explain) 120.00 EUR" in alone
    part = words(member.get("/portfolios/performance/", {"scope": "sector:Loans"}))
    assert "Paid in or out (explain) +100.00 EUR" in part
    chart = member.get("/portfolios/performance/chart/", {"range": "All", "mode": "value"}).json()
    assert chart["series"][0]["points"][-1] == ["2024-01-31", "2069.05"]


def test_a_portfolio_of_another_is_no_part_of_a_group(member, portfolio, acme):
    other = get_user_model().objects.create_user("otto@example.org", "correct-horse-battery")
    theirs = create_portfolio(actor=Actor.user(other), owner_id=other.pk, name="Theirs", currency="EUR")
    for what in ("performance/", "risk/", "performance/chart/", "risk/chart/", "explain/total/"):
        asked = {"portfolios": f"{portfolio.pk},{theirs.pk}"}
        assert member.get(f"/portfolios/{what}", asked).status_code == 404
        assert member.get(f"/portfolios/{what}", {"portfolios": "x"}).status_code == 404


def test_risk_states_its_rates_and_explains_its_figures(member, portfolio, second):
    for where in (url(portfolio, "risk"), "/portfolios/risk/"):
        shown = member.get(where, {"range": "All", "risk_free": "2,5", "target": "1"})
        assert "risk-free rate 2.50% a year, target 1.00% a year" in words(shown)
        deepest = explained(member, shown, "Deepest drawdown")
        assert deepest.steps[-1][1].value == deepest.result.value
        squares = explained(member, shown, "Volatility, a year")
        (_, total), (_, mean), _daily, (_, yearly) = squares.steps
        assert format(sum(row[-1].value for row in squares.rows), ".9g") == format(total.value, ".9g")
        assert format(total.value / (len(squares.rows) - 1), ".9g") == format(mean.value, ".9g")
        assert format(yearly.value, ".9g") == format(squares.result.value, ".9g")
        sharpe = explained(member, shown, "Sharpe ratio")
        mean, free, above, deviation, days = (row[1].value for row in sharpe.rows)
        assert format(free, ".9g") == format((Decimal("1.025") ** (1 / Decimal(252)) - 1) * 100, ".9g")
        assert format(above / deviation * days.sqrt(), ".9g") == format(sharpe.result.value, ".9g")
    wrong = member.get(url(portfolio, "risk"), {"risk_free": "2000"})
    assert (wrong.status_code, "Must be between −99 and 1000." in words(wrong)) == (400, True)


def test_pieces_for_another_period_bring_the_question_along(member, portfolio, acme):
    asked = {"range": "1W", "scope": "sector:Tools"}
    piece = member.get(url(portfolio), asked, headers={"X-Fragment": "period"}).content.decode()
    assert piece.lstrip().startswith("<form")
    assert 'data-follows-chart="/portfolios/' in piece
    assert "scope=sector%3ATools" in piece

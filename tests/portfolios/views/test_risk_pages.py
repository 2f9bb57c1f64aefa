"""The pages Performance and Risk, and their charts."""

from decimal import Decimal

import pytest

from portfolios.views.performance import _shade
from tests.portfolios.views.conftest import words


@pytest.fixture
def index(portfolio, listed, acme):
    """Give the portfolio a benchmark: 100 EUR when the money came, 130 on the last day."""
    found = listed("INDEX", "EUR", {"2024-01-02": "100", "2024-01-31": "130"})
    portfolio.benchmark = found
    portfolio.save()
    return found


def url(portfolio, what):
    return f"/portfolios/{portfolio.pk}/{what}/"


def test_performance_shows_months_and_the_same_money_in_the_benchmark(member, portfolio, index):
    shown = words(member.get(url(portfolio, "performance")))
    # 1,810 EUR came in at 100 and would stand at 130; the portfolio is worth 1,949.05
    assert "INDEX 2,353.00 EUR" in shown
    assert "Difference ▼ −403.95 EUR" in shown
    # 1,949.05 over 1,810: a month and a year, both in part
    assert "Jan +7.7 *" in shown


def test_performance_without_benchmark_asks_for_one_only_from_those_who_may(
    member, viewer_client, portfolio, acme
):
    assert "No benchmark is chosen. Choose one" in words(member.get(url(portfolio, "performance")))
    assert "Choose one" not in words(viewer_client.get(url(portfolio, "performance")))


def test_pieces_of_a_period_have_ids_and_no_frame(member, portfolio, index):
    for what, ids in (("performance", ("period", "same-flows")), ("risk", ("risk-figures",))):
        page = member.get(url(portfolio, what), {"range": "1W"}, headers={"X-Fragment": "period"})
        text = page.content.decode()
        assert "<html" not in text
        assert all(f'id="{one}"' in text for one in ids)


def test_risk_says_each_figure_its_meaning_and_why_it_is_missing(member, portfolio, index):
    shown = words(member.get(url(portfolio, "risk")))
    assert "Volatility, a year (explain) How much the daily returns spread around their mean." in shown
    assert "Beta How far it moved when the benchmark moved by one." in shown
    # the fee of the first day, regained by the last
    assert "Jan. 1, 2024 – Jan. 2, 2024 Jan. 31, 2024 30 ▼ −0.05%" in shown


def test_risk_without_benchmark_asks_for_one(member, portfolio, acme):
    assert "No benchmark is chosen. Choose one" in words(member.get(url(portfolio, "risk")))


def test_pages_of_an_empty_portfolio_teach(member, portfolio):
    for what in ("performance", "risk"):
        assert "Add a transaction" in words(member.get(url(portfolio, what)))


def test_chart_beside_the_benchmark_draws_return_or_money(member, portfolio, index):
    beside = {"beside": "benchmark", "range": "All"}
    returns = member.get(url(portfolio, "chart"), beside).json()["series"]
    assert [one["name"] for one in returns] == ["Time-weighted return", "INDEX"]
    # the return of the first day is the fee's: the benchmark starts there
    money = member.get(url(portfolio, "chart"), beside | {"mode": "value"}).json()["series"]
    assert money[1]["points"][-1] == ["2024-01-31", "2353"]


@pytest.mark.parametrize("mode", ["", "volatility", "sharpe", "beta"])
def test_risk_chart_draws_falls_and_rolling_figures(member, portfolio, index, mode):
    found = member.get(url(portfolio, "risk/chart"), {"mode": mode, "range": "All"}).json()
    # a month of days has falls, and no window of 63
    assert bool(found["series"][0]["points"]) is (mode == "")
    if not mode:
        assert min(Decimal(value) for _day, value in found["series"][0]["points"]) <= 0


def test_shades_grow_with_the_size_and_show_the_side():
    assert [_shade(value) for value in (None, 0.0, 0.005, 0.02, -0.05, -0.2)] == [
        "none", "none", "gain-1", "gain-2", "loss-3", "loss-4",
    ]  # fmt: skip


def blend(*rows):
    data = {}
    for at, (symbol, weight) in enumerate(rows):
        data |= {f"instrument_{at}": symbol, f"weight_{at}": weight}
    return data


def test_a_blend_is_chosen_on_its_page(member, portfolio, index, listed):
    listed("BONDS", "EUR", {"2024-01-02": "100", "2024-01-31": "100"})
    chosen = member.post(url(portfolio, "benchmark"), blend(("INDEX", "60"), ("BONDS", "40,0")))
    assert chosen.status_code == 302
    assert "60 % INDEX + 40 % BONDS" in words(member.get(url(portfolio, "performance")))
    shown = member.get(url(portfolio, "benchmark")).content.decode()
    assert 'value="BONDS"' in shown
    assert 'value="40"' in shown
    days = {"range": "dates", "from": "2024-01-02", "to": "2024-01-31"}
    beside = words(member.get(url(portfolio, "benchmark"), days))
    # 1,809.10 EUR of the evening of the 2nd: 60 % of them grew by 30 %
    assert "60 % INDEX + 40 % BONDS 2,134.74 EUR" in beside


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("INDEX", "60"), ("ACME", "30")], "The weights must add up to 1."),
        ([("INDEX", "60"), ("ACME", "")], "Give its weight."),
        ([("", "60")], "Choose an instrument."),
        ([("NOBODY", "")], "There is no instrument “NOBODY”."),
    ],
)
def test_a_wrong_blend_is_named(member, portfolio, index, rows, said):
    answer = member.post(url(portfolio, "benchmark"), blend(*rows))
    assert answer.status_code == 400
    assert said in words(answer)

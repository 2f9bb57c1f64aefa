"""When what a clause says of a portfolio is so."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from alerts.domain.portfolio_clauses import KINDS, Asked, PortfolioFigures, drawdown, figure, is_so
from alerts.domain.rules import NEEDS, Kind, Looked

SHARE, OTHER = 7, 8


def test_every_kind_that_is_about_a_portfolio_has_its_figure():
    assert {kind for kind, need in NEEDS.items() if need.looked is Looked.PORTFOLIO} == KINDS


@pytest.mark.parametrize(
    ("kind", "limit", "direction", "so", "not_so"),
    [
        ("portfolio_above", "100", "", "100", "99.99"),
        ("portfolio_below", "100", "", "100", "100.01"),
        ("portfolio_day_change", "5", "up", "5", "4.999999"),
        ("portfolio_day_change", "5", "down", "-5", "5"),
        ("portfolio_day_change", "5", "either", "-5", "-4.999999"),
        ("portfolio_drawdown", "10", "", "10", "9.999999"),
        ("weight_above", "40", "", "40", "39.99"),
        ("weight_below", "40", "", "40", "40.01"),
        ("weight_drift", "5", "", "-5", "4.99"),
        ("cash_below", "50", "", "50", "50.01"),
    ],
)
def test_equality_is_enough(kind, limit, direction, so, not_so):
    by = "percent" if "percent" in NEEDS[Kind(kind)].parameters else "level"
    asked = Asked(Kind(kind), direction=direction, **{by: Decimal(limit)})
    assert (is_so(asked, Decimal(so)), is_so(asked, Decimal(not_so))) == (True, False)


@pytest.mark.parametrize(("returns", "found"), [([0], "0"), ([0, 0.25, 0.0], "20"), ([0, -0.1, 0.1], "0")])
def test_drawdown_is_from_the_highest_value_of_the_index(returns, found):
    assert drawdown(np.array(returns, dtype=np.float64)) == Decimal(found)


def test_what_is_not_held_weighs_nothing_and_without_targets_nothing_drifts():
    now = PortfolioFigures(weights={SHARE: Decimal(60)}, of_total={SHARE: Decimal(60)})
    other = Asked(Kind.WEIGHT_BELOW, percent=Decimal(5), instrument=OTHER)
    drift = Asked(Kind.WEIGHT_DRIFT, percent=Decimal(5), instrument=SHARE)
    assert (figure(other, now), figure(drift, now)) == (Decimal(0), None)


@pytest.mark.parametrize(("instrument", "found"), [(SHARE, "10"), (OTHER, "-50")])
def test_drift_is_the_weight_less_its_target(instrument, found):
    now = PortfolioFigures(of_total={SHARE: Decimal(60)}, targets={SHARE: Decimal(50), OTHER: Decimal(50)})
    assert figure(Asked(Kind.WEIGHT_DRIFT, Decimal(1), instrument=instrument), now) == Decimal(found)

"""The simulated market: the same seed moves alike, prices share a draw, tails are fat, hours are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from market.domain.simulation import Temper, next_price

START = datetime(2024, 3, 6, 12, tzinfo=UTC)
TEN = timedelta(seconds=10)


def moves(temper: Temper, key: int, count: int = 4000, seed: int = 1) -> np.ndarray:
    """Return the logarithmic moves of many steps, each from a price so large that ticks do not count."""
    last = Decimal(1_000_000)
    prices = [
        float(next_price(temper, last, START + n * TEN, START + (n + 1) * TEN, (seed, key)).price)
        for n in range(count)
    ]
    return np.log(np.array(prices) / 1_000_000)


def test_a_step_depends_on_seed_instrument_and_instant_alone():
    temper = Temper(0.3, 0.5, 1000)
    first = next_price(temper, Decimal(100), START, START + TEN, (1, 7))
    assert next_price(temper, Decimal(100), START, START + TEN, (1, 7)) == first
    others = [
        next_price(temper, Decimal(100_000), START, START + TEN, (2, 7)),
        next_price(temper, Decimal(100_000), START, START + TEN, (1, 8)),
        next_price(temper, Decimal(100_000), START + TEN, START + 2 * TEN, (1, 7)),
        next_price(temper, Decimal(100_000), START, START + TEN, (1, 7)),
    ]
    assert len({one.price for one in others}) == 4


def test_volatility_correlation_and_tails_are_as_said():
    one, other = moves(Temper(0.3, 0.6), 1), moves(Temper(0.3, 0.6), 2)
    year = timedelta(days=365) / TEN
    assert np.std(one) * np.sqrt(year) == pytest.approx(0.3, rel=0.1)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.36, abs=0.06)  # 0.6 of each is shared
    kurtosis = np.mean((one - one.mean()) ** 4) / np.var(one) ** 2
    assert kurtosis > 4  # a normal distribution has 3
    assert moves(Temper(0.3, 0.6), 1, 5, seed=2).tolist() != one[:5].tolist()


def test_a_price_is_never_nothing_and_has_a_spread():
    made = next_price(Temper(0.3, 0.5), Decimal("0.000001"), START, START + TEN, (1, 7))
    assert (made.price, made.bid, made.ask) == (
        Decimal("0.000001"), Decimal("0.000001"), Decimal("0.000002"),
    )  # fmt: skip
    made = next_price(Temper(0, 0), Decimal("250.00"), START, START + TEN, (1, 7))
    assert (made.price, made.bid, made.ask, made.traded) == (
        Decimal("250.00"), Decimal("249.95"), Decimal("250.05"), Decimal(0),
    )  # fmt: skip


def test_a_month_away_is_a_step_of_a_day():
    away = next_price(Temper(0.3, 0.5), Decimal(10_000), START - timedelta(days=30), START, (1, 7))
    day = next_price(Temper(0.3, 0.5), Decimal(10_000), START - timedelta(days=1), START, (1, 7))
    assert away == day

"""What the endpoints of risk are asked besides: how to measure, and beside which benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from core.api.parameters import choice_parameter
from core.errors import NotFound, ValidationFailed
from market.selectors import instruments
from portfolios.domain.observations import Frequency
from portfolios.selectors import benchmarks, risk
from portfolios.selectors.benchmarks import Benchmark, Part
from portfolios.selectors.reports import Report

WORST = 5
MOST_WORST = 100
LEAST_OBSERVATIONS = 2
MOST_OBSERVATIONS = 5000
MOST_PARTS = 20
LEAST_RATE, MOST_RATE = Decimal("-0.99"), Decimal(10)
BENCHMARK = OpenApiParameter(
    "benchmark",
    str,
    description="An instrument's id, or a blend such as ID:0.6,ID:0.4 whose weights add up to 1; none: "
    "without. Unless given the portfolio's own; of several portfolios the one that all of them have.",
)
TERMS = [
    OpenApiParameter(
        "frequency",
        str,
        enum=[one.value for one in Frequency],
        description="How long one observation is (default daily).",
    ),
    OpenApiParameter("risk_free", Decimal, description="Risk-free rate a year, a fraction (default 0)."),
    OpenApiParameter(
        "target", Decimal, description="Least acceptable return a year, a fraction (default 0)."
    ),
    OpenApiParameter("confidence", Decimal, description="Of the value at risk (default 0.95)."),
]
WORST_FALLS = OpenApiParameter(
    "worst", int, description="How many drawdowns to list (default 5, at most 100)."
)
WINDOW = OpenApiParameter("window", int, description="Observations in a window, 2 to 5000 (default 63).")


def terms_parameters(params: Mapping[str, Any]) -> risk.Terms:
    """Read ``frequency``, ``risk_free``, ``target`` and ``confidence``.

    Raises:
        ValidationFailed: names the one that is no such number.
    """
    return risk.Terms(
        frequency=Frequency(choice_parameter(params, "frequency", list(Frequency)) or Frequency.DAILY),
        risk_free=_between(params, "risk_free", Decimal(0), LEAST_RATE, MOST_RATE),
        target=_between(params, "target", Decimal(0), LEAST_RATE, MOST_RATE),
        confidence=_between(params, "confidence", Decimal("0.95"), Decimal("0.5"), Decimal("0.999")),
    )


def benchmark_parameter(user: Any, params: Mapping[str, Any], found: Report) -> Benchmark | None:
    """Read ``benchmark``; what all portfolios of the report have unless given."""
    text = str(params.get("benchmark", "")).strip()
    if not text:
        return benchmarks.in_common([part.portfolio for part in found.parts])
    return None if text == "none" else _blend(user, text)


def worst_parameter(params: Mapping[str, Any]) -> int:
    """Read ``worst``, how many drawdowns to list."""
    return min(_count(params, "worst", WORST), MOST_WORST)


def window_parameter(params: Mapping[str, Any]) -> int:
    """Read ``window``, how many observations one has."""
    window = _count(params, "window", risk.WINDOW)
    if not LEAST_OBSERVATIONS <= window <= MOST_OBSERVATIONS:
        raise _refused("window", _("%(name)s must be between 2 and 5000.") % {"name": "window"})
    return window


def _blend(user: Any, text: str) -> Benchmark:
    """Read a benchmark: an id, or ids with weights.

    Raises:
        ValidationFailed: it is neither, or names an instrument that the user may not see.
    """
    pieces = [piece.strip().partition(":") for piece in text.split(",")]
    if len(pieces) > MOST_PARTS:
        raise _refused("benchmark", _("A benchmark has at most 20 parts."))
    try:
        parts = [
            Part(instruments.get(user, UUID(key)), Decimal(weight) if weight else Decimal(1))
            for key, _colon, weight in pieces
        ]
    except (ValueError, InvalidOperation, NotFound) as error:
        raise _refused(
            "benchmark", _("benchmark must be ids of instruments, each with its weight.")
        ) from error
    return benchmarks.blend(parts, "benchmark")


def _between(params: Mapping[str, Any], name: str, default: Decimal, low: Decimal, high: Decimal) -> float:
    text = str(params.get(name, "")).strip()
    try:
        value = Decimal(text) if text else default
    except InvalidOperation as error:
        raise _refused(name, _("%(name)s must be a number.") % {"name": name}) from error
    if not value.is_finite() or not low <= value <= high:
        message = _("%(name)s must be between %(low)s and %(high)s.")
        raise _refused(name, message % {"name": name, "low": low, "high": high})
    return float(value)


def _count(params: Mapping[str, Any], name: str, default: int) -> int:
    text = str(params.get(name, "")).strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_OBSERVATIONS))):
        raise _refused(name, _("%(name)s must be a whole number.") % {"name": name})
    return int(text) if text else default


def _refused(name: str, message: str) -> ValidationFailed:
    return ValidationFailed.of(name, message, "value")

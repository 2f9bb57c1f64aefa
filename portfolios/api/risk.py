"""Endpoints of risk: how much a portfolio moved, how deep it fell, and beside which benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.parameters import choice_parameter
from core.errors import NotFound, ValidationFailed
from market.selectors import instruments
from portfolios.api import risk_shapes
from portfolios.api.analysis import LedgerView
from portfolios.api.queries import CHARGES, CURRENCY, PERIOD
from portfolios.domain.observations import Frequency
from portfolios.payloads import risk as payloads
from portfolios.selectors import benchmarks, figures, risk
from portfolios.selectors.benchmarks import Benchmark, Part
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.portfolios import get, get_writable
from portfolios.services.benchmarks import choose_benchmark

WORST = 5
MOST_WORST = 100
MOST_OBSERVATIONS = 5000
MOST_PARTS = 20
BENCHMARK = OpenApiParameter(
    "benchmark",
    str,
    description="An instrument's id, or a blend such as ID:0.6,ID:0.4 whose weights add up to 1; none: "
    "without. The portfolio's own unless given.",
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


class _RiskView(LedgerView):
    def terms(self) -> risk.Terms:
        params = self.request.query_params
        return risk.Terms(
            frequency=Frequency(choice_parameter(params, "frequency", list(Frequency)) or Frequency.DAILY),
            risk_free=_between(params, "risk_free", Decimal(0), Decimal("-0.99"), Decimal(10)),
            target=_between(params, "target", Decimal(0), Decimal("-0.99"), Decimal(10)),
            confidence=_between(params, "confidence", Decimal("0.95"), Decimal("0.5"), Decimal("0.999")),
        )

    def benchmark(self, ledger: Ledger) -> Benchmark | None:
        """Read ``benchmark``; the portfolio's own unless given."""
        text = self.request.query_params.get("benchmark", "").strip()
        if not text:
            return benchmarks.chosen(ledger.portfolio)
        return None if text == "none" else _blend(self.request.user, text)

    def found(self, portfolio_id: UUID) -> tuple[Ledger, figures.Performance]:
        ledger = self.ledger(portfolio_id)
        return ledger, figures.performance(ledger, self.period(ledger))


class RiskView(_RiskView):
    """How risky it was."""

    @extend_schema(
        operation_id="portfolio_risk",
        parameters=[
            *PERIOD,
            CURRENCY,
            *CHARGES,
            *TERMS,
            BENCHMARK,
            OpenApiParameter(
                "worst", int, description="How many drawdowns to list (default 5, at most 100)."
            ),
        ],
        responses=risk_shapes.RiskSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer the risk figures of a period, its worst drawdowns and its returns by month."""
        ledger, found = self.found(portfolio_id)
        view = risk.of(ledger, found, self.terms(), self.benchmark(ledger))
        worst = min(_count(request.query_params, "worst", WORST), MOST_WORST)
        return Response(payloads.risk(view, ledger.base, worst))


class RollingRiskView(_RiskView):
    """How risky it was when."""

    @extend_schema(
        operation_id="portfolio_rolling_risk",
        parameters=[
            *PERIOD,
            CURRENCY,
            *CHARGES,
            *TERMS,
            BENCHMARK,
            OpenApiParameter("window", int, description="Observations in a window, 2 to 5000 (default 63)."),
        ],
        responses=risk_shapes.RollingSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer return, volatility, Sharpe ratio and beta over a window that moves through a period."""
        ledger, found = self.found(portfolio_id)
        terms, benchmark = self.terms(), self.benchmark(ledger)
        window = _count(request.query_params, "window", risk.WINDOW)
        if not 2 <= window <= MOST_OBSERVATIONS:  # noqa: PLR2004
            raise _refused("window", _("%(name)s must be between 2 and 5000.") % {"name": "window"})
        index = benchmarks.index(ledger, benchmark, found.series.days) if benchmark else None
        seen = risk.observe(found, terms.frequency, index)
        days, moving = risk.moving(seen, terms, window)
        head = {"start": found.period.start, "end": found.period.end, "currency": ledger.base}
        shown = payloads.rolling(days, moving, seen, window)
        return Response({**head, **payloads.terms(terms), **shown})


class BenchmarkView(_RiskView):
    """What a portfolio is compared with."""

    @extend_schema(operation_id="portfolio_benchmark", responses=risk_shapes.BenchmarkSerializer)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer the benchmark that is kept; without one it has no parts."""
        return Response(payloads.benchmark(benchmarks.chosen(get(request.user, portfolio_id))))

    @extend_schema(
        operation_id="portfolio_benchmark_choose",
        request=risk_shapes.BenchmarkChoiceSerializer,
        responses=risk_shapes.BenchmarkSerializer,
    )
    def put(self, request: Request, portfolio_id: UUID) -> Response:
        """Keep an instrument or a blend whose weights add up to 1; an empty list keeps none."""
        portfolio = get_writable(request.user, portfolio_id)
        context = {"request": request, "portfolio": portfolio}
        values = self.parsed(risk_shapes.BenchmarkChoiceSerializer, context=context)
        parts = [Part(one["instrument"], one["weight"]) for one in values["parts"]]
        kept = choose_benchmark(actor=self.actor, portfolio_id=portfolio_id, parts=parts)
        return Response(payloads.benchmark(benchmarks.chosen(kept)))


class ComparisonView(_RiskView):
    """What if the same money had gone into the benchmark."""

    @extend_schema(
        operation_id="portfolio_benchmark_comparison",
        parameters=[*PERIOD, CURRENCY, *CHARGES, BENCHMARK],
        responses=risk_shapes.ComparisonSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer value and return of a period beside a benchmark's, in total return and by the same flows."""
        ledger, found = self.found(portfolio_id)
        compared = benchmarks.compare(ledger, found, self.benchmark(ledger))
        return Response(payloads.comparison(compared, ledger.base))


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

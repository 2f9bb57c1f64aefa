"""Endpoints of risk: how much a portfolio or any scope moved, how deep it fell, and beside what."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from portfolios.api import risk_queries as queries
from portfolios.api import risk_shapes
from portfolios.api.analysis import LedgerView
from portfolios.api.queries import ASKED, CHARGES, CURRENCY, PERIOD
from portfolios.api.reports import ReportView
from portfolios.api.risk_queries import BENCHMARK, TERMS, WINDOW, WORST_FALLS
from portfolios.payloads import risk as payloads
from portfolios.selectors import benchmarks, reports, risk
from portfolios.selectors.benchmarks import Part
from portfolios.selectors.figures import Period
from portfolios.selectors.portfolios import get, get_writable
from portfolios.selectors.reports import Report
from portfolios.services.benchmarks import choose_benchmark

_RISK = [*TERMS, BENCHMARK, WORST_FALLS]
_ROLLING = [*TERMS, BENCHMARK, WINDOW]
_ONE = [*PERIOD, CURRENCY, *CHARGES]


def _risk(request: Request, found: Report, period: Period) -> Response:
    """Answer the figures of a period; `found` is what they are of."""
    params, first = request.query_params, found.parts[0]
    benchmark = queries.benchmark_parameter(request.user, params, found)
    terms = queries.terms_parameters(params)
    view = risk.of(first, reports.performance(found, period), terms, benchmark)
    return Response(payloads.risk(view, found.base, queries.worst_parameter(params)))


def _rolling(request: Request, found: Report, period: Period) -> Response:
    """Answer the figures of a window that moves through a period."""
    params, first = request.query_params, found.parts[0]
    terms, window = queries.terms_parameters(params), queries.window_parameter(params)
    benchmark = queries.benchmark_parameter(request.user, params, found)
    earned = reports.performance(found, period)
    index = benchmarks.index(first, benchmark, earned.series.days) if benchmark else None
    seen = risk.observe(earned, terms.frequency, index)
    days, moving = risk.moving(seen, terms, window)
    head = {"start": earned.period.start, "end": earned.period.end, "currency": found.base}
    shown = payloads.rolling(days, moving, seen, window)
    return Response({**head, **payloads.terms(terms), **shown})


def _compared(request: Request, found: Report, period: Period) -> Response:
    """Answer a period beside its benchmark."""
    benchmark = queries.benchmark_parameter(request.user, request.query_params, found)
    compared = benchmarks.compare(found.parts[0], reports.performance(found, period), benchmark)
    return Response(payloads.comparison(compared, found.base))


class _OneView(LedgerView):
    def asked(self, portfolio_id: UUID) -> tuple[Report, Period]:
        """Answer the portfolio as a report, and the period."""
        ledger = self.ledger(portfolio_id)
        return reports.of_ledger(ledger), self.period(ledger)


class RiskView(_OneView):
    """How risky it was."""

    @extend_schema(
        operation_id="portfolio_risk", parameters=[*_ONE, *_RISK], responses=risk_shapes.RiskSerializer
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer the risk figures of a period, its worst drawdowns and its returns by month."""
        return _risk(request, *self.asked(portfolio_id))


class RollingRiskView(_OneView):
    """How risky it was when."""

    @extend_schema(
        operation_id="portfolio_rolling_risk",
        parameters=[*_ONE, *_ROLLING],
        responses=risk_shapes.RollingSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer return, volatility, Sharpe ratio and beta over a window that moves through a period."""
        return _rolling(request, *self.asked(portfolio_id))


class ComparisonView(_OneView):
    """What if the same money had gone into the benchmark."""

    @extend_schema(
        operation_id="portfolio_benchmark_comparison",
        parameters=[*_ONE, BENCHMARK],
        responses=risk_shapes.ComparisonSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer value and return of a period beside a benchmark's, in total return and by the same flows."""
        return _compared(request, *self.asked(portfolio_id))


class ReportRiskView(ReportView):
    """How risky a scope was."""

    @extend_schema(operation_id="risk", parameters=[*ASKED, *_RISK], responses=risk_shapes.RiskSerializer)
    def get(self, request: Request) -> Response:
        """Answer the risk figures of portfolios, or a part of them, its drawdowns and returns by month."""
        found = self.report()
        return _risk(request, found, self.period(found))


class ReportRollingRiskView(ReportView):
    """How risky a scope was when."""

    @extend_schema(
        operation_id="rolling_risk", parameters=[*ASKED, *_ROLLING], responses=risk_shapes.RollingSerializer
    )
    def get(self, request: Request) -> Response:
        """Answer return, volatility, Sharpe ratio and beta of a scope over a window that moves."""
        found = self.report()
        return _rolling(request, found, self.period(found))


class ReportComparisonView(ReportView):
    """What if the same money had gone into the benchmark."""

    @extend_schema(
        operation_id="benchmark_comparison",
        parameters=[*ASKED, BENCHMARK],
        responses=risk_shapes.ComparisonSerializer,
    )
    def get(self, request: Request) -> Response:
        """Answer value and return of a scope beside a benchmark's, in total return and by the same flows."""
        found = self.report()
        return _compared(request, found, self.period(found))


class BenchmarkView(LedgerView):
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

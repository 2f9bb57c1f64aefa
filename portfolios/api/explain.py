"""Endpoints of what figures are made of."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of, paged, window
from core.api.parameters import DAY, LISTING, choice_parameter
from portfolios.api import explained as shapes
from portfolios.api.analysis import LedgerView
from portfolios.api.explained_risk import of_risk
from portfolios.api.queries import ASKED
from portfolios.api.reports import ReportView
from portfolios.api.risk_queries import TERMS, terms_parameters
from portfolios.selectors import reports, risk, risk_explain
from portfolios.selectors.explain import AMOUNTS, explained, rates_used
from portfolios.selectors.risk_explain import RULES as RISKS

FIGURES = [*AMOUNTS, *shapes.RETURNS, *RISKS]
FIGURE = OpenApiParameter("figure", str, enum=FIGURES, description="Which figure (default gain).")


class ExplainView(ReportView):
    """What a figure is made of."""

    @extend_schema(
        operation_id="explain",
        parameters=[FIGURE, *ASKED, *TERMS, *LISTING],
        responses=shapes.ExplanationSerializer,
    )
    def get(self, request: Request) -> Response:
        """Answer the lots, sales, payments, flows, prices, rates or returns of a figure; they make it."""
        params = request.query_params
        figure = choice_parameter(params, "figure", FIGURES) or "gain"
        found, cut = self.report(), window(params)
        period = self.period(found)
        if figure in AMOUNTS:
            answer = shapes.of_amount(explained(found, figure, period), cut)
        elif figure in RISKS:
            earned = reports.performance(found, period)
            view = risk.of(found.parts[0], earned, terms_parameters(params), None)
            answer = of_risk(risk_explain.explained(view, figure), earned.period, cut)
        else:
            earned = reports.performance(found, period)
            answer = shapes.of_return(figure, earned, reports.statement(found, earned.period), cut)
        return Response({"figure": figure, "currency": found.base, **answer})


class RatesUsedView(LedgerView):
    """Which rate each transaction used."""

    @extend_schema(
        operation_id="portfolio_rates_used",
        parameters=[DAY, *LISTING],
        responses=page_of("EntryRatePage", shapes.EntryRateSerializer),
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the rates that transactions in foreign currencies used until a day: own or the day's."""
        ledger = self.ledger(portfolio_id)
        rows = rates_used(ledger, self.day(ledger))
        return paged(self, rows, lambda page: [shapes.entry_rate(one) for one in page])

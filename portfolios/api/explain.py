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
from portfolios.api.queries import ASKED
from portfolios.api.reports import ReportView
from portfolios.selectors import reports
from portfolios.selectors.explain import AMOUNTS, explained, rates_used

FIGURE = OpenApiParameter(
    "figure", str, enum=[*AMOUNTS, *shapes.RETURNS], description="Which figure (default gain)."
)


class ExplainView(ReportView):
    """What a figure is made of."""

    @extend_schema(
        operation_id="explain", parameters=[FIGURE, *ASKED, *LISTING], responses=shapes.ExplanationSerializer
    )
    def get(self, request: Request) -> Response:
        """Answer the lots, sales, payments, flows, prices and rates of a figure; they add up to it."""
        params = request.query_params
        names = [*AMOUNTS, *shapes.RETURNS]
        figure = choice_parameter(params, "figure", names) or "gain"
        found, cut = self.report(), window(params)
        period = self.period(found)
        if figure in AMOUNTS:
            answer = shapes.of_amount(explained(found, figure, period), cut)
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

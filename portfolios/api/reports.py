"""Endpoints of figures over any scope: portfolios together, or a part of them."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView
from core.api.parameters import DAY
from portfolios import payloads
from portfolios.api import queries, shapes
from portfolios.api.queries import ASKED, BY, CURRENCY, SCOPE
from portfolios.selectors import reports
from portfolios.selectors.figures import Period
from portfolios.selectors.reports import Report
from portfolios.selectors.scopes import asked
from portfolios.selectors.tags import labels


class ReportView(ApiView):
    """Read what a report is of and over which period."""

    area = "portfolios"

    def report(self) -> Report:
        """Answer the report that is asked for."""
        params = self.request.query_params
        ids = queries.portfolio_parameters(params)
        return asked(
            self.request.user, ids, queries.filter_parameters(params), queries.view_parameters(params)
        )

    def period(self, found: Report) -> Period:
        """Read the period; it ends today at last."""
        return queries.period_parameters(
            self.request.query_params,
            reports.last_day(found),
            lambda end: reports.inception(found, end).start,
        )


class ReportPerformanceView(ReportView):
    """What a scope earned."""

    @extend_schema(operation_id="performance", parameters=ASKED, responses=shapes.PerformanceSerializer)
    def get(self, request: Request) -> Response:
        """Answer the returns of portfolios, or a part of them, over a period ``(start, end]``."""
        found = self.report()
        earned = reports.performance(found, self.period(found))
        stated = reports.statement(found, earned.period)
        return Response(payloads.performance(earned, found.base, stated))


class ReportStatementView(ReportView):
    """Why a scope is worth what it is."""

    @extend_schema(operation_id="statement", parameters=ASKED, responses=shapes.StatementSerializer)
    def get(self, request: Request) -> Response:
        """Answer where the change in value of portfolios, or a part of them, came from."""
        found = self.report()
        return Response(payloads.statement(found, reports.statement(found, self.period(found))))


class ReportAllocationView(ReportView):
    """How a scope is spread."""

    @extend_schema(
        operation_id="allocation",
        parameters=[*SCOPE, DAY, CURRENCY, BY],
        responses=shapes.AllocationSerializer,
    )
    def get(self, request: Request) -> Response:
        """Answer the value of portfolios, or a part of them, by group; the shares add up to 1."""
        params, found = request.query_params, self.report()
        by = queries.grouping_parameter(params)
        day = queries.known_day(params, "date", reports.last_day(found))
        total, slices = reports.allocation(found, day, by, labels(request.user.pk, by))
        return Response(payloads.allocation(day, found.base, by, total, slices))


class ReportSeriesView(ReportView):
    """A scope day by day."""

    @extend_schema(operation_id="series", parameters=ASKED, responses=shapes.SeriesSerializer)
    def get(self, request: Request) -> Response:
        """Answer value, flows and cumulative return of each day; the first row is the opening."""
        found = self.report()
        return Response(payloads.series(reports.performance(found, self.period(found)), found.base))

"""Endpoints that tell what a portfolio is worth, what it earned and why."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView
from core.api.pagination import window
from core.api.parameters import DAY, LISTING, flag_parameter, number_parameter
from core.api.rendering import JSONRenderer, ProblemRenderer
from core.errors import ValidationFailed
from portfolios import payloads
from portfolios.api import queries, shapes
from portfolios.api.imports import CsvRenderer
from portfolios.api.queries import BY, CHARGES, CURRENCY, PERIOD
from portfolios.payloads import realised as realised_payloads
from portfolios.selectors import cost_methods, figures, lots, realised, valuation
from portfolios.selectors.ledger import Ledger, load, today
from portfolios.selectors.portfolios import get
from portfolios.selectors.realised import RealisedReport
from portfolios.selectors.reports import scoped
from portfolios.selectors.scopes import Filters, require_rate, scope_of
from portfolios.selectors.tags import labels

LAST_YEAR = 9998
_PERIOD = [*PERIOD, CURRENCY, *CHARGES]


class LedgerView(ApiView):
    """Load the ledger of a portfolio that the caller may see."""

    area = "portfolios"

    def ledger(self, portfolio_id: UUID) -> Ledger:
        """Answer the ledger; in another ``currency``, and before ``fees`` or ``taxes``, if so asked.

        Raises:
            ValidationFailed: no rate leads to that currency.
        """
        whole = load(get(self.request.user, portfolio_id))
        view = queries.view_parameters(self.request.query_params)
        require_rate(whole, view.currency or whole.base)
        return scoped(whole, scope_of(whole, Filters(), view), view.currency)

    def day(self, ledger: Ledger) -> date:
        """Read ``date``; today in the portfolio's time zone unless given, or where it is yet to come."""
        return queries.known_day(self.request.query_params, "date", today(ledger.portfolio))

    def period(self, ledger: Ledger) -> figures.Period:
        """Read the period; since inception until today unless given. It ends today at last."""
        return queries.period_parameters(
            self.request.query_params,
            today(ledger.portfolio),
            lambda end: figures.inception(ledger, end).start,
        )

    def page(self, rows: list[Any]) -> Response:
        """Answer the asked window of `rows`."""
        asked = window(self.request.query_params)
        return Response(
            {"items": asked.of(rows), "total": len(rows), "skip": asked.skip, "limit": asked.limit}
        )


class ValuationView(LedgerView):
    """What the portfolio is worth."""

    @extend_schema(
        operation_id="portfolio_valuation", parameters=[DAY, CURRENCY], responses=shapes.ValuationSerializer
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer value, cash, cost, gains, income and charges since inception, as of the end of a day."""
        ledger = self.ledger(portfolio_id)
        return Response(payloads.valuation(ledger, valuation.at(ledger, self.day(ledger))))


class PositionsView(LedgerView):
    """What is held."""

    @extend_schema(
        operation_id="portfolio_positions",
        parameters=[
            DAY,
            CURRENCY,
            OpenApiParameter(
                "closed", bool, description="Also those that were sold completely (default false)."
            ),
            *LISTING,
        ],
        responses=shapes.PositionPageSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the positions as of the end of a day, the largest first."""
        ledger = self.ledger(portfolio_id)
        day = self.day(ledger)
        found = valuation.at(ledger, day)
        closed = flag_parameter(request.query_params, "closed")
        rows = [one for one in found.positions if closed or one.quantity]
        return self.page([payloads.position(ledger, one, day) for one in rows])


class LotsView(LedgerView):
    """What is held, lot by lot."""

    @extend_schema(
        operation_id="portfolio_lots",
        parameters=[DAY, CURRENCY, *LISTING],
        responses=shapes.LotPageSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the open lots as of the end of a day."""
        ledger = self.ledger(portfolio_id)
        found = lots.lots(ledger, valuation.at(ledger, self.day(ledger)))
        return self.page([payloads.lot(ledger, row) for row in found])


class DisposalsView(LedgerView):
    """What was sold, matched with what it had cost."""

    @extend_schema(
        operation_id="portfolio_disposals",
        parameters=[*_PERIOD, *LISTING],
        responses=shapes.DisposalPageSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the sales of a period, each matched with the lots it took."""
        ledger = self.ledger(portfolio_id)
        period = self.period(ledger)
        rows = figures.book(ledger, period.end).disposals
        return self.page([payloads.disposal(ledger, row) for row in rows if row.day > period.start])


class SeriesView(LedgerView):
    """Day by day."""

    @extend_schema(operation_id="portfolio_series", parameters=_PERIOD, responses=shapes.SeriesSerializer)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer value, flows and cumulative return of each day of a period; the first row is its opening."""
        ledger = self.ledger(portfolio_id)
        found = figures.performance(ledger, self.period(ledger))
        return Response(payloads.series(found, ledger.base))


class PerformanceView(LedgerView):
    """What it earned."""

    @extend_schema(
        operation_id="portfolio_performance", parameters=_PERIOD, responses=shapes.PerformanceSerializer
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer the time-weighted, money-weighted (XIRR) and simple return of a period ``(start, end]``."""
        ledger = self.ledger(portfolio_id)
        found = figures.performance(ledger, self.period(ledger))
        return Response(payloads.performance(found, ledger.base, figures.state(ledger, found.period)))


class StatementView(LedgerView):
    """Why."""

    @extend_schema(
        operation_id="portfolio_statement", parameters=_PERIOD, responses=shapes.StatementSerializer
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer where the change in value came from; the parts add up exactly."""
        ledger = self.ledger(portfolio_id)
        return Response(payloads.statement(ledger, figures.state(ledger, self.period(ledger))))


class AllocationView(LedgerView):
    """How the value is spread."""

    @extend_schema(
        operation_id="portfolio_allocation",
        parameters=[
            DAY,
            CURRENCY,
            BY,
        ],
        responses=shapes.AllocationSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer the value by instrument, class, currency, sector, country or tag; the shares add up to 1."""
        ledger = self.ledger(portfolio_id)
        by = queries.grouping_parameter(request.query_params)
        found = valuation.at(ledger, self.day(ledger))
        slices = valuation.allocation(ledger, found, by, labels(request.user.pk, by))
        return Response(payloads.allocation(found.day, ledger.base, by, found.total, slices))


class CostMethodsView(LedgerView):
    """What another way to match lots would say."""

    @extend_schema(
        operation_id="portfolio_cost_methods",
        parameters=[
            DAY,
            CURRENCY,
            OpenApiParameter(
                "fees_in_basis", bool, description="Fees in the cost or beside it (default: as set)."
            ),
        ],
        responses=shapes.CostMethodsSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer cost and gains by each method as of the end of a day, and which of them is in use."""
        ledger = self.ledger(portfolio_id)
        day, params = self.day(ledger), self.request.query_params
        fees = flag_parameter(params, "fees_in_basis") if "fees_in_basis" in params else None
        found = cost_methods.compare(ledger, day, fees_in_basis=fees)
        return Response(payloads.cost_methods(ledger, day, found))


YEAR = OpenApiParameter("year", int, description="Only this tax year, by the year in which it begins.")


class _RealisedView(LedgerView):
    def realised(self, ledger: Ledger) -> RealisedReport:
        """Answer the sales of the tax year or of the period that is asked for; of all unless any is.

        Raises:
            ValidationFailed: both are asked for.
        """
        params, year = self.request.query_params, asked_year(self.request)
        if not any(params.get(name) for name in ("start", "end", "period")):
            return realised.report(ledger, self.day(ledger), year)
        if year is not None:
            message = _("Give either a tax year or a period.")
            raise ValidationFailed.of("year", message, "period")
        return realised.of_period(ledger, self.day(ledger), self.period(ledger))


class RealisedView(_RealisedView):
    """What the sales gained, by tax year."""

    @extend_schema(
        operation_id="portfolio_realised_gains",
        parameters=[YEAR, *PERIOD, CURRENCY, *LISTING],
        responses=shapes.RealisedSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer the totals of each tax year, and the sales of one, of a period or all, with their lots."""
        ledger = self.ledger(portfolio_id)
        found = self.realised(ledger)
        page = self.page([realised_payloads.row(ledger, row) for row in found.rows])
        return Response({**realised_payloads.report(ledger, found), **page.data})


class RealisedExportView(_RealisedView):
    """The same as a file."""

    renderer_classes = [CsvRenderer, JSONRenderer, ProblemRenderer]

    @extend_schema(
        operation_id="portfolio_realised_gains_export",
        parameters=[YEAR, *PERIOD, CURRENCY],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, portfolio_id: UUID) -> HttpResponse:
        """Answer the sales of one tax year, of a period, or all, as CSV."""
        ledger = self.ledger(portfolio_id)
        found = self.realised(ledger)
        response = HttpResponse(realised.export_csv(ledger, found), content_type="text/csv; charset=utf-8")
        name = slugify(ledger.portfolio.name) or "portfolio"
        response["Content-Disposition"] = f'attachment; filename="{name}-realised-gains.csv"'
        return response


def asked_year(request: Request) -> int | None:
    """Read ``year``; None: all of them."""
    return number_parameter(request.query_params, "year", LAST_YEAR)


class NetWorthView(ApiView):
    """Everything the caller has."""

    area = "portfolios"

    @extend_schema(operation_id="net_worth", responses=shapes.NetWorthSerializer)
    def get(self, request: Request) -> Response:
        """Sum the caller's real portfolios in their base currency; simulated ones are left out."""
        return Response(payloads.net_worth(valuation.net_worth(request.user)))

"""Endpoints of portfolios and their transactions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.pagination import lists, page_of, paged
from core.api.parameters import END, LISTING, START, choice_parameter, day_parameter, uuid_parameter
from portfolios.api.serializers import (
    MAX_BATCH,
    PortfolioSerializer,
    RevisionSerializer,
    TransactionChangeSerializer,
    TransactionSerializer,
    as_input,
    named_as_sent,
)
from portfolios.models import Portfolio, Transaction, TransactionRevision
from portfolios.selectors import portfolios as selectors
from portfolios.services import portfolios as services
from portfolios.services import transactions as transaction_services


class PortfolioListView(ApiView):
    """The caller's portfolios."""

    area = "portfolios"

    @lists("portfolios_list", "PortfolioPage", PortfolioSerializer)
    def get(self, request: Request) -> Response:
        """List the portfolios that the caller may see."""
        rows = selectors.visible_to(request.user)
        return paged(self, rows, lambda page: PortfolioSerializer(page, many=True).data)

    @extend_schema(
        operation_id="portfolios_create", request=PortfolioSerializer, responses={201: PortfolioSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create an empty portfolio; its time zone is the caller's unless given."""
        values = self.parsed(PortfolioSerializer, context={"request": request})
        values.setdefault("time_zone", self.caller.time_zone)
        portfolio = services.create_portfolio(actor=self.actor, owner_id=self.caller.pk, **values)
        return Response(self._shown(request, portfolio), status=201)

    def _shown(self, request: Request, portfolio: Portfolio) -> Any:
        return PortfolioSerializer(selectors.get(request.user, portfolio.pk)).data


class PortfolioView(ApiView):
    """One portfolio."""

    area = "portfolios"

    @extend_schema(operation_id="portfolios_retrieve", responses=PortfolioSerializer)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer a portfolio."""
        return Response(PortfolioSerializer(selectors.get(request.user, portfolio_id)).data)

    @extend_schema(
        operation_id="portfolios_change", request=PortfolioSerializer, responses=PortfolioSerializer
    )
    def patch(self, request: Request, portfolio_id: UUID) -> Response:
        """Change settings of a portfolio."""
        selectors.get_writable(request.user, portfolio_id)
        changes = self.parsed(PortfolioSerializer, partial=True, context={"request": request})
        services.change_portfolio(actor=self.actor, portfolio_id=portfolio_id, changes=changes)
        return self.get(request, portfolio_id)

    @extend_schema(operation_id="portfolios_delete", responses={204: None})
    def delete(self, request: Request, portfolio_id: UUID) -> Response:
        """Delete a portfolio with all its transactions."""
        services.delete_portfolio(actor=self.actor, portfolio_id=portfolio_id)
        return Response(status=204)


class TransactionListView(ApiView):
    """The transactions of a portfolio."""

    area = "portfolios"

    @extend_schema(
        operation_id="transactions_list",
        parameters=[
            *LISTING, START, END,
            OpenApiParameter("instrument", UUID, description="Only of this instrument."),
            OpenApiParameter("kind", str, enum=Transaction.Kind.values, description="Only of this kind."),
        ],
        responses=page_of("TransactionPage", TransactionSerializer),
    )  # fmt: skip
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List transactions, newest first."""
        rows = selectors.with_lots(selectors.transactions(selectors.get(request.user, portfolio_id)))
        params = request.query_params
        if start := day_parameter(params, "start"):
            rows = rows.filter(day__gte=start)
        if end := day_parameter(params, "end"):
            rows = rows.filter(day__lte=end)
        if kind := choice_parameter(params, "kind", Transaction.Kind.values):
            rows = rows.filter(kind=kind)
        if instrument := uuid_parameter(params, "instrument"):
            rows = rows.filter(instrument__uuid=instrument)
        return paged(self, rows, lambda page: TransactionSerializer(page, many=True).data)

    @extend_schema(
        operation_id="transactions_create",
        request=TransactionSerializer,
        responses={201: TransactionSerializer},
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Add one transaction."""
        portfolio = selectors.get_writable(request.user, portfolio_id)
        values = self.parsed(TransactionSerializer, context={"request": request, "portfolio": portfolio})
        with named_as_sent(request.data):
            rows = transaction_services.add_transactions(
                actor=self.actor, portfolio_id=portfolio_id, inputs=[as_input(values)]
            )
        return Response(TransactionSerializer(rows[0]).data, status=201)


class TransactionBatchView(ApiView):
    """Many transactions at once."""

    area = "portfolios"

    @extend_schema(
        operation_id="transactions_create_batch",
        request=TransactionSerializer(many=True),
        responses={201: TransactionSerializer(many=True)},
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Add a list of transactions, all or none; at most 10,000."""
        portfolio = selectors.get_writable(request.user, portfolio_id)
        context = {"request": request, "portfolio": portfolio}
        values = self.parsed(
            TransactionSerializer, many=True, allow_empty=False, max_length=MAX_BATCH, context=context
        )
        with named_as_sent(request.data):
            rows = transaction_services.add_transactions(
                actor=self.actor, portfolio_id=portfolio_id, inputs=[as_input(one) for one in values]
            )
        prefetch_related_objects(rows, "relief_links")
        return Response(TransactionSerializer(rows, many=True).data, status=201)


class TransactionView(ApiView):
    """One transaction."""

    area = "portfolios"

    @extend_schema(operation_id="transactions_retrieve", responses=TransactionSerializer)
    def get(self, request: Request, portfolio_id: UUID, transaction_id: UUID) -> Response:
        """Answer a transaction."""
        row = selectors.get_transaction(request.user, portfolio_id, transaction_id)
        return Response(TransactionSerializer(row).data)

    @extend_schema(
        operation_id="transactions_change",
        request=TransactionChangeSerializer,
        responses=TransactionSerializer,
    )
    def patch(self, request: Request, portfolio_id: UUID, transaction_id: UUID) -> Response:
        """Change a transaction; what it was is kept."""
        portfolio = selectors.get_writable(request.user, portfolio_id)
        kind = selectors.get_transaction(request.user, portfolio_id, transaction_id).kind
        context = {"request": request, "portfolio": portfolio, "kind": kind}
        changes = self.parsed(TransactionChangeSerializer, partial=True, context=context)
        version = changes.pop("version", None)
        with named_as_sent(request.data):
            row = transaction_services.change_transaction(
                actor=self.actor,
                portfolio_id=portfolio_id,
                transaction_id=transaction_id,
                changes=changes,
                version=version,
            )
        return Response(TransactionSerializer(row).data)

    @extend_schema(operation_id="transactions_delete", responses={204: None})
    def delete(self, request: Request, portfolio_id: UUID, transaction_id: UUID) -> Response:
        """Take a transaction out of the ledger; it can be restored."""
        transaction_services.delete_transaction(
            actor=self.actor, portfolio_id=portfolio_id, transaction_id=transaction_id
        )
        return Response(status=204)


class TransactionRestoreView(ApiView):
    """Undo of a deletion."""

    area = "portfolios"

    @extend_schema(operation_id="transactions_restore", request=None, responses=TransactionSerializer)
    @idempotent
    def post(self, request: Request, portfolio_id: UUID, transaction_id: UUID) -> Response:
        """Bring a deleted transaction back."""
        row = transaction_services.restore_transaction(
            actor=self.actor, portfolio_id=portfolio_id, transaction_id=transaction_id
        )
        return Response(TransactionSerializer(row).data)


class TransactionRevisionsView(ApiView):
    """The history of one transaction."""

    area = "portfolios"

    @lists("transactions_revisions", "RevisionPage", RevisionSerializer)
    def get(self, request: Request, portfolio_id: UUID, transaction_id: UUID) -> Response:
        """List what the transaction was before each change, newest first."""
        portfolio = selectors.get(request.user, portfolio_id)
        rows = TransactionRevision.objects.filter(
            transaction=transaction_id, transaction__portfolio=portfolio
        )
        if not rows.exists():
            selectors.get_transaction(request.user, portfolio_id, transaction_id)
        return paged(self, rows, lambda page: RevisionSerializer(page, many=True).data)

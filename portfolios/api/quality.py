"""Endpoints of the quality checks: the published contract's, and those of one portfolio."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.base import ApiView, idempotent
from core.api.pagination import page_of, paged
from core.api.parameters import LISTING, choice_parameter, flag_parameter
from portfolios.selectors import quality
from portfolios.services import quality as services

SEVERITIES = [one.value for one in quality.Severity]
DISMISSED = OpenApiParameter("dismissed", bool, description="List those that were dismissed instead.")
SEVERITY = OpenApiParameter("severity", str, enum=SEVERITIES, description="Only those of this severity.")


class IssueSerializer(serializers.Serializer[Any]):
    """One finding. `timestamp`: of what it is about, else of the check; `link`: the page that mends it."""

    issue_id = serializers.UUIDField(help_text="Stable while the facts that the check looked at are.")
    description = serializers.CharField()
    severity = serializers.ChoiceField(SEVERITIES)
    timestamp = serializers.DateTimeField()
    code = serializers.CharField()
    title = serializers.CharField()
    portfolio = serializers.UUIDField()
    transaction = serializers.UUIDField(allow_null=True)
    instrument = serializers.UUIDField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    link = serializers.CharField()


class IssuesSerializer(serializers.Serializer[Any]):
    """All findings in the real portfolios that the caller owns, the gravest first."""

    user_id = serializers.UUIDField()
    issues = IssueSerializer(many=True)
    total_issues = serializers.IntegerField()
    timestamp = serializers.DateTimeField()


class DismissSerializer(serializers.Serializer[Any]):
    """Which finding to put aside."""

    issue_id = serializers.UUIDField()


class DismissalSerializer(serializers.Serializer[Any]):
    """A finding that was put aside, by whom and when."""

    issue_id = serializers.UUIDField()
    code = serializers.CharField()
    dismissed_by = serializers.UUIDField(allow_null=True)
    dismissed_at = serializers.DateTimeField()


class QualityChecksView(ApiView):
    """The quality checks of the published contract."""

    area = "portfolios"

    @extend_schema(
        operation_id="quality_checks",
        tags=["published contract"],
        parameters=[DISMISSED],
        responses=IssuesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Run the checks over the caller's real portfolios; what was dismissed is left out."""
        _portfolios, found = quality.of_user(request.user)
        shown = found.dismissed if flag_parameter(request.query_params, "dismissed") else found.open
        now = clock.now()
        return Response(
            {
                "user_id": request.user.pk,
                "issues": [_issue(one, now) for one in shown],
                "total_issues": len(shown),
                "timestamp": now.isoformat(),
            }
        )


class PortfolioQualityView(ApiView):
    """The quality checks of one portfolio."""

    area = "portfolios"

    @extend_schema(
        operation_id="portfolio_quality",
        parameters=[SEVERITY, DISMISSED, *LISTING],
        responses=page_of("IssuePage", IssueSerializer),
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Run the checks over one portfolio, the gravest finding first."""
        params = request.query_params
        severity = choice_parameter(params, "severity", SEVERITIES)
        _portfolio, found = quality.of_portfolio(request.user, portfolio_id)
        rows = found.dismissed if flag_parameter(params, "dismissed") else found.open
        asked = [one for one in rows if not severity or one.check.severity.value == severity]
        now = clock.now()
        return paged(self, asked, lambda some: [_issue(one, now) for one in some])


class DismissalsView(ApiView):
    """Put a finding aside."""

    area = "portfolios"

    @extend_schema(
        operation_id="quality_dismiss", request=DismissSerializer, responses={201: DismissalSerializer}
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Dismiss a finding until the facts that the check looked at change."""
        row = services.dismiss_issue(
            actor=self.actor, portfolio_id=portfolio_id, issue_id=self.parsed(DismissSerializer)["issue_id"]
        )
        return Response(DismissalSerializer(row).data, status=201)


class DismissalView(ApiView):
    """Bring a finding back."""

    area = "portfolios"

    @extend_schema(operation_id="quality_restore", responses={204: None})
    def delete(self, request: Request, portfolio_id: UUID, issue_id: UUID) -> Response:
        """Bring a dismissed finding back."""
        services.restore_issue(actor=self.actor, portfolio_id=portfolio_id, issue_id=issue_id)
        return Response(status=204)


def _issue(one: quality.Issue, now: datetime) -> dict[str, Any]:
    found = one.found
    about = (
        _("%(title)s for order_id=%(id)s") % {"title": one.title, "id": found.entry}
        if found.entry
        else one.title
    )
    return {
        "issue_id": one.id,
        "description": f"{about}. {one.text}",
        "severity": one.check.severity.value,
        "timestamp": (found.time or now).isoformat(),
        "code": one.check.code,
        "title": one.title,
        "portfolio": one.portfolio.pk,
        "transaction": found.entry,
        "instrument": None if one.instrument is None else one.instrument.uuid,
        "symbol": None if one.instrument is None else one.instrument.symbol,
        "currency": found.currency or None,
        "link": quality.link(one),
    }

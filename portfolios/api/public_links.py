"""Endpoints of public links: the owner's to make and end, and what anybody reads who has one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.base import OPEN, ApiView
from core.api.pagination import page_of, paged
from core.api.parameters import LISTING
from core.api.serializers import StrictSerializer
from core.api.throttles import NetworkThrottle
from core.ranges import RANGES
from portfolios.api.portrait_shapes import PortraitSerializer
from portfolios.models import PublicLink
from portfolios.payloads.portrait import BUDGET, HEADERS, portrait
from portfolios.selectors import portraits
from portfolios.selectors import sharing as selectors
from portfolios.selectors.links import links, opened_by, state_of
from portfolios.services import sharing as services
from portfolios.services.sharing import IssuedLink, LinkInput

TAGS = ["sharing"]
# what is public of somebody's is theirs to say in person: no token of a program may
IN_PERSON = frozenset({"POST", "DELETE"})
STATES = ["open", "expired", "revoked"]
NEW = OpenApiExample(
    "Percentages only, for a quarter",
    {"label": "How I save", "shows": "percentages", "names": "listed", "expires_at": "2027-02-28T00:00:00Z"},
    request_only=True,
)


class NewLinkSerializer(StrictSerializer[Any]):
    """What a new link shows, and until when."""

    label = serializers.CharField(  # type: ignore[assignment]  # DRF's own name for something else
        max_length=PublicLink.LABEL_LENGTH,
        required=False,
        allow_blank=True,
        help_text=_("Title of the page; the portfolio's name unless given."),
    )
    shows = serializers.ChoiceField(choices=PublicLink.Shows.choices, required=False)
    names = serializers.ChoiceField(
        choices=PublicLink.Names.choices,
        required=False,
        help_text=_("Whether holdings are named: listed (default) keeps back private instruments."),
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text=_("Null or left out: until it is revoked.")
    )


class PublicLinkSerializer(serializers.ModelSerializer[PublicLink]):
    """A link without its token; `beginning` is what the token begins with."""

    state = serializers.SerializerMethodField()

    class Meta:
        model = PublicLink
        fields = [
            "id", "label", "shows", "names", "beginning", "state", "created_at", "expires_at", "revoked_at",
            "views", "last_viewed_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_state(self, link: PublicLink) -> str:
        """Tell whether it opens anything: open, expired or revoked."""
        return state_of(link, clock.now())


class IssuedLinkSerializer(PublicLinkSerializer):
    """A new link with its token and its address, which no other answer tells."""

    token = serializers.CharField(help_text=_("The secret part of the address; told only here."))
    address = serializers.CharField(help_text=_("The page's address."))

    class Meta(PublicLinkSerializer.Meta):
        fields = [*PublicLinkSerializer.Meta.fields, "token", "address"]
        read_only_fields = fields


class PublicLinksView(ApiView):
    """The public links of a portfolio."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @extend_schema(
        operation_id="public_links_list",
        parameters=LISTING,
        responses=page_of("PublicLinkPage", PublicLinkSerializer),
        tags=TAGS,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List them, newest first; those that ended stay for 30 days. Only the owner may."""
        rows = links(selectors.get_owned(request.user, portfolio_id))
        return paged(self, rows, lambda page: PublicLinkSerializer(page, many=True).data)

    @extend_schema(
        operation_id="public_links_create",
        request=NewLinkSerializer,
        responses={201: IssuedLinkSerializer},
        examples=[NEW],
        tags=TAGS,
    )
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Make a link. The answer carries its token and address, told only once. Only the owner may."""
        selectors.get_owned(request.user, portfolio_id)
        data = LinkInput(**self.parsed(NewLinkSerializer))
        issued = services.create_link(actor=self.actor, portfolio_id=portfolio_id, data=data)
        return Response(_told(request, issued), status=201, headers={"Cache-Control": "no-store"})


class PublicLinkView(ApiView):
    """One public link."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @extend_schema(operation_id="public_links_revoke", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, portfolio_id: UUID, link_id: UUID) -> Response:
        """End a link at once; again too. Only the owner may."""
        services.revoke_link(actor=self.actor, portfolio_id=portfolio_id, link_id=link_id)
        return Response(status=204)


class PublicLinkThrottle(NetworkThrottle):
    scope = BUDGET


class PublicPortfolioView(ApiView):
    """What a link shows to anybody; a token or cookie on the request does not matter."""

    area = OPEN
    authentication_classes: list[type[BaseAuthentication]] = []
    permission_classes = [AllowAny]
    throttle_classes = [PublicLinkThrottle]

    @extend_schema(
        operation_id="public_portfolio",
        parameters=[OpenApiParameter("range", str, enum=RANGES, description="The period (default 1Y).")],
        responses=PortraitSerializer,
        tags=TAGS,
        auth=[],
    )
    def get(self, request: Request, token: str) -> Response:
        """Answer allocation, holdings, performance and risk of a portfolio, by its public link.

        Where the link shows percentages only, every amount is null. A link that is unknown, revoked or
        past its end is a 404, and so is one whose portfolio is gone: all alike.
        """
        sitting = portraits.sit(opened_by(token), request.query_params.get("range", ""))
        if not hasattr(request._request, "looking"):  # noqa: SLF001  # a look by support may write nothing
            services.note_view(link_id=sitting.link.pk)
        shown = portrait(
            portraits.portrait_of(sitting),
            portraits.line(sitting),
            portraits.worth_of(sitting),
            portraits.worth_by_day(sitting),
        )
        return Response(shown)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Give every answer, a refusal too, the headers of the page."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in HEADERS.items():
            answer.headers[name] = value
        return answer


def _told(request: Request, issued: IssuedLink) -> dict[str, Any]:
    address = request.build_absolute_uri(reverse("public-portfolio", args=[issued.token]))
    return {**PublicLinkSerializer(issued.link).data, "token": issued.token, "address": address}

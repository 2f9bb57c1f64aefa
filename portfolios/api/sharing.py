"""Endpoints of who shares a portfolio, and of invitations to share one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.pagination import lists, paged
from core.api.serializers import StrictSerializer
from core.models import Role
from portfolios.api.serializers import PortfolioSerializer
from portfolios.models import PortfolioInvitation
from portfolios.selectors import portfolios
from portfolios.selectors import sharing as selectors
from portfolios.services import sharing as services

TAGS = ["sharing"]
# whom somebody shares with is theirs to say in person: no token of a program may
IN_PERSON = frozenset({"POST", "PUT", "PATCH", "DELETE"})
INVITE = OpenApiExample("Invite", {"email": "bob@example.org", "role": "viewer"}, request_only=True)
PROMOTE = OpenApiExample("Let them write", {"role": "editor"}, request_only=True)
HEIR = OpenApiExample("Hand over", {"user_id": "019ac3f0-5b1e-7c64-9d0a-6f2f0c9b8e11"}, request_only=True)
MEMBER = OpenApiExample(
    "A member, as the owner sees them",
    {
        "user_id": "019ac3f0-5b1e-7c64-9d0a-6f2f0c9b8e11",
        "name": "Bob",
        "email": "bob@example.org",
        "role": "editor",
        "is_you": False,
        "joined_at": "2026-11-28T09:30:00Z",
    },
    response_only=True,
)
WAITING = OpenApiExample(
    "An invitation",
    {
        "id": "019ac3f2-0c55-7a01-8f6e-2f4f4f1f7a20",
        "email": "bob@example.org",
        "role": "viewer",
        "state": "open",
        "sent_at": "2026-11-28T09:30:00Z",
        "expires_at": "2026-12-12T09:30:00Z",
    },
    response_only=True,
)


class MemberSerializer(serializers.Serializer[selectors.MemberView]):
    """A member; `email` is null where it is none of the caller's business."""

    user_id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices)
    is_you = serializers.BooleanField()
    joined_at = serializers.DateTimeField()


class RoleSerializer(StrictSerializer[Any]):
    """What a member may do."""

    role = serializers.ChoiceField(choices=PortfolioInvitation.ROLES)


class OwnerSerializer(StrictSerializer[Any]):
    """Who is to own the portfolio: a member of it."""

    user_id = serializers.UUIDField()


class InviteSerializer(StrictSerializer[Any]):
    """Whom to invite, and as what."""

    email = serializers.CharField(max_length=254)
    role = serializers.ChoiceField(choices=PortfolioInvitation.ROLES)


class InvitationSerializer(serializers.Serializer[PortfolioInvitation]):
    """An invitation that waits, as the owner of the portfolio sees it."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    role = serializers.ChoiceField(choices=PortfolioInvitation.ROLES)
    state = serializers.SerializerMethodField(help_text=_("open, or expired after 14 days"))
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    def get_state(self, invitation: PortfolioInvitation) -> str:
        """Tell whether it still counts."""
        return selectors.state_of(invitation)


class ReceivedSerializer(serializers.Serializer[PortfolioInvitation]):
    """An invitation, as the one who got it sees it."""

    id = serializers.UUIDField()
    portfolio = serializers.CharField(source="portfolio.name", help_text=_("Name of the portfolio."))
    invited_by = serializers.SerializerMethodField(help_text=_("Name and address of who invites."))
    role = serializers.ChoiceField(choices=PortfolioInvitation.ROLES)
    expires_at = serializers.DateTimeField()

    def get_invited_by(self, invitation: PortfolioInvitation) -> str:
        """Tell who invites."""
        return selectors.caller_of(invitation)


class MembersView(ApiView):
    """Who shares a portfolio."""

    area = "portfolios"

    @lists("members_list", "MemberPage", MemberSerializer, TAGS)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the members, the owner first."""
        rows = selectors.members(request.user, portfolio_id)
        return paged(self, rows, lambda page: MemberSerializer(page, many=True).data)


class MemberView(ApiView):
    """One member."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @extend_schema(
        operation_id="members_change",
        request=RoleSerializer,
        responses=MemberSerializer,
        examples=[PROMOTE, MEMBER],
        tags=TAGS,
    )
    def patch(self, request: Request, portfolio_id: UUID, user_id: UUID) -> Response:
        """Change a member's role. Only the owner may."""
        selectors.get_owned(request.user, portfolio_id)
        role = self.parsed(RoleSerializer)["role"]
        services.change_role(actor=self.actor, portfolio_id=portfolio_id, user_id=user_id, role=role)
        found = {one.user_id: one for one in selectors.members(request.user, portfolio_id)}
        return Response(MemberSerializer(found[user_id]).data)

    @extend_schema(operation_id="members_remove", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, portfolio_id: UUID, user_id: UUID) -> Response:
        """Remove a member, as the owner, or leave, with one's own id."""
        services.remove_member(actor=self.actor, portfolio_id=portfolio_id, user_id=user_id)
        return Response(status=204)


class OwnerView(ApiView):
    """Who owns a portfolio."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @extend_schema(
        operation_id="portfolios_hand_over",
        request=OwnerSerializer,
        responses=PortfolioSerializer,
        examples=[HEIR],
        tags=TAGS,
    )
    def put(self, request: Request, portfolio_id: UUID) -> Response:
        """Make another member the owner; the caller is an editor from then on. Only the owner may."""
        selectors.get_owned(request.user, portfolio_id)
        heir = self.parsed(OwnerSerializer)["user_id"]
        services.hand_over_portfolio(actor=self.actor, portfolio_id=portfolio_id, user_id=heir)
        return Response(PortfolioSerializer(portfolios.get(request.user, portfolio_id)).data)


class InvitationsView(ApiView):
    """The invitations to a portfolio that wait for an answer."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @lists("invitations_list", "InvitationPage", InvitationSerializer, TAGS)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List them, newest first. Only the owner may."""
        rows = selectors.invitations(selectors.get_owned(request.user, portfolio_id))
        return paged(self, rows, lambda page: InvitationSerializer(page, many=True).data)

    @extend_schema(
        operation_id="invitations_send",
        request=InviteSerializer,
        responses={201: InvitationSerializer, 200: InvitationSerializer},
        examples=[INVITE, WAITING],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Invite an address by mail, whether it has an account or not. Only the owner may.

        Where an invitation of that address waits already, it is answered with 200 and the role
        now asked for, and no second mail goes out.
        """
        selectors.get_owned(request.user, portfolio_id)
        values = self.parsed(InviteSerializer)
        sent = services.invite_member(actor=self.actor, portfolio_id=portfolio_id, **values)
        return Response(InvitationSerializer(sent.invitation).data, status=201 if sent.is_new else 200)


class InvitationView(ApiView):
    """One invitation to a portfolio."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @extend_schema(operation_id="invitations_withdraw", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, portfolio_id: UUID, invitation_id: UUID) -> Response:
        """Take an invitation back. Only the owner may."""
        services.withdraw_invitation(actor=self.actor, portfolio_id=portfolio_id, invitation_id=invitation_id)
        return Response(status=204)


class InvitationResendView(ApiView):
    """The mail of an invitation."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @extend_schema(
        operation_id="invitations_resend",
        request=None,
        responses=InvitationSerializer,
        examples=[WAITING],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID, invitation_id: UUID) -> Response:
        """Mail a new link, for 14 days from now; the former one ends. Only the owner may."""
        found = services.resend_invitation(
            actor=self.actor, portfolio_id=portfolio_id, invitation_id=invitation_id
        )
        return Response(InvitationSerializer(found).data)


class ReceivedView(ApiView):
    """The invitations that the caller can answer."""

    area = "portfolios"

    @lists("invitations_received", "ReceivedPage", ReceivedSerializer, TAGS)
    def get(self, request: Request) -> Response:
        """List the open invitations to addresses that the caller has proven."""
        rows = selectors.invitations_to(request.user)
        return paged(self, rows, lambda page: ReceivedSerializer(page, many=True).data)


class AcceptView(ApiView):
    """A yes."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @extend_schema(operation_id="invitations_accept", request=None, responses=PortfolioSerializer, tags=TAGS)
    @idempotent
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """Become a member; answers the portfolio with the caller's role."""
        member = services.accept_invitation(user=request.user, invitation_id=invitation_id)
        return Response(PortfolioSerializer(portfolios.get(request.user, member.portfolio_id)).data)


class DeclineView(ApiView):
    """A no."""

    area = "portfolios"
    signed_in_only = IN_PERSON

    @extend_schema(operation_id="invitations_decline", request=None, responses={204: None}, tags=TAGS)
    @idempotent
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """Decline an invitation."""
        services.decline_invitation(user=request.user, invitation_id=invitation_id)
        return Response(status=204)

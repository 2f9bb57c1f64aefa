"""The erasure of the user who calls, in some days, and thinking better of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.serializers import ErasureSerializer
from accounts.services import Proof
from core.api.base import ApiView

TAGS = ["Users"]
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "DELETE"})


class ErasurePlanSerializer(serializers.Serializer[Any]):
    """When the account is erased."""

    erase_after = serializers.DateTimeField(
        allow_null=True, help_text="From then on it is erased; null where nobody asked for that."
    )


class ErasureView(ApiView):
    """Erasing one's account with days to cancel it; no token of a program gets here."""

    area = "profile"
    signed_in_only = METHODS
    open_to_leaving = METHODS

    @extend_schema(tags=TAGS, operation_id="users_me_erasure", responses={200: ErasurePlanSerializer})
    def get(self, _request: Request) -> Response:
        """Tell whether and when the account is to be erased."""
        return Response(ErasurePlanSerializer(self.caller).data)

    @extend_schema(
        tags=TAGS,
        operation_id="users_me_erasure_request",
        request=ErasureSerializer,
        responses={202: ErasurePlanSerializer, 204: None},
    )
    def post(self, _request: Request) -> Response:
        """Have the account erased in some days; all sign-ins end now, this one too.

        Until then a new sign-in can cancel it. 204 where the platform erases at once.
        """
        proof = Proof(password=self.parsed(ErasureSerializer)["password"])
        due = services.request_erasure(actor=self.actor, user_id=self.caller.pk, proof=proof)
        if due is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(ErasurePlanSerializer({"erase_after": due}).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(tags=TAGS, operation_id="users_me_erasure_cancel", responses={204: None})
    def delete(self, _request: Request) -> Response:
        """Keep the account after all; doing so twice changes nothing."""
        services.cancel_erasure(actor=self.actor, user_id=self.caller.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

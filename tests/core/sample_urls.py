"""A small API for the tests of the ground floor: every view does one thing."""

from __future__ import annotations

import time
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import connection, transaction
from django.http import Http404, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.response import Response

from config.urls import handler400, handler403, handler404, handler500  # noqa: F401
from config.urls import urlpatterns as platform
from core import errors
from core.api.base import ApiView, idempotent
from core.api.fields import CurrencySerializerField, NumberSerializerField, NumericSerializerField
from core.models import World

RAISED: dict[str, Exception] = {
    "validation": errors.ValidationFailed.of("price", "The price is negative.", "min"),
    "signed-out": errors.NotAuthenticated(),
    "forbidden": errors.Forbidden("Only the owner may do this."),
    "missing": errors.NotFound(),
    "conflict": errors.Conflict(),
    "conflict-with-code": errors.Conflict("It is in use.", code="in-use"),
    "large": errors.TooLarge(),
    "limited": errors.RateLimited(retry_after=7),
    "dependency": errors.DependencyUnavailable(),
    "slow": errors.TimedOut(),
    "django-missing": Http404(),
    "django-denied": PermissionDenied(),
    "django-fields": DjangoValidationError({"name": ["It is too long."], "__all__": ["Nothing fits."]}),
    "django-plain": DjangoValidationError("Nothing fits."),
    "throttled": Throttled(wait=3.2),
    "bug": ZeroDivisionError("a bug"),
}


class RaiseView(ApiView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    def get(self, _request: Any, name: str) -> Response:
        raise RAISED[name]


class RowSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=5)
    price = NumericSerializerField(positive=True)


class BasketSerializer(serializers.Serializer):
    rows = RowSerializer(many=True)
    tags = serializers.ListField(child=serializers.IntegerField(), required=False)

    def validate(self, attrs: Any) -> Any:
        if len(attrs["rows"]) > 2:
            raise serializers.ValidationError("At most two rows.", code="crowded")
        return attrs


class BasketView(ApiView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    def post(self, _request: Any) -> Response:
        return Response(self.parsed(BasketSerializer))


class RowsView(BasketView):
    def post(self, _request: Any) -> Response:
        return Response(self.parsed(RowSerializer, many=True))


class AmountSerializer(serializers.Serializer):
    text = NumericSerializerField(required=False)
    number = NumberSerializerField(required=False)
    currency = CurrencySerializerField(required=False)


class EchoView(BasketView):
    def post(self, request: Any) -> Response:
        return Response(request.data)


class AmountView(BasketView):
    def post(self, _request: Any) -> Response:
        return Response(AmountSerializer(self.parsed(AmountSerializer)).data)


class CreateWorldView(ApiView):
    """Make a world: work that shows whether it was done once."""

    @idempotent
    def post(self, request: Any) -> Response:
        if request.data.get("fail"):
            World.objects.create(kind="replay", name=request.data["name"])
            raise errors.Conflict("It cannot be.")
        world = World.objects.create(kind="replay", name=request.data["name"])
        return Response({"id": world.pk, "price": request.data.get("price")}, status=201)


class SleepView(BasketView):
    def get(self, request: Any, seconds: str) -> Response:
        sleep(seconds, int(request.GET.get("times", 1)))
        return Response({"slept": seconds})


class HalfDoneView(BasketView):
    def get(self, _request: Any) -> Response:
        with transaction.atomic():
            World.objects.create(kind="replay", name="half done")
            with transaction.atomic():
                sleep("20")
        return Response({})


class ComputeView(BasketView):
    def get(self, _request: Any) -> Response:
        time.sleep(0.6)
        return Response({"worlds": World.objects.count()})


class SecretiveView(BasketView):
    def post(self, request: Any) -> Response:
        fail_with_secrets(request.data)
        return Response({})


def fail_with_secrets(sent: Any) -> None:
    """Fail as code does that never thought of who reads its words."""
    raise RuntimeError(f"the mail to {sent['email']} failed: password={sent['password']}")


def sleep(seconds: str, times: int = 1) -> None:
    with connection.cursor() as cursor:
        for _ in range(times):
            cursor.execute("SELECT pg_sleep(%s)", [float(seconds)])


def sleep_page(_request: Any, seconds: str) -> HttpResponse:
    sleep(seconds)
    return HttpResponse("slept")


urlpatterns = [
    path("api/test/sleep/<str:seconds>", SleepView.as_view(), name="test-sleep"),
    path("api/test/half-done", HalfDoneView.as_view()),
    path("api/test/compute", ComputeView.as_view()),
    path("test/sleep/<str:seconds>", sleep_page),
    path("api/test/raise/<str:name>", RaiseView.as_view()),
    path("api/test/secretive", SecretiveView.as_view(), name="test-secretive"),
    path("api/test/basket", BasketView.as_view()),
    path("api/test/rows", RowsView.as_view()),
    path("api/test/echo", EchoView.as_view()),
    path("api/test/amount", AmountView.as_view()),
    path("api/test/worlds", CreateWorldView.as_view()),
    *platform,
]

"""gzip where it cannot tell a secret."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

PATIENT = frozenset({"GET", "HEAD"})


class CompressionMiddleware(GZipMiddleware):
    """Compress answers but those that could hold a secret next to text of an attacker's choice.

    The length of a compressed answer tells what repeats in it. So no answer is compressed that opens
    a session or must not be stored, none to a form or a sign-in, and of those that a cookie made
    personal none with a query string, which another site could have chosen. What is compressed gets
    Django's random padding.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress, where the browser takes it and it is harmless."""
        if not isinstance(response, HttpResponse) or not is_harmless(request, response):
            return response
        return super().process_response(request, response)


def is_harmless(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell whether the length of the compressed answer gives nothing away."""
    # the token of forms is masked anew in each page, so that its cookie may come along
    if request.method not in PATIENT or set(response.cookies) - {settings.CSRF_COOKIE_NAME}:
        return False
    if "no-store" in response.headers.get("Cache-Control", ""):
        return False
    return not (request.META.get("HTTP_COOKIE") and request.META.get("QUERY_STRING"))

"""Errors of the REST API as RFC 9457 ``application/problem+json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from core import context, errors

RETRIED = errors.RateLimited | errors.Overloaded | errors.DependencyUnavailable
CONTENT_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="api"'


def problem(error: errors.DomainError) -> dict[str, Any]:
    """Shape a domain error as a problem document. `type` is the error's stable code."""
    body: dict[str, Any] = {
        "type": error.code,
        "title": str(error.title),
        "status": error.status,
        "detail": str(error.detail),
    }
    if isinstance(error, errors.ValidationFailed):
        body["errors"] = [
            {"field": one.field, "message": str(one.message), "code": one.code} for one in error.errors
        ]
    request_id = context.current().request_id
    if request_id:
        body["request_id"] = request_id
    return body


def handle(exc: Exception, _context: dict[str, Any]) -> Response | None:
    """Answer an exception of a view; None lets Django make its 500 (and log the traceback)."""
    error = translate(exc)
    if error is None:
        return None
    response = Response(problem(error), status=error.status, content_type=CONTENT_TYPE)
    if isinstance(error, RETRIED) and error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    if error.status == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    if isinstance(error, errors.InsufficientScope):  # RFC 6750, section 3.1
        response["WWW-Authenticate"] = f'{CHALLENGE}, error="insufficient_scope", scope="{error.scope}"'
    return response


def translate(exc: Exception) -> errors.DomainError | None:
    """Turn what Django and its REST framework raise into our tree; None when it is a bug."""
    if isinstance(exc, errors.DomainError):
        return exc
    for kinds, make in _TRANSLATIONS:
        if isinstance(exc, kinds):
            return make(exc)
    return None


def _other(exc: exceptions.APIException) -> errors.DomainError:
    error = errors.DomainError(str(exc.detail), code=str(exc.default_code).replace("_", "-"))
    error.status = exc.status_code
    error.title = _TITLES.get(exc.status_code, str(exc.default_detail))
    return error


def _from_django_validation(exc: DjangoValidationError) -> errors.ValidationFailed:
    by_field = exc.message_dict if hasattr(exc, "error_dict") else {"": exc.messages}
    found = tuple(
        errors.FieldError("" if field == "__all__" else field, message)
        for field, messages in by_field.items()
        for message in messages
    )
    return errors.ValidationFailed(errors=found)


def _flatten(detail: Any, path: str = "") -> Iterator[errors.FieldError]:
    """Walk the framework's nested error detail into (field, message, code) rows."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _flatten(value, _inside(path, key))
    elif isinstance(detail, list):
        for position, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _flatten(value, f"{path}[{position}]" if nested else path)
    else:
        yield errors.FieldError(path, str(detail), getattr(detail, "code", None) or "invalid")


def _inside(path: str, key: Any) -> str:
    if isinstance(key, int):  # the framework numbers the wrong rows of a list
        return f"{path}[{key}]"
    if key == "non_field_errors":
        return path
    return f"{path}.{key}" if path else str(key)


# What the framework keeps as a title for these is a template with a hole.
_TITLES = {405: "This method is not allowed here", 415: "This media type is not supported"}
_TRANSLATIONS: tuple[tuple[tuple[type[Exception], ...], Callable[[Any], errors.DomainError]], ...] = (
    (
        (exceptions.ValidationError,),
        lambda exc: errors.ValidationFailed(errors=tuple(_flatten(exc.detail))),
    ),
    ((DjangoValidationError,), _from_django_validation),
    ((exceptions.ParseError,), lambda exc: errors.ValidationFailed(str(exc.detail), code="malformed")),
    (
        (exceptions.NotAuthenticated, exceptions.AuthenticationFailed),
        lambda exc: errors.NotAuthenticated(str(exc.detail)),
    ),
    ((exceptions.PermissionDenied, PermissionDenied), lambda _exc: errors.Forbidden()),
    ((exceptions.NotFound, Http404), lambda _exc: errors.NotFound()),
    (
        (exceptions.Throttled,),
        lambda exc: errors.RateLimited(str(exc.detail), retry_after=int(exc.wait or 60) + 1),
    ),
    ((exceptions.APIException,), _other),
)

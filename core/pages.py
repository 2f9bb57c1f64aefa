"""What pages of every app share: who asks, and what a service refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.forms import BaseForm
from django.http import HttpRequest

from core.actor import Actor
from core.errors import DomainError, Forbidden, NotFound, TimedOut, ValidationFailed


def actor_of(request: HttpRequest) -> Actor:
    """Act as the signed-in user."""
    return Actor.user(request.user)


def is_htmx(request: HttpRequest) -> bool:
    """Tell whether htmx asks."""
    return bool(getattr(request, "htmx", False))


def attempted(form: BaseForm, work: Callable[[], Any], moved: dict[str, str] | None = None) -> bool:
    """Do the work; what a service refuses stands at the form's fields (`moved`: under another name).

    Raises:
        NotFound, Forbidden, TimedOut: these are no matter of what was typed.
    """
    try:
        work()
    except (NotFound, Forbidden, TimedOut):
        raise
    except ValidationFailed as error:
        for one in error.errors:
            _complain(form, (moved or {}).get(one.field, one.field), one.message)
        if not error.errors:
            form.add_error(None, str(error.detail))
    except DomainError as error:
        form.add_error(None, str(error.detail))
    except DjangoValidationError as error:
        for field, messages in error.message_dict.items():
            _complain(form, "" if field == NON_FIELD_ERRORS else field, " ".join(messages))
    return not form.errors


def _complain(form: BaseForm, field: str, message: str) -> None:
    form.add_error(field if field in form.fields else None, message)

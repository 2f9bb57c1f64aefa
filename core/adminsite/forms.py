"""Admin forms that ask the services, so that staff meet the same rules as everybody."""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction

from core.actor import Actor
from core.errors import DomainError, ValidationFailed


class ServiceForm:
    """Try the service while validating, and undo it; saving runs it for good.

    The admin sets `actor` on the class that it makes for a request.
    """

    actor: Actor

    def apply(self) -> Any:
        """Call the service with the cleaned values and answer the row."""
        raise AssertionError("each form names its service")

    def clean(self) -> dict[str, Any] | None:
        """Turn what the service refuses into errors at the fields."""
        form = cast("Any", self)
        cleaned: dict[str, Any] | None = super().clean()  # type: ignore[misc]  # a form stands behind
        if form.errors:
            return cleaned
        try:
            with transaction.atomic():
                self.apply()
                transaction.set_rollback(True)
        except ValidationFailed as error:
            for one in error.errors:
                form.add_error(one.field if one.field in form.fields else None, str(one.message))
        except DomainError as error:
            form.add_error(None, error.detail)
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Run the service for good."""
        return self.apply()

    def save_m2m(self) -> None:
        """Do nothing: the service wrote everything."""

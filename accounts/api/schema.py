"""How the OpenAPI document names our ways to authenticate."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from accounts.models import Scope
from accounts.services.personal_tokens import PREFIX
from core.api.scopes import scope_of


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.api.authentication.BearerAuthentication"
    name = "bearer"
    match_subclasses = True

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Describe the access token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ServiceBearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.api.authentication.ServiceBearerAuthentication"
    name = "serviceBearer"
    priority = 1

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Describe the access token, which another service may have made."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Our access token, or one that the operator's user service confirms.",
        }


class PersonalTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.api.authentication.PersonalTokenAuthentication"
    name = "personalAccessToken"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Describe the personal access token and its scopes."""
        scopes = "\n".join(f"- `{scope.value}`: {scope.label}" for scope in Scope)
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": f"{PREFIX}…",
            "description": f"A token that a person made for a program, with some of these scopes:\n{scopes}",
        }

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Leave it out where no token may call."""
        return [] if scope_of(auto_schema.view, auto_schema.method) is None else [{self.name: []}]


class CookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.api.authentication.CookieAuthentication"
    name = "cookie"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Describe the session cookie."""
        from django.conf import settings

        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}

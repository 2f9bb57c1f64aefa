"""How the OpenAPI document names our ways to authenticate."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


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


class CookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.api.authentication.CookieAuthentication"
    name = "cookie"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Describe the session cookie."""
        from django.conf import settings

        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}

"""How the OpenAPI document is made: one schema for errors, one for pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from core.api.scopes import scope_of

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Stable code of the error, such as not-found."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "code"],
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}
PROBLEM_RESPONSE = {
    "description": "A problem document (RFC 9457).",
    "content": {"application/problem+json": {"schema": PROBLEM}},
}
IDEMPOTENCY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "Repeating the request with the same key does its work once and answers the same.",
}


class Schema(AutoSchema):
    """Document the problem answers, the scopes and the idempotency key that views share."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Describe one operation, with ``default`` standing for every error."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation["responses"].setdefault("default", PROBLEM_RESPONSE)
            if self.method == "POST" and getattr(getattr(self.view, "post", None), "idempotent", False):
                operation.setdefault("parameters", []).append(IDEMPOTENCY_PARAMETER)
            self._tell_scope(operation)
        return operation

    def _tell_scope(self, operation: dict[str, Any]) -> None:
        scope = scope_of(self.view, self.method)
        if scope:
            sentence = f"A personal access token needs the scope `{scope}`."
            operation["description"] = f"{operation.get('description', '')}\n\n{sentence}".strip()
            operation["x-scope"] = scope

"""Sign-ins over the API in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import RefreshToken, TokenFamily
from core.adminsite import ReadOnlyAdmin


@admin.register(TokenFamily)
class TokenFamilyAdmin(ReadOnlyAdmin):
    """Sign-ins over the API."""

    list_display = ["id", "user", "created_at", "revoked_at", "revoked_reason"]
    list_filter = ["revoked_reason", "created_at"]
    list_select_related = ["user"]
    search_fields = ["=id", "=user__id", "user__email"]
    fields = ["id", "user", "created_at", "revoked_at", "revoked_reason"]
    ordering = ["-created_at"]


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnlyAdmin):
    """Refresh tokens, without their hashes."""

    list_display = ["id", "user", "created_at", "expires_at", "used_at"]
    list_filter = ["created_at", "expires_at"]
    list_select_related = ["family__user"]
    search_fields = ["=id", "=family__id", "family__user__email"]
    fields = ["id", "family", "created_at", "expires_at", "used_at"]
    ordering = ["-expires_at"]

    @admin.display(description=_("user"))
    def user(self, token: RefreshToken) -> str:
        """Name the person."""
        return token.family.user.email

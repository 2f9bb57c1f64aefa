"""Sign-ins over the API in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import RefreshToken, TokenFamily
from core.adminsite import ReadOnlyAdmin
from core.adminsite.filters import PeriodFilter


@admin.register(TokenFamily)
class TokenFamilyAdmin(ReadOnlyAdmin):
    """Sign-ins over the API."""

    # by other columns a sort would read the whole table
    sortable_by = ["created_at"]
    list_display = ["id", "user", "created_at", "revoked_at", "revoked_reason"]
    list_filter = [("created_at", PeriodFilter), ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["=id"]
    search_people = ["user"]
    search_help_text = _("The id of a sign-in, or a person's address or id.")
    fields = ["id", "user", "created_at", "revoked_at", "revoked_reason"]
    ordering = ["-created_at"]


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnlyAdmin):
    """Refresh tokens, without their hashes."""

    # by other columns a sort would read the whole table
    sortable_by = ["expires_at"]
    list_display = ["id", "user", "created_at", "expires_at", "used_at"]
    list_filter = [("expires_at", PeriodFilter)]
    list_select_related = ["family__user"]
    search_fields = ["=id", "=family"]
    search_people = ["family__user"]
    search_help_text = _("The id of a token or of its sign-in, or a person's address or id.")
    fields = ["id", "family", "created_at", "expires_at", "used_at"]
    ordering = ["-expires_at"]

    @admin.display(description=_("user"))
    def user(self, token: RefreshToken) -> str:
        """Name the person."""
        return token.family.user.email

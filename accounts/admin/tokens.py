"""Tokens of people's programs in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import PersonalAccessToken
from core.adminsite import ReadOnlyAdmin
from core.adminsite.actions import ReasonedAction, ReasonedActions
from core.adminsite.filters import PeriodFilter


@admin.register(PersonalAccessToken)
class PersonalAccessTokenAdmin(ReasonedActions, ReadOnlyAdmin):
    """Tokens of people's programs, without their secrets."""

    list_display = ["beginning", "user", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), ("expires_at", PeriodFilter)]
    list_select_related = ["user"]
    search_fields = ["=id", "=beginning"]
    search_people = ["user"]
    search_help_text = _("The id or the beginning of a token, or a person's address or id.")
    fields = [
        "id", "user", "name", "beginning", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at",
    ]  # fmt: skip
    ordering = ["-id"]
    reasoned = (
        ReasonedAction(
            "revoke",
            _("Revoke the selected tokens"),
            _("These tokens are refused from now on."),
            "accounts.change_personalaccesstoken",
            lambda actor, token, reason: services.revoke_token_as_staff(
                actor=actor, token_id=token.pk, reason=reason
            ),
            is_destructive=True,
        ),
    )

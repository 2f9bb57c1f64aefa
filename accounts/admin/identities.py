"""Addresses, accounts elsewhere and groups in the admin.

allauth's own pages for these would let staff declare an address proven or delete a second factor
without a trace; ours only show.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from core.adminsite import ReadOnlyAdmin
from core.adminsite.filters import ValuesFilter
from core.roles import PREFIX


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """Which addresses people have, and whether they have proven them."""

    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["=email"]
    search_people = ["user"]
    ordering = ["-id"]


@admin.register(SocialAccount)
class SocialAccountAdmin(ReadOnlyAdmin):
    """With which accounts elsewhere people sign in."""

    list_display = ["user", "provider", "uid", "date_joined", "last_login"]
    list_filter = [("provider", ValuesFilter)]
    list_select_related = ["user"]
    search_fields = ["=uid"]
    search_people = ["user"]
    ordering = ["-id"]
    fields = ["user", "provider", "uid", "date_joined", "last_login"]


# importing Django's admin of groups has registered it
admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Groups of permissions. Those of the roles are written by ``manage.py sync_roles`` alone."""

    # Django's widget for two lists writes styles, which the content policy refuses
    filter_horizontal = ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody change a role's group."""
        return super().has_change_permission(request, obj) and not _is_role(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Delete one by one only, and no role's group."""
        return obj is not None and super().has_delete_permission(request, obj) and not _is_role(obj)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name.startswith(PREFIX)

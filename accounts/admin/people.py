"""People in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import audit
from core.actor import Actor

if TYPE_CHECKING:  # Django's forms and admins are generic to mypy only
    _UserCreationForm = AdminUserCreationForm[User]
    _UserAdmin = DjangoUserAdmin[User]
else:
    _UserCreationForm, _UserAdmin = AdminUserCreationForm, DjangoUserAdmin


class UserCreationForm(_UserCreationForm):
    """Make a user by address."""

    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(_UserAdmin):
    """People. Nobody is deleted here: erasure is the person's own act and takes their data along."""

    add_form = UserCreationForm
    ordering = ("-date_joined",)
    list_display = ["email", "name", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "base_currency", "date_joined"]
    search_fields = ["email", "name", "=id"]
    date_hierarchy = "date_joined"
    show_full_result_count = False
    list_per_page = 50
    readonly_fields = ["id", "date_joined", "last_login"]
    fieldsets = (
        (None, {"fields": ("id", "email", "password")}),
        (
            _("Preferences"),
            {"fields": ("name", "base_currency", "time_zone", "locale", "appearance", "gain_colours")},
        ),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Dates"), {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, and record which fields staff changed."""
        super().save_model(request, obj, form, change)
        audit.record(
            actor=Actor.user(request.user),
            verb="user.changed_by_staff" if change else "user.made_by_staff",
            object_type="user",
            object_id=obj.pk,
            after={"fields": sorted(form.changed_data)},
        )

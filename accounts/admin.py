"""People and the audit log in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import selectors
from accounts.models import RefreshToken, StoredMail, TokenFamily, User
from core import audit
from core.actor import Actor
from core.adminsite import ReadOnlyAdmin
from core.models import AuditEvent, AuditOrigin

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


@admin.register(StoredMail)
class StoredMailAdmin(ReadOnlyAdmin):
    """Mail that the embedded mode kept."""

    list_display = ["sent_at", "recipients", "subject"]
    search_fields = ["subject", "recipients"]
    date_hierarchy = "sent_at"
    fields = ["sent_at", "sender", "recipients", "subject", "text", "html"]
    ordering = ["-sent_at"]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display = ["at", "actor_label", "verb", "object_type", "object_id", "request_id"]
    list_filter = ["verb", "object_type"]
    search_fields = ["verb__startswith", "=object_id", "=request_id", "=actor_label"]
    search_help_text = _(
        "A verb or its beginning, an object's id, a request's id, or a person's address or id."
    )
    date_hierarchy = "at"
    ordering = ["-at"]
    list_per_page = 50
    fields = [
        "at", "actor_label", "verb", "object_type", "object_id", "before", "after", "reason", "request_id",
        "address", "agent",
    ]  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the listed fields; a person, by address or id, finds all that names them."""
        person = _person(search_term.strip())
        if person is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(actor_id=person) | queryset.filter(
            object_type="user", object_id=str(person)
        ), False

    @admin.display(description=_("address"))
    def address(self, event: AuditEvent) -> str:
        """Tell where it came from, while that is kept."""
        return _origin(event, "address")

    @admin.display(description=_("agent"))
    def agent(self, event: AuditEvent) -> str:
        """Tell with which program, while that is kept."""
        return _origin(event, "agent")


@admin.register(AuditOrigin)
class AuditOriginAdmin(ReadOnlyAdmin):
    """Where audited acts came from: personal, and erased with the person."""

    list_display = ["event", "address", "agent"]
    list_select_related = ["event"]
    search_fields = ["=address"]
    ordering = ["-event_id"]


def _person(term: str) -> UUID | None:
    if "@" in term:
        user = selectors.user_by_email(term)
        return user.pk if user is not None else None
    try:
        known = UUID(term)
    except ValueError:
        return None
    return known if User.objects.filter(pk=known).exists() else None


def _origin(event: AuditEvent, field: str) -> str:
    origin = AuditOrigin.objects.filter(pk=event.pk).first()
    return str(getattr(origin, field) or "–") if origin is not None else "–"

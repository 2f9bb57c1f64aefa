"""The audit log in the admin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import selectors
from accounts.models import User
from core.adminsite import ReadOnlyAdmin
from core.models import AuditEvent, AuditOrigin


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

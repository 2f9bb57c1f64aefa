"""The audit log in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.adminsite import ReadOnlyAdmin, search
from core.adminsite.filters import PeriodFilter, ValuesFilter, distinct
from core.adminsite.lists import short
from core.models import AuditEvent, AuditOrigin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what."""

    # by other columns a sort would read the whole table
    sortable_by = ["when"]
    list_display = ["when", "who", "verb", "object_type", "what"]
    list_filter = [("at", PeriodFilter), ("verb", ValuesFilter), ("object_type", ValuesFilter)]
    search_fields = ["^verb", "=object_id", "=request_id", "=actor_label"]
    search_help_text = _(
        "A verb or its beginning, an object's id, a request's id, or a person's address or id."
    )
    ordering = ["-at"]
    list_per_page = 50
    fields = [
        "at", "actor_label", "verb", "object_type", "object_id", "before", "after", "reason", "request_id",
        "address", "agent",
    ]  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by what the indexes know; a person, by address or id, finds all that names them."""
        term = search_term.strip()
        return (queryset.filter(_named(term)) if term else queryset), False

    @admin.display(description=_("time (UTC)"), ordering="at")
    def when(self, event: AuditEvent) -> str:
        """Tell the second."""
        return f"{event.at:%Y-%m-%d %H:%M:%S}"

    @admin.display(description=_("actor"), ordering="actor_label")
    def who(self, event: AuditEvent) -> SafeString:
        """Name the actor, an id by its end."""
        return short(event.actor_label)

    @admin.display(description=_("object"))
    def what(self, event: AuditEvent) -> SafeString:
        """Name the object, an id by its end."""
        return short(event.object_id)

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

    # by other columns a sort would read the whole table
    sortable_by = ["event"]
    list_display = ["event", "address", "agent"]
    list_select_related = ["event"]
    search_fields = ["=address", "=event"]
    search_help_text = _("An address, or the id of an audit event.")
    ordering = ["-event_id"]


def _named(term: str) -> Q:
    """Say which events a term finds."""
    people = search.people_of(term)
    if "@" in term and not people:
        return Q(pk__in=[])
    table = AuditEvent._meta.db_table  # noqa: SLF001  # Django's own way
    objects = Q(object_type__in=distinct(table, "object_type"))
    if people:
        return Q(actor_id__in=people) | (objects & Q(object_id__in=[str(one) for one in people]))
    verbs = [verb for verb in distinct(table, "verb") if verb.startswith(term.lower())]
    found = (objects & Q(object_id=term)) | Q(verb__in=verbs) | Q(actor_id=None, actor_label=term)
    return found | (Q(request_id=term) & ~Q(request_id=""))


def _origin(event: AuditEvent, field: str) -> str:
    origin = AuditOrigin.objects.filter(pk=event.pk).first()
    return str(getattr(origin, field) or "–") if origin is not None else "–"

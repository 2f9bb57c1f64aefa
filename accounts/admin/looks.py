"""When staff looked at whose pages, in the admin."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import SupportAccess
from core.adminsite import ReadOnlyAdmin


@admin.register(SupportAccess)
class SupportAccessAdmin(ReadOnlyAdmin):
    """Looks of support; each page that was opened is an event of the audit log."""

    list_display = ["started_at", "staff", "person", "reason", "ended_at", "end", "pages"]
    list_filter = ["end", "started_at"]
    list_select_related = ["staff", "person"]
    list_per_page = 50
    search_fields = ["=id", "staff__email", "person__email", "=person__id"]
    ordering = ["-started_at"]

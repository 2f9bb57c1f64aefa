"""The mail that the embedded mode kept, in the admin."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import StoredMail
from core.adminsite import ReadOnlyAdmin
from core.adminsite.filters import PeriodFilter


@admin.register(StoredMail)
class StoredMailAdmin(ReadOnlyAdmin):
    """Mail that the embedded mode kept."""

    list_display = ["sent_at", "recipients", "subject"]
    search_fields = ["subject", "recipients"]
    list_filter = [("sent_at", PeriodFilter)]
    fields = ["sent_at", "sender", "recipients", "subject", "text", "html"]
    ordering = ["-sent_at"]

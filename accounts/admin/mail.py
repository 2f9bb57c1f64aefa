"""The mail that the embedded mode kept, in the admin."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import StoredMail
from core.adminsite import ReadOnlyAdmin


@admin.register(StoredMail)
class StoredMailAdmin(ReadOnlyAdmin):
    """Mail that the embedded mode kept."""

    list_display = ["sent_at", "recipients", "subject"]
    search_fields = ["subject", "recipients"]
    date_hierarchy = "sent_at"
    fields = ["sent_at", "sender", "recipients", "subject", "text", "html"]
    ordering = ["-sent_at"]

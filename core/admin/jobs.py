"""How background tasks last ran, in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.adminsite import ReadOnlyAdmin
from core.models import JobRun


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """One row a task: how it ended last, when it was last done, how often it failed."""

    list_display = ["name", "state", "finished_at", "took", "succeeded_at", "failed_at", "failures", "runs"]
    list_filter = ["state"]
    search_fields = ["name", "error"]
    fields = [
        "name", "state", "started_at", "finished_at", "took", "error", "succeeded_at", "failed_at",
        "failures", "runs",
    ]  # fmt: skip

    @admin.display(description=_("took"), ordering="milliseconds")
    def took(self, run: JobRun) -> str:
        """Tell how long it took."""
        return "–" if run.milliseconds is None else _("%(number).1f s") % {"number": run.milliseconds / 1000}

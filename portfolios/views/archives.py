"""Archives: take portfolios home whole, make portfolios from an archive."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import NotFound
from core.pages import actor_of, attempted
from portfolios.models import ArchiveImport
from portfolios.selectors import archive_imports as selectors
from portfolios.selectors.archive import exportable
from portfolios.services import archive as services
from portfolios.views.import_waiting import finished

from core.downloads import ArchiveDownload  # isort: skip

SHOWN = 20
BAD = 400
TARGET = "archive-working"


class ArchiveForm(forms.Form):
    """An archive to bring in."""

    file = forms.FileField(
        label=gettext_lazy("Archive"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip", "class": "drop-file"}),
        help_text=gettext_lazy("Choose it or drop it here. At most 24 MB."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def archives(request: HttpRequest) -> HttpResponse:
    """Offer the person's portfolios as an archive, and take one."""
    form = ArchiveForm(request.POST or None, request.FILES or None)
    made: list[ArchiveImport] = []
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]

        def work() -> None:
            made.append(services.receive_archive(user=request.user, file_name=file.name, file=file.open()))

        if attempted(form, work):
            return redirect("archive-import", made[0].pk)
    context = {
        "form": form,
        "portfolios": list(exportable(request.user).order_by("name", "pk")),
        "imports": list(selectors.listed(request.user)[:SHOWN]),
    }
    return render(request, "portfolios/archives/archives.html", context, status=BAD if form.errors else 200)


@require_safe
@login_required
def archive_download(request: HttpRequest) -> HttpResponseBase:
    """Answer the chosen portfolios of the person as one archive; all of them where none is chosen."""
    try:
        wanted = [UUID(text) for text in request.GET.getlist("portfolio")]
    except ValueError as error:
        raise NotFound from error
    made = services.export_archive(actor=actor_of(request), owner=request.user, portfolio_ids=wanted or None)
    return ArchiveDownload(made, name="florin-portfolios")


@require_safe
@login_required
def archive_import(request: HttpRequest, archive_id: UUID) -> HttpResponse:
    """Tell what became of an archive, or that a task is at it."""
    row = selectors.get(request.user, archive_id)
    waits = row.status == ArchiveImport.Status.WAITING
    polled = request.headers.get("HX-Target") == TARGET
    if polled and not waits:
        return finished()
    context = {"row": row, "waits": waits, **_told(request.user, row)}
    template = "_working" if polled else "import"
    return render(request, f"portfolios/archives/{template}.html", context)


def _told(user: Any, row: ArchiveImport) -> dict[str, Any]:
    told = row.summary.get("instruments", {})
    counts = [
        (_("Instruments that were here"), told.get("there")),
        (_("Instruments made for everybody"), told.get("public")),
        (_("Instruments made your own"), told.get("own")),
        (_("Prices"), row.summary.get("prices")),
        (_("Exchange rates"), row.summary.get("rates")),
        (_("Corporate actions"), row.summary.get("corporate_actions")),
        (_("Presets"), row.summary.get("presets")),
        (_("Tags"), row.summary.get("tags")),
    ]
    return {
        "nothing_new": all(one["there"] for one in row.summary.get("portfolios", [])),
        "portfolios": selectors.portfolios_of(user, row),
        "counts": [(label, count) for label, count in counts if count],
        "unlisted": ", ".join(told.get("unlisted", [])),
        "renamed": told.get("renamed"),
        "left_out": row.summary.get("dismissals_left_out"),
        "failure": row.summary.get("failure", ""),
    }

"""Alerts out of a CSV file and into one."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from alerts.domain.alert_files import COLUMNS
from alerts.forms.files import GOOD, ConfirmForm, FileForm, packed
from alerts.selectors import alert_files
from alerts.selectors.waits import sentence, title, together
from alerts.services.bulk import check_alerts, import_alerts
from alerts.views.common import BAD
from core.errors import DomainError, ValidationFailed
from core.pages import actor_of

SHOWN: Final = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_import(request: HttpRequest) -> HttpResponse:
    """Look at a file of alerts, tell line by line what is wrong, and make them once that is confirmed."""
    if request.method != "POST":
        return _page(request, FileForm())
    if "do" in request.POST:
        return _import(request)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    return _look(request, form, form.cleaned_data["file"].read())


def _look(request: HttpRequest, form: FileForm, content: bytes) -> HttpResponse:
    try:
        prepared, found = check_alerts(user=request.user, content=content)
    except ValidationFailed as error:
        for one in error.errors:
            form.add_error("file", one.message)
        return _page(request, form)
    said = [
        title(alert) if not clauses else together(alert.joined, [sentence(one) for one in clauses])
        for alert, clauses in prepared
    ]
    shown: dict[str, Any] = {
        "good": said[:SHOWN],
        "count": len(said),
        "more": max(len(said) - SHOWN, 0),
        "refused": found.refused,
        "confirm": ConfirmForm(initial=packed(content)) if said else None,
    }
    return _page(request, FileForm(), **shown)


def _import(request: HttpRequest) -> HttpResponse:
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose the file once more."))
        return redirect("alert-import")
    content, skip_bad = form.cleaned_data["content"], form.cleaned_data["do"] == GOOD
    try:
        made = import_alerts(
            actor=actor_of(request), user=request.user, content=content, skip_bad=skip_bad
        ).made
    except DomainError as error:
        messages.error(request, str(error.detail))
        return redirect("alert-import")
    text = ngettext("One alert is made.", "%(count)d alerts are made.", made) % {"count": made}
    messages.success(request, text)
    return redirect("alert-list")


def _page(request: HttpRequest, form: FileForm, **more: Any) -> HttpResponse:
    context = {"form": form, "columns": COLUMNS, **more}
    return render(request, "alerts/import.html", context, status=BAD if form.errors else 200)


@require_safe
@login_required
def alert_template(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (it is the same for everybody)
    """Save an example to fill in."""
    return _saved(alert_files.template(), "alerts-template")


@require_safe
@login_required
def alert_export(request: HttpRequest) -> HttpResponse:
    """Save the reader's alerts that are not done, as an import reads them."""
    return _saved(alert_files.exported(request.user), "alerts")


def _saved(text: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)

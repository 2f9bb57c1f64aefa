"""The page of one alert, and what is done with it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alerts.errors import AlertIsDone, TooManyAlerts
from alerts.forms import SnoozeForm
from alerts.selectors import alerts as selectors
from alerts.selectors import listing
from alerts.selectors.triggers import told_triggers
from alerts.selectors.waits import clauses, title
from alerts.services import alerts as services
from alerts.services.life import duplicate_alert, snooze_alert
from alerts.views.common import BAD, answered
from core.errors import ValidationFailed
from core.pages import actor_of, attempted, is_htmx

TRIGGERS_A_PAGE: Final = 25


@require_safe
@login_required
def alert(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Show one alert: what it waits for, how far that is, and each time that it fired."""
    found = selectors.get(request.user, alert_id)
    [row] = listing.rows([found])
    page = Paginator(selectors.triggers_of(found), TRIGGERS_A_PAGE).get_page(request.GET.get("page"))
    here = reverse("alert", args=[alert_id])
    context: dict[str, Any] = {
        "row": row,
        "alert": found,
        "clauses": list(zip(found.clauses.all(), clauses(found), strict=True)),
        "page": page,
        "triggers": told_triggers(found, page),
        "page_url": f"{here}?page=",
        "here": here,
    }
    # htmx turns the pages of what it told; what else it asks for, it takes from the whole page
    turned = is_htmx(request) and "page" in request.GET
    return render(request, "alerts/_triggers.html" if turned else "alerts/alert.html", context)


@require_POST
@login_required
def alert_pause(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Let an alert wait for nothing until it is resumed."""
    try:
        found = services.pause_alert(actor=actor_of(request), user=request.user, uuid=alert_id)
    except AlertIsDone as error:
        return answered(request, str(error.detail), "error")
    return answered(request, _("Paused: %(alert)s.") % {"alert": title(found)})


@require_POST
@login_required
def alert_resume(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Arm a paused alert again."""
    try:
        found = services.resume_alert(actor=actor_of(request), user=request.user, uuid=alert_id)
    except AlertIsDone as error:
        return answered(request, str(error.detail), "error")
    return answered(request, _("Armed: %(alert)s.") % {"alert": title(found)})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_snooze(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Let an alert wait for nothing for a while: a ``span`` from now, or ``until``, which is asked for."""
    found = selectors.get(request.user, alert_id)
    form = SnoozeForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and attempted(form, lambda: _snooze(request, alert_id, form)):
        found.refresh_from_db(fields=["rearm_at"])
        until = date_format(localtime(found.rearm_at), "DATETIME_FORMAT")
        return answered(
            request, _("Snoozed until %(time)s: %(alert)s.") % {"time": until, "alert": title(found)}
        )
    if is_htmx(request) and "span" in request.POST:  # a button of the menu has no place for an error
        return answered(request, " ".join(str(one) for some in form.errors.values() for one in some), "error")
    context = {"alert": found, "title": title(found), "form": form, "is_dialog": is_htmx(request)}
    template = "alerts/_snooze.html" if is_htmx(request) else "alerts/snooze.html"
    return render(request, template, context, status=BAD if form.errors else 200)


def _snooze(request: HttpRequest, uuid: UUID, form: SnoozeForm) -> None:
    snooze_alert(actor=actor_of(request), user=request.user, uuid=uuid, until=form.ends())


@require_POST
@login_required
def alert_duplicate(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Arm another alert that waits for the same."""
    try:
        made = duplicate_alert(actor=actor_of(request), user=request.user, uuid=alert_id)
    except (TooManyAlerts, ValidationFailed) as error:
        return answered(request, str(error.detail), "error")
    return answered(request, _("Armed once more: %(alert)s.") % {"alert": title(made)})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_delete(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Ask whether an alert shall go with what it told, as a page or a dialog; then delete it."""
    found = selectors.get(request.user, alert_id)
    if request.method == "POST":
        services.delete_alert(actor=actor_of(request), user=request.user, uuid=alert_id)
        return answered(request, _("Deleted: %(alert)s.") % {"alert": title(found)})
    context = {"alert": found, "title": title(found), "is_dialog": is_htmx(request)}
    template = "alerts/_delete.html" if is_htmx(request) else "alerts/delete.html"
    return render(request, template, context)

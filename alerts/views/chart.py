"""What the chart of an instrument shows of the reader's alerts, and an alert made where it was clicked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from alerts.domain.conditions import Condition
from alerts.forms import AtForm
from alerts.selectors import listing
from alerts.selectors.waits import title
from alerts.services.alerts import AlertData, create_alert
from alerts.views.common import BAD, announced, usual_end
from core.errors import ValidationFailed
from core.money import parse_decimal
from core.pages import actor_of, attempted, is_htmx
from market.models import Instrument
from market.selectors import instruments


@require_safe
@login_required
def alerts_on_chart(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Answer the levels that the reader waits for, for the chart of an instrument's page."""
    found = instruments.get(request.user, uuid)
    if not is_htmx(request):
        return redirect("instrument", uuid)
    return _levels(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_at(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Offer an alert at a level of an instrument's chart, and make it there."""
    found = instruments.get(request.user, uuid)
    if request.method != "POST":
        return _offer(request, found, AtForm(initial=_initial(request)))
    form = AtForm(request.POST)
    made: list[Any] = []
    if form.is_valid() and attempted(form, lambda: made.append(_create(request, found, form))):
        text = _("Alert made: %(alert)s.") % {"alert": title(made[0])}
        if is_htmx(request):
            return announced(_levels(request, found), text)
        messages.success(request, text)
        return redirect("instrument", uuid)
    answer = _offer(request, found, form)
    answer.status_code = BAD
    return answer


def _initial(request: HttpRequest) -> dict[str, Any]:
    initial: dict[str, Any] = {"condition": Condition.CROSSES.value}
    try:
        initial["level"] = parse_decimal(request.GET.get("level", ""), "level")
    except ValidationFailed:
        return initial
    return initial


def _create(request: HttpRequest, instrument: Instrument, form: AtForm) -> Any:
    level: Decimal = form.cleaned_data["level"]
    data = AlertData(form.asked(), level, expires_at=usual_end())
    return create_alert(actor=actor_of(request), user=request.user, instrument=instrument.uuid, data=data)


def _offer(request: HttpRequest, instrument: Instrument, form: AtForm) -> HttpResponse:
    context = {"form": form, "instrument": instrument}
    fragment = is_htmx(request) or request.headers.get("X-Fragment") == "chart"
    template = "alerts/_at.html" if fragment else "alerts/at.html"
    answer = render(request, template, context)
    # an error stays in the form that was sent, where success goes to the chart's levels
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#alert-at", "outerHTML"
    return answer


def _levels(request: HttpRequest, instrument: Instrument) -> HttpResponse:
    context = {"instrument": instrument, "rows": listing.rows(listing.waiting_for(request.user, instrument))}
    return render(request, "alerts/_on_chart.html", context)

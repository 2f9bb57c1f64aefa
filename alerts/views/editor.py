"""The page on which an alert is made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alerts.domain.conditions import Condition
from alerts.forms import RESTS, AlertForm
from alerts.models import Alert
from alerts.selectors.waits import title
from alerts.services.alerts import create_alert
from alerts.views.common import BAD
from core.errors import NotFound
from core.pages import actor_of, attempted
from market.models import Instrument
from market.selectors import instruments


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_create(request: HttpRequest) -> HttpResponse:
    """Make an alert; ``instrument`` in the address is chosen already."""
    if request.method != "POST":
        return _page(request, AlertForm(request.user, initial=_initial(request)))
    form = AlertForm(request.user, request.POST)
    made: list[Alert] = []
    if form.is_valid() and attempted(form, lambda: made.append(_create(request, form))):
        messages.success(request, _("Alert made: %(alert)s.") % {"alert": title(made[0])})
        return redirect("alert", made[0].uuid)
    return _page(request, form)


def _create(request: HttpRequest, form: AlertForm) -> Alert:
    instrument: Instrument = form.cleaned_data["instrument"]
    data = form.data_of_alert()
    return create_alert(actor=actor_of(request), user=request.user, instrument=instrument.uuid, data=data)


def _initial(request: HttpRequest) -> dict[str, Any]:
    initial: dict[str, Any] = {"condition": Condition.CROSSES.value, "cooldown_minutes": RESTS[1][0]}
    try:
        initial["instrument"] = instruments.get(request.user, UUID(request.GET["instrument"]))
    except (KeyError, ValueError, NotFound):
        return initial  # what was to be chosen may be gone; another can be
    return initial


def _page(request: HttpRequest, form: AlertForm) -> HttpResponse:
    return render(request, "alerts/editor.html", {"form": form}, status=BAD if form.errors else 200)

"""What the pages of alerts share: how a change is answered."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from alerts.forms import DAYS_TO_WAIT
from core import clock
from core.pages import is_htmx

BAD = 400
# what lists alerts asks anew
CHANGED = "alerts-changed"


def announced(response: HttpResponse, text: str, level: str = "success") -> HttpResponse:
    """Let the page say what happened, and what lists alerts ask anew."""
    said: dict[str, Any] = {"toast": {"text": text, "level": level}, CHANGED: ""}
    response.headers["HX-Trigger"] = json.dumps(said)
    return response


def answered(request: HttpRequest, text: str, level: str = "success", to: str = "alert-list") -> HttpResponse:
    """Say what happened: to htmx, or on the page that the form stood on (else the one named `to`)."""
    if is_htmx(request):
        return announced(HttpResponse(status=204), text, level)
    messages.add_message(request, messages.SUCCESS if level == "success" else messages.ERROR, text)
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return redirect(wanted)
    return redirect(to)


def usual_end() -> datetime:
    """Tell when an alert ends where nothing else is chosen."""
    return clock.now() + timedelta(days=DAYS_TO_WAIT)

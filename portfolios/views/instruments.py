"""The pieces of a form that find an instrument, or make one's own."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from core.pages import actor_of, attempted
from market.models import Instrument
from market.selectors import instruments
from market.services.instruments import InstrumentData, create_instrument
from portfolios.forms import OwnInstrumentForm

SHOWN = 8
BAD = 400


@require_safe
@login_required
def choices(request: HttpRequest) -> HttpResponse:
    """List the instruments that match ``q``, for the picker."""
    text = request.GET.get("q", "").strip()[:60]
    found = list(instruments.search(request.user, text, SHOWN)) if text else []
    return render(request, "portfolios/forms/choices.html", {"found": found, "query": text})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own(request: HttpRequest) -> HttpResponse:
    """Make an instrument that only the user sees; answer its choice for the picker."""
    user = request.user
    initial = {
        "symbol": request.GET.get("q", "").upper()[:40],
        "kind": Instrument.Kind.STOCK,
        "currency": getattr(user, "base_currency", ""),
    }
    form = OwnInstrumentForm(request.POST or None, initial=initial, prefix="own")
    made: list[Instrument] = []
    if request.method == "POST" and form.is_valid():
        data = InstrumentData(**form.cleaned_data)
        attempted(form, lambda: made.append(create_instrument(actor=actor_of(request), data=data)))
    context = {"form": form, "made": made[0] if made else None}
    return render(request, "portfolios/forms/own.html", context, status=BAD if form.errors else 200)

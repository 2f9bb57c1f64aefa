"""The piece of an instrument's page that tells what the reader holds of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.pages import is_htmx
from market.selectors import instruments
from portfolios.selectors import held


@require_safe
@login_required
def held_in(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Answer the reader's positions in an instrument for htmx; as a page they are part of its own."""
    found = instruments.get(request.user, uuid)
    if not is_htmx(request):
        return redirect("instrument", uuid)
    context = {"instrument": found, "positions": held.held_in(request.user, found)}
    return render(request, "portfolios/_held_in.html", context)

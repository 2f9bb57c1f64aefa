"""Exchange rates: the latest of every currency, and the user's own."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.errors import NotFound
from core.pages import actor_of, attempted, is_htmx
from market.forms import RateForm, RateKeyForm
from market.selectors import rate_board
from market.selectors.rate_board import OLD_AFTER_DAYS, BoardRow
from market.services import rates as services
from market.views.common import BAD, codes, page_url, tabs

ROWS_A_PAGE = 50
UNDO = "market.rates.undo"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rates(request: HttpRequest) -> HttpResponse:
    """Show the latest rates and the user's own, and add one of their own."""
    user: Any = request.user
    initial = {"quote": user.base_currency, "date": clock.today(user.time_zone)}
    form = RateForm(request.POST or None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempted(form, lambda: _store(request, form), RateForm.MOVED)
    ):
        messages.success(request, _("The rate is stored."))
        return redirect("rates")
    context = {"form": form, "currencies": codes(), "open": bool(form.errors), **_own(request)}
    if is_htmx(request):
        return render(request, "market/rates/_own.html", context)
    context |= _board(request) | {"tabs": tabs("rates"), "undo": request.session.pop(UNDO, None)}
    return render(request, "market/rates/rates.html", context, status=BAD if form.errors else 200)


def _store(request: HttpRequest, form: RateForm) -> None:
    services.set_rates(actor=actor_of(request), rows=[form.row()])


def _own(request: HttpRequest) -> dict[str, Any]:
    page = Paginator(rate_board.own_rates(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "page_url": page_url(reverse("rates"), {})}


def _board(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    rows = rate_board.board(user.pk, user.base_currency)
    return {
        "base": user.base_currency,
        "rows": [row for row in rows if not row.old],
        "old": [row for row in rows if row.old],
        "ended": _ended(rows),
    }


def _ended(rows: list[BoardRow]) -> date | None:
    """Tell the day of the newest public rate, where even that is old."""
    newest = max((row.used.as_of for row in rows if not row.own), default=None)
    is_old = newest is not None and (clock.today("UTC") - newest).days > OLD_AFTER_DAYS
    return newest if is_old else None


@require_POST
@login_required
def rate_delete(request: HttpRequest) -> HttpResponse:
    """Delete a rate of the user's own; the page offers to bring it back.

    Raises:
        NotFound: they have none of that pair and day.
    """
    form = RateKeyForm(request.POST)
    if not form.is_valid():
        raise NotFound
    key = form.cleaned_data
    found = rate_board.own_rates(request.user).filter(**key).first()
    if found is None:
        raise NotFound
    services.delete_rates(
        actor=actor_of(request),
        base=key["base"],
        quote=key["quote"],
        start=key["date"],
        end=key["date"],
    )
    request.session[UNDO] = {
        "text": _("The rate %(base)s/%(quote)s is deleted.") % key,
        "url": reverse("rates"),
        "fields": {
            "base": found.base,
            "quote": found.quote,
            "date": found.date.isoformat(),
            "rate": format(found.rate, "f"),
        },
    }
    return redirect("rates")

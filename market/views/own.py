"""Making, changing and deleting an instrument of one's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.pages import actor_of, attempted
from market.errors import InstrumentInUse
from market.forms import InstrumentForm
from market.models import Instrument
from market.selectors.instruments import get_own
from market.services import instruments as services
from market.services.instruments import InstrumentData
from market.views.common import BAD, codes
from market.views.instrument import frame


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def instrument_create(request: HttpRequest) -> HttpResponse:
    """Create an instrument that only the user sees."""
    user: Any = request.user
    initial = {
        "symbol": request.GET.get("symbol", "").upper()[:40],
        "kind": Instrument.Kind.STOCK,
        "currency": user.base_currency,
    }
    form = InstrumentForm(request.POST or None, initial=initial)
    made: list[Instrument] = []
    if request.method == "POST" and form.is_valid():
        data = InstrumentData(**form.values())
        if attempted(
            form, lambda: made.append(services.create_instrument(actor=actor_of(request), data=data))
        ):
            messages.success(request, _("%(symbol)s is made. Its prices come next.") % {"symbol": made[0]})
            return redirect("instrument", made[0].uuid)
    context = {"form": form, "currencies": codes()}
    return render(request, "market/create.html", context, status=BAD if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def instrument_edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Change an instrument of the user's own."""
    row = get_own(request.user, uuid)
    form = InstrumentForm.of(row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if attempted(form, lambda: _change(request, row, form)):
            messages.success(request, _("Saved."))
            return redirect("instrument", uuid)
        row.refresh_from_db()
    context = frame(request, row, form=form, currencies=codes())
    return render(request, "market/edit.html", context, status=BAD if form.errors else 200)


def _change(request: HttpRequest, row: Instrument, form: InstrumentForm) -> None:
    services.update_instrument(
        actor=actor_of(request),
        uuid=row.uuid,
        changes=form.values(),
        symbol_since=form.cleaned_data["symbol_since"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def instrument_delete(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Delete an instrument of the user's own, once its symbol is typed."""
    row = get_own(request.user, uuid)
    wrong, refused = False, ""
    if request.method == "POST":
        wrong = request.POST.get("confirm", "").strip() != row.symbol.strip()
        refused = "" if wrong else _deleted(request, row)
        if not wrong and not refused:
            messages.success(request, _("%(symbol)s and its prices are deleted.") % {"symbol": row.symbol})
            return redirect("market")
    context = frame(request, row, wrong=wrong, refused=refused)
    return render(request, "market/delete.html", context, status=BAD if wrong or refused else 200)


def _deleted(request: HttpRequest, row: Instrument) -> str:
    """Delete it, or say why not."""
    try:
        services.delete_instrument(actor=actor_of(request), uuid=row.uuid)
    except InstrumentInUse:
        return _(
            "Transactions, orders or alerts use %(symbol)s. Delete those first; nothing was changed."
        ) % {"symbol": row.symbol}
    return ""

"""Entering prices and corporate actions of one's own instrument."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import NotFound, ValidationFailed
from core.models import LIVE_WORLD
from core.money import plain
from core.pages import actor_of, attempted
from market.domain.basis import Adjustment
from market.forms import ActionForm, PricesForm
from market.models import CorporateAction, DailyBar, Instrument
from market.selectors import actions as selected
from market.selectors import prices
from market.selectors.instruments import get_own
from market.services.actions import delete_corporate_action, record_corporate_action
from market.services.bars import delete_bars, set_bars
from market.views.common import BAD, bar_cells, codes
from market.views.instrument import UNDO, frame


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def instrument_prices(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Add or replace prices of the user's own instrument, from pasted lines."""
    row = get_own(request.user, uuid)
    form = PricesForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _stored(request, row, form):
        return redirect("instrument", uuid)
    context = frame(request, row, form=form)
    return render(request, "market/prices.html", context, status=BAD if form.errors else 200)


def _stored(request: HttpRequest, row: Instrument, form: PricesForm) -> bool:
    try:
        done = set_bars(actor=actor_of(request), uuid=row.uuid, rows=form.rows(), basis=form.basis())
    except ValidationFailed as error:
        form.complain(error)
        return False
    text = ngettext("%(stored)s price is stored", "%(stored)s prices are stored", done.stored) % {
        "stored": done.stored
    }
    if done.unchanged:
        text = _("%(done)s; %(unchanged)s were there already") % {"done": text, "unchanged": done.unchanged}
    messages.success(request, f"{text}.")
    return True


@require_POST
@login_required
def bar_delete(request: HttpRequest, uuid: UUID, day: date) -> HttpResponse:
    """Delete one day's prices of the user's own instrument; the page offers to bring them back."""
    row = get_own(request.user, uuid)
    bar = prices.bars(LIVE_WORLD, row, day, day).first()
    if bar is None:
        raise NotFound
    delete_bars(actor=actor_of(request), uuid=uuid, start=day, end=day)
    text = _("The prices of %(day)s are deleted.") % {"day": date_format(day, "DATE_FORMAT")}
    return _gone(request, row, text, "instrument-prices", _pasteable(bar))


def _pasteable(bar: DailyBar) -> dict[str, str]:
    """Write a bar as the form takes it: as it was given, and what it was adjusted for."""
    text = f"date,open,high,low,close,volume\n{','.join(bar_cells(bar, given=True))}"
    if bar.adjusted_as_of is None:
        return {"text": text}
    return {"text": text, "adjusted": Adjustment.SPLIT.value, "as_of": bar.adjusted_as_of.isoformat()}


def _gone(
    request: HttpRequest, row: Instrument, text: str, name: str, fields: dict[str, str]
) -> HttpResponse:
    """Show the instrument again, with what is gone and the form that brings it back."""
    url = reverse(name, args=[row.uuid])
    request.session[UNDO] = {"instrument": str(row.uuid), "text": text, "url": url, "fields": fields}
    return redirect("instrument", row.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def action_create(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Add a corporate action to the user's own instrument."""
    row = get_own(request.user, uuid)
    initial = {"kind": CorporateAction.Kind.SPLIT, "currency": row.currency}
    form = ActionForm(request.POST or None, initial=initial, user=request.user)
    if request.method == "POST" and form.is_valid() and attempted(form, lambda: _record(request, row, form)):
        kind = CorporateAction.Kind(form.cleaned_data["kind"])
        messages.success(request, _("Added: %(what)s.") % {"what": kind.label})
        return redirect("instrument", uuid)
    context = frame(request, row, form=form, currencies=codes())
    return render(request, "market/action.html", context, status=BAD if form.errors else 200)


def _record(request: HttpRequest, row: Instrument, form: ActionForm) -> None:
    record_corporate_action(actor=actor_of(request), instrument_uuid=row.uuid, data=form.action())


@require_POST
@login_required
def action_delete(request: HttpRequest, uuid: UUID, action: UUID) -> HttpResponse:
    """Delete a corporate action of the user's own instrument; the page offers to bring it back."""
    row = get_own(request.user, uuid)
    found = selected.get(request.user, action)
    if found.instrument_id != row.id:
        raise NotFound
    delete_corporate_action(actor=actor_of(request), uuid=action)
    day = date_format(found.ex_date, "DATE_FORMAT")
    text = _("%(kind)s of %(day)s is deleted.") % {"kind": found.get_kind_display(), "day": day}
    return _gone(request, row, text, "instrument-action", _fields(found))


def _fields(action: CorporateAction) -> dict[str, str]:
    names = ("numerator", "denominator", "amount", "cash_in_lieu")
    numbers = {name: getattr(action, name) for name in names}
    share = action.cost_share
    return {
        "kind": action.kind,
        "ex_date": action.ex_date.isoformat(),
        "pay_date": action.pay_date.isoformat() if action.pay_date else "",
        "currency": action.currency,
        "new_symbol": action.new_symbol,
        "target": _name(action.target),
        "cost_share": "" if share is None else plain(share * 100),
        **({"pays_out": "on"} if action.pays_out else {}),
        **{name: plain(value) for name, value in numbers.items() if value is not None},
    }


def _name(target: Instrument | None) -> str:
    """Write a symbol as it is typed, with its venue where it has one."""
    if target is None:
        return ""
    return f"{target.symbol}@{target.exchange_id}" if target.exchange_id else target.symbol

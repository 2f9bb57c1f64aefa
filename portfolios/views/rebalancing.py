"""The page of rebalancing: where a portfolio stands, where it is to be, and the trades between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.pages import actor_of, attempted
from market.models import Instrument
from portfolios.domain.rebalancing import CASH, NONE, Drift
from portfolios.selectors import rebalancing as selectors
from portfolios.selectors.portfolios import get_writable, named_in
from portfolios.selectors.rebalancing import GROUPINGS, Rebalancing
from portfolios.services import targets as services
from portfolios.views.common import frame
from portfolios.views.target_forms import GroupRow, LotsForm, PlanForm, TargetsForm
from portfolios.views.words import reason_text

CURRENT, BAD = "portfolio-rebalancing", 400


@dataclass(frozen=True, slots=True)
class Line:
    """A group before and after the plan, by its name."""

    label: str
    before: Drift
    after: Drift | None


@require_safe
@login_required
def rebalancing(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show targets, drift and plan."""
    asking = PlanForm(request.GET)
    found = selectors.rebalance(request.user, portfolio_id, asking.asked(_grouping(request.GET)))
    context = _context(request, found, asking)
    return render(request, "portfolios/rebalancing/page.html", context)


@require_POST
@login_required
def targets(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Save the targets of one grouping."""
    get_writable(request.user, portfolio_id)
    found = _standing(request, portfolio_id)
    form = _targets_form(request, found, request.POST)
    if form.is_valid() and attempted(
        form,
        lambda: services.set_targets(
            actor=actor_of(request),
            portfolio_id=portfolio_id,
            grouping=found.asked.by,
            targets=form.targets(),
        ),
    ):
        return _saved(request, found, _("The targets are saved."))
    context = _context(request, found, PlanForm({}), targets_form=form)
    return render(request, "portfolios/rebalancing/page.html", context, status=BAD)


@require_POST
@login_required
def lots(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Save the lot sizes."""
    get_writable(request.user, portfolio_id)
    found = _standing(request, portfolio_id)
    form = LotsForm(request.POST, assets=_assets(found))

    @transaction.atomic
    def save() -> None:
        for instrument, size in form.changed():
            services.set_lot_size(
                actor=actor_of(request), portfolio_id=portfolio_id, instrument=instrument, size=size
            )

    if form.is_valid() and attempted(form, save):
        return _saved(request, found, _("The lot sizes are saved."))
    context = _context(request, found, PlanForm({}), lots_form=form)
    return render(request, "portfolios/rebalancing/page.html", context, status=BAD)


def _grouping(values: Any) -> str:
    asked = values.get("by", "")
    return asked if asked in GROUPINGS else GROUPINGS[0]


def _standing(request: HttpRequest, portfolio_id: UUID) -> Rebalancing:
    by = _grouping(request.POST)
    return selectors.rebalance(request.user, portfolio_id, selectors.Asked(by=by))


def _saved(request: HttpRequest, found: Rebalancing, text: str) -> HttpResponse:
    messages.success(request, text)
    url = reverse(CURRENT, args=[found.portfolio.pk])
    return redirect(f"{url}?by={found.asked.by}")


def _context(
    request: HttpRequest,
    found: Rebalancing,
    asking: PlanForm,
    *,
    targets_form: TargetsForm | None = None,
    lots_form: LotsForm | None = None,
) -> dict[str, Any]:
    portfolio, asked, made = found.portfolio, found.asked, found.plan
    after = {one.group: one for one in made.after} if made else {}
    by, url = asked.by, reverse(CURRENT, args=[portfolio.pk])
    kept = {name: value for name, value in request.GET.items() if name in asking.fields and value}
    return {
        **frame(portfolio, CURRENT),
        "found": found,
        "lines": [Line(label(found, one.group), one, after.get(one.group)) for one in found.before],
        "orders": [(one, label(found, one.trade.group)) for one in found.orders],
        "unplaced": [label(found, one) for one in made.unplaced] if made else [],
        "gain_reason": reason_text(found.gain.reason),
        "tax_reason": reason_text(found.tax.reason),
        "groupings": [
            {"name": name, "url": f"{url}?{urlencode({**kept, 'by': one})}", "current": one == by}
            for one, name in names().items()
        ],
        "by": by,
        "by_name": names()[by],
        "something": any(one.value for one in found.before),
        "asking": asking,
        "targets_form": targets_form or _targets_form(request, found, None),
        "targets_open": targets_form is not None or not found.targets,
        "lots_form": lots_form or LotsForm(assets=_assets(found)),
        "lots_open": lots_form is not None,
    }


def names() -> dict[str, str]:
    """Name the groupings."""
    return {
        "class": _("Class"),
        "sector": _("Sector"),
        "country": _("Country"),
        "currency": _("Currency"),
        "instrument": _("Instrument"),
        "tag": _("Tag"),
    }


def label(found: Rebalancing, key: str) -> str:
    """Name a group."""
    by = found.asked.by
    if key == CASH:
        return _("Cash")
    if key == NONE:
        return {"sector": _("No sector"), "tag": _("No tag")}.get(by, _("No country"))
    if by == "class":
        return str(Instrument.Kind(key).label)
    if by == "instrument":
        return next((one.symbol for one in found.instruments.values() if str(one.uuid) == key), key)
    return key


def _targets_form(request: HttpRequest, found: Rebalancing, data: Any) -> TargetsForm:
    known = {one.key: one for one in found.targets}
    held = {str(one.uuid): one for one in found.instruments.values()}
    groups = []
    for one in found.before:
        target = known.get(one.group)
        weight = one.weight if not known else target.weight if target else None
        bought = target.instrument if target else None
        if found.asked.by == "instrument":
            bought = held.get(one.group)
        groups.append(GroupRow(one.group, label(found, one.group), weight, bought))
    portfolio = found.portfolio
    return TargetsForm(
        data, by=found.asked.by, groups=groups, user=request.user, besides=named_in(portfolio.pk)
    )


def _assets(found: Rebalancing) -> list[tuple[Instrument, Any]]:
    rows = [(found.instruments[key], asset) for key, asset in found.assets.items()]
    return sorted(rows, key=lambda row: (row[0].symbol, row[0].pk))

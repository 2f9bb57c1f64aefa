"""On which days what stands in the editor would have fired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from alerts.forms.kinds import name_of
from alerts.models import Alert, Clause
from alerts.selectors.preview import preview
from alerts.selectors.waits import PRICES
from alerts.services.budgets import spend
from alerts.services.rules import RuleData, clauses_of
from alerts.views.editor import posted
from core.errors import NotFound, ValidationFailed
from core.models import LIVE_WORLD
from market.models import Instrument
from market.selectors import charts


@require_POST
@login_required
def alert_preview(request: HttpRequest) -> HttpResponse:
    """Answer the days of the last year; nothing of what is sent is stored, and what is wrong is left out."""
    clauses = _clauses(request)
    context: dict[str, Any] = {}
    if clauses:
        spend("alert-previews", str(request.user.pk))
        found = preview(LIVE_WORLD, _joined(request), clauses)
        context = {
            "found": found,
            "days": found.days[::-1],
            "left_out": [name_of(kind) for kind in found.left_out],
            "courses": [_course(one, found.days, clauses) for one in _instruments(clauses)],
        }
    return render(request, "alerts/_preview.html", context)


def _joined(request: HttpRequest) -> str:
    return Alert.Joined.ANY if request.POST.get("joined") == Alert.Joined.ANY else Alert.Joined.ALL


def _clauses(request: HttpRequest) -> list[Clause]:
    """Take the clauses that were typed; none where one does not make sense yet."""
    forms = posted(request).clauses
    if not all([form.is_valid() for form in forms]):  # noqa: C419 (each is checked)
        return []
    try:
        return clauses_of(request.user, RuleData(_joined(request), [form.said() for form in forms]))
    except (NotFound, ValidationFailed):
        return []


def _instruments(clauses: Sequence[Clause]) -> list[Instrument]:
    found: dict[UUID, Instrument] = {}
    for one in clauses:
        if one.instrument is not None:
            found[one.instrument.uuid] = one.instrument
    return list(found.values())


def _course(instrument: Instrument, days: Sequence[Any], clauses: Sequence[Clause]) -> dict[str, Any]:
    """Make what is drawn of an instrument: closes of a year, and the days that it made fire."""
    drawn = charts.chart(LIVE_WORLD, instrument, "1Y")
    levels = [one.level for one in clauses if one.instrument == instrument and one.kind in PRICES]
    level = levels[0] if levels else None
    return {
        "instrument": instrument,
        "points": [(row.day, row.close) for row in drawn.rows] if drawn else [],
        "marks": [(one.day, one.price) for one in days if one.instrument == instrument],
        "level": None if level is None else level * instrument.quote_unit,
    }

"""The page on which an alert is made or changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alerts.domain.rules import MOST_CLAUSES, Kind
from alerts.forms.clauses import FIRST, ClauseForm, chosen, told_of, typed_before
from alerts.forms.options import OptionsForm, options_of
from alerts.models import Alert
from alerts.selectors import alerts as selectors
from alerts.selectors.waits import title
from alerts.views.common import BAD
from alerts.views.saving import saved
from core.models import LIVE_WORLD
from core.pages import is_htmx
from market.models import Instrument
from market.selectors import listing

WHOSE: Final = ("instrument", "portfolio")


@dataclass
class Editor:
    """The forms of one alert; `alert` is the one that is changed, None where one is made."""

    options: OptionsForm
    clauses: list[ClauseForm]
    alert: Alert | None = None
    nows: dict[int, listing.Row] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """How many fields need attention."""
        return sum(len(form.errors) for form in (self.options, *self.clauses))

    @property
    def may_grow(self) -> bool:
        """Whether one clause more is possible."""
        return len(self.clauses) < MOST_CLAUSES

    @property
    def action(self) -> str:
        """Where it is sent."""
        return reverse("alert-edit", args=[self.alert.uuid]) if self.alert else reverse("alert-create")

    def is_valid(self) -> bool:
        """Check all of it, so that every error is told at once."""
        checked = [form.is_valid() for form in (self.options, *self.clauses)]
        return all(checked)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_create(request: HttpRequest) -> HttpResponse:
    """Make an alert; ``instrument``, ``portfolio`` and ``level`` in the address are chosen already."""
    if request.method != "POST":
        return _page(request, Editor(OptionsForm(), [_first(request)]))
    return _sent(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_edit(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Change an alert; one that waits for something else then begins anew."""
    found = selectors.get(request.user, alert_id)
    if request.method != "POST":
        return _page(request, _editor_of(request.user, found))
    return _sent(request, found)


def _sent(request: HttpRequest, alert: Alert | None) -> HttpResponse:
    """Save what was sent; a clause that is added or is of another kind only draws the form anew."""
    if "act" in request.POST or "redraw" in request.POST:
        return _page(request, redrawn(request, alert))
    editor = posted(request, alert)
    done = saved(request, editor.options, editor.clauses, alert) if editor.is_valid() else None
    if done is None:
        return _page(request, editor)
    text = _("Saved: %(alert)s.") if alert else _("Alert made: %(alert)s.")
    messages.success(request, text % {"alert": title(done)})
    return redirect("alert", done.uuid)


def posted(request: HttpRequest, alert: Alert | None = None) -> Editor:
    """Take what was sent to be checked."""
    clauses = [
        ClauseForm(request.user, request.POST, number=number, initial={}) for number in _numbers(request)
    ]
    return Editor(OptionsForm(request.POST), clauses, alert)


def redrawn(request: HttpRequest, alert: Alert | None) -> Editor:
    """Take what was typed as it is, with a clause more or less, or the fields of another kind."""
    numbers, act = _numbers(request), request.POST.get("act", "")
    if act.startswith("remove-") and len(numbers) > 1:
        numbers = [one for one in numbers if act != f"remove-{one}"]
    kept = [
        ClauseForm(request.user, number=one, initial=typed_before(request.user, request.POST, one))
        for one in numbers
    ]
    if act == "add" and len(kept) < MOST_CLAUSES:
        like = kept[-1].initial
        more = {name: like[name] for name in WHOSE if name in like} | {"kind": FIRST.value}
        kept.append(ClauseForm(request.user, number=max(numbers) + 1, initial=more))
    typed = {name: request.POST[name] for name in OptionsForm.base_fields if name in request.POST}
    return Editor(OptionsForm(initial=typed), kept, alert)


def _numbers(request: HttpRequest) -> list[int]:
    sent = [int(one) for one in request.POST.getlist("clause") if one.isascii() and one.isdecimal()]
    return sorted({one for one in sent if one < 10**6})[:MOST_CLAUSES] or [0]


def _first(request: HttpRequest) -> ClauseForm:
    initial: dict[str, Any] = {"kind": request.GET.get("kind", "")}
    instrument = chosen(request.user, request.GET.get("instrument", ""))
    if instrument is not None:
        initial["instrument"] = instrument
    elif not initial["kind"] and "portfolio" in request.GET:
        initial["kind"] = Kind.PORTFOLIO_DAY_CHANGE.value
    initial |= {name: request.GET[name] for name in ("portfolio", "level") if name in request.GET}
    return ClauseForm(request.user, number=0, initial=initial)


def _editor_of(user: Any, alert: Alert) -> Editor:
    if alert.instrument is None or alert.level is None:
        told = [told_of(one) for one in alert.clauses.all()]
    else:
        level = (alert.level * alert.instrument.quote_unit).normalize()
        told = [{"kind": alert.condition, "instrument": alert.instrument, "level": level}]
    clauses = [ClauseForm(user, number=number, initial=one) for number, one in enumerate(told)]
    return Editor(OptionsForm(initial=options_of(alert)), clauses, alert)


def _page(request: HttpRequest, editor: Editor) -> HttpResponse:
    shown = {one.number: found for one in editor.clauses if (found := _shown(one)) is not None}
    rows = {row.instrument.pk: row for row in listing.rows(LIVE_WORLD, list({*shown.values()}))}
    editor.nows = {number: rows[one.pk] for number, one in shown.items()}
    context = {"editor": editor, "options": editor.options, "alert": editor.alert}
    template = "alerts/_form.html" if is_htmx(request) else "alerts/editor.html"
    return render(request, template, context, status=BAD if editor.errors else 200)


def _shown(clause: ClauseForm) -> Instrument | None:
    """Tell the instrument that a clause shows, for the price beside its level."""
    if clause.is_bound:
        return clause.cleaned_data.get("instrument") if hasattr(clause, "cleaned_data") else None
    return clause.initial.get("instrument")

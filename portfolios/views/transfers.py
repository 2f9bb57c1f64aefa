"""Moving units to another portfolio of the same owner."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from core import clock
from core.forms import DayField, NumberField
from core.pages import actor_of, attempted
from portfolios.forms import InstrumentField
from portfolios.models import Portfolio
from portfolios.selectors.portfolios import get_writable, named_in
from portfolios.selectors.transfers import destinations
from portfolios.services.transfers import move_in_kind
from portfolios.views.common import frame

BAD = 400


class TransferForm(forms.Form):
    """What goes to which portfolio."""

    to = forms.ChoiceField(label=gettext_lazy("To which portfolio"))
    instrument = InstrumentField(label=gettext_lazy("Instrument"))
    quantity = NumberField(label=gettext_lazy("Quantity"))
    day = DayField(label=gettext_lazy("Date"))
    at = forms.TimeField(
        label=gettext_lazy("Time of day"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Left empty, as the day begins: before what is bought later that day."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=400, required=False)

    def __init__(
        self, *args: Any, user: Any, portfolio: Portfolio, others: list[Portfolio], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._others = {str(one.pk): one for one in others}
        to, instrument = self.fields["to"], self.fields["instrument"]
        if isinstance(to, forms.ChoiceField):
            to.choices = [(key, one.name) for key, one in self._others.items()]
        if isinstance(instrument, InstrumentField):
            instrument.user, instrument.besides = user, named_in(portfolio.pk)
        self.fields["day"].initial = clock.today(portfolio.time_zone)

    def receiving(self) -> Portfolio:
        """Answer the portfolio that was chosen."""
        return self._others[self.cleaned_data["to"]]

    def instants(self, *portfolios: Portfolio) -> list[datetime]:
        """Tell when the units leave and arrive: on that day and time in the zone of each."""
        day: date = self.cleaned_data["day"]
        at: time = self.cleaned_data["at"] or time.min
        return [
            datetime.combine(day, at, tzinfo=ZoneInfo(one.time_zone)).astimezone(UTC) for one in portfolios
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def transfer(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Move units to another portfolio with their lots, days and costs."""
    portfolio = get_writable(request.user, portfolio_id)
    others = list(destinations(request.user, portfolio))
    form = TransferForm(request.POST or None, user=request.user, portfolio=portfolio, others=others)
    if request.method == "POST" and form.is_valid():
        other = form.receiving()
        if attempted(form, lambda: _move(request, portfolio, other, form), {"time": "day"}):
            messages.success(
                request,
                _("Moved to “%(name)s”, with its lots. Deleting the transfer takes it back.")
                % {"name": other.name},
            )
            return redirect("portfolio-holdings", portfolio_id)
    context = frame(portfolio, "portfolio-holdings", form=form, others=others)
    status = BAD if form.errors else 200
    return render(request, "portfolios/transfer.html", context, status=status)


def _move(request: HttpRequest, portfolio: Portfolio, other: Portfolio, form: TransferForm) -> None:
    leaves, arrives = form.instants(portfolio, other)
    move_in_kind(
        actor=actor_of(request),
        portfolio_id=portfolio.pk,
        to_id=other.pk,
        instrument=form.cleaned_data["instrument"],
        quantity=form.cleaned_data["quantity"],
        times=(leaves, arrives),
        note=form.cleaned_data["note"],
    )

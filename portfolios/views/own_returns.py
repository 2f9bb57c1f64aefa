"""What one position returned by itself, since it was first held: before taxes, or as the reader asks."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core import ranges
from core.money import minor_units
from market.models import Instrument
from portfolios.selectors import reports
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.scopes import Filters, of_ledgers
from portfolios.views.asking import view_of
from portfolios.views.figures import explain_url, return_figures

BEFORE_TAXES: Final = "before-taxes"


def own_returns(request: HttpRequest, ledger: Ledger, instrument: Instrument, day: date) -> dict[str, Any]:
    """Make the context of a position's own returns until the end of a day, of all the time there is."""
    names = {
        BEFORE_TAXES: _("Before taxes"),
        "after": _("After taxes"),
        "before": _("Before fees and taxes"),
    }
    asked = request.GET.get("charges", "")
    charges = asked if asked in names else BEFORE_TAXES
    found = of_ledgers(request.user, [ledger], Filters(instrument=instrument.uuid), view_of(charges))
    earned = reports.performance(found, reports.inception(found, day))
    lines = reports.statement(found, earned.period).lines.rounded(minor_units(found.base))
    scope = f"instrument:{instrument.uuid}"
    explain = partial(explain_url, ledger, range=ranges.ALL, scope=scope, charges=charges)
    url = reverse("portfolio-position", args=[ledger.portfolio.pk, instrument.uuid])
    return {
        "own_returns": return_figures(earned, explain),
        "own_gain": lines.gain(),
        "explain_own_gain": explain("gain"),
        "own_since": earned.period.start,
        "own_charges": names[charges],
        "charges_choices": [
            {"name": name, "url": f"{url}?charges={key}", "current": key == charges}
            for key, name in names.items()
        ],
    }

"""What stands above the list of instruments: how the markets do, what moved, what one watches."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.models import LIVE_WORLD, World
from core.pages import is_htmx
from market.models import Instrument
from market.selectors import movers, status, watchlists

WATCHED_ROWS = 8


@require_safe
@login_required
def market_movers(request: HttpRequest) -> HttpResponse:
    """Answer the movers of a period for htmx; as a page they are part of the market's."""
    if not is_htmx(request):
        return redirect(f"{reverse('market')}?period={_period(request)}")
    return render(request, "market/_movers.html", movers_context(request))


def overview_context(request: HttpRequest) -> dict[str, Any]:
    """Make the context of the overview."""
    world = World.objects.get(pk=LIVE_WORLD)
    lists = list(watchlists.of_user(request.user))
    shown = watchlists.shown(LIVE_WORLD, request.user, lists[:1])
    return {
        "venues": status.venues(world),
        "watched": shown[0] if shown else None,
        "watched_rows": shown[0].rows[:WATCHED_ROWS] if shown else [],
        "lists": lists,
        **movers_context(request, world),
    }


def movers_context(request: HttpRequest, world: World | None = None) -> dict[str, Any]:
    """Make the context of the three lists of movers."""
    where = world or World.objects.get(pk=LIVE_WORLD)
    period = _period(request)
    return {
        "movers": movers.movers(where, period),
        "periods": [_offered(name, period) for name in movers.PERIODS],
    }


def stars(request: HttpRequest, rows: list[Instrument]) -> set[int]:
    """Tell which of the instruments the reader watches."""
    return watchlists.starred(request.user, [one.pk for one in rows])


def _period(request: HttpRequest) -> str:
    asked = request.GET.get("period", "")
    return asked if asked in movers.PERIODS else "1D"


def _offered(name: str, current: str) -> dict[str, Any]:
    words = {"1D": _("1 day"), "1W": _("1 week"), "1M": _("1 month")}
    query = f"?period={name}"
    return {
        "name": name,
        "words": words[name],
        "url": reverse("market") + query,
        "part": reverse("market-movers") + query,
        "current": name == current,
    }

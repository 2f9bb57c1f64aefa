"""What readiness tells of prices."""

from __future__ import annotations

from django.db import DatabaseError

from core import clock
from core.ports import HealthResult
from market.domain import breaker
from market.models import DailyBar, PriceSource


def check_prices() -> HealthResult:
    """Tell the date of the close that was stored last.

    Old prices are told, never a reason to take the platform out of service: it shows them with
    their date.
    """
    try:
        last = DailyBar.objects.order_by("-id").values_list("date", flat=True).first()
    except DatabaseError as error:
        return HealthResult(healthy=False, detail=type(error).__name__)
    return HealthResult(healthy=True, detail=f"last close of {last}" if last else "no prices yet")


def check_sources() -> HealthResult:
    """Tell how many sources of prices are asked, and which are left alone because they fail.

    That is told, never a reason to take the platform out of service.
    """
    try:
        rows = dict(PriceSource.objects.filter(enabled=True).values_list("name", "open_until"))
    except DatabaseError as error:
        return HealthResult(healthy=False, detail=type(error).__name__)
    now = clock.now()
    down = sorted(name for name, until in rows.items() if breaker.state(until, now) is breaker.State.OPEN)
    said = f"{len(rows) - len(down)} of {len(rows)} are asked"
    return HealthResult(healthy=True, detail=f"{said}; left alone: {', '.join(down)}" if down else said)

"""What readiness tells of prices."""

from __future__ import annotations

from django.db import DatabaseError

from core.ports import HealthResult
from market.models import DailyBar


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

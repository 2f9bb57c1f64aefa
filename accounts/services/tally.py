"""How many sign-ins were refused each day: counts for staff, of nobody in particular."""

from __future__ import annotations

from django.db import connection

from accounts.models import RefusedSignIns
from core import clock

_COUNT = """
INSERT INTO accounts_refusedsignins AS known (day, kind, count) VALUES (%s, %s, 1)
ON CONFLICT (day, kind) DO UPDATE SET count = known.count + 1
"""


def sign_in_refused(kind: RefusedSignIns.Kind) -> None:
    """Count a refused sign-in of today (UTC)."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [clock.today("UTC"), kind.value])

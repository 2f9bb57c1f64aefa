"""Rows and files that tests of the market make."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

from core.actor import Actor
from market.models import DailyBar, FxRate, Instrument
from market.services.price_import import Options, Outcome, import_prices

STAFF = Actor.system("tests")


def bar(instrument: Instrument, day: str, close: str, **fields: Any) -> DailyBar:
    return DailyBar.objects.create(
        **{"instrument": instrument, "date": day, "close": Decimal(close), "source": "import", **fields}
    )


def fx(base: str, quote: str, day: str, rate: str, *, owner: Any = None, source: str = "ecb") -> FxRate:
    return FxRate.objects.create(
        base=base, quote=quote, date=day, rate=Decimal(rate), owner=owner, source=source
    )


def bring_in(data: bytes | str, name: str = "prices.csv", actor: Actor = STAFF, **options: Any) -> Outcome:
    """Import a file's bytes; text is UTF-8."""
    content = data.encode() if isinstance(data, str) else data
    return import_prices(actor=actor, file=io.BytesIO(content), name=name, options=Options(**options))


def closes(instrument: Instrument) -> dict[date, Decimal]:
    return dict(DailyBar.objects.filter(instrument=instrument).values_list("date", "close"))

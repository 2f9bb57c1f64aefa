"""A person's alerts as a CSV file that an import reads back, and one to begin with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from alerts.domain.alert_files import COLUMNS
from alerts.domain.rules import PARAMETERS
from alerts.models import Alert, Clause
from alerts.selectors.alerts import alerts_of
from core import clock
from core.cells import csv_cell
from market.models import Instrument


def exported(user: Any) -> str:
    """Write the user's alerts that are not done, the oldest first; prices for one unit."""
    rows = alerts_of(user).exclude(state__in=[Alert.State.FIRED, Alert.State.EXPIRED]).order_by("id")
    return _written(line for number, one in enumerate(rows, start=1) for line in _lines(number, one))


def template() -> str:
    """Write an example of each: one price, a change, and a rule of two clauses."""
    ends = (clock.today("UTC") + timedelta(days=90)).isoformat()
    return _written(
        [
            {"symbol": "ACME", "condition": "crosses_up", "level": "150", "expires_at": ends},
            {
                "symbol": "ACME", "condition": "change_percent_close", "direction": "down", "percent": "5",
                "repeats": "yes", "cooldown_minutes": "60",
            },
            {"rule": "1", "joined": "all", "symbol": "ACME", "condition": "below", "level": "120"},
            {"rule": "1", "symbol": "ACME", "condition": "rsi_below", "days": "14", "percent": "30"},
        ]
    )  # fmt: skip


def _written(rows: Iterable[dict[str, Any]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([csv_cell(row.get(name)) for name in COLUMNS] for row in rows)
    return out.getvalue()


def _lines(number: int, alert: Alert) -> Iterator[dict[str, Any]]:
    options = {
        "note": alert.note,
        "repeats": "yes" if alert.repeats else "no",
        "cooldown_minutes": alert.cooldown_minutes,
        "rearm": alert.rearm,
        "expires_at": alert.expires_at,
    }
    if alert.instrument is not None:
        yield options | _line(Clause(kind=alert.condition, instrument=alert.instrument, level=alert.level))
        return
    for clause in alert.clauses.all():
        yield {"rule": str(number), "joined": alert.joined} | options | _line(clause)


def _line(clause: Clause) -> dict[str, Any]:
    instrument = clause.instrument
    unit = Decimal(1) if instrument is None else instrument.quote_unit
    found: dict[str, Any] = {name: getattr(clause, name) for name in PARAMETERS}
    found |= {name: found[name] * unit for name in ("level", "upper") if found[name] is not None}
    return found | {
        "symbol": "" if instrument is None else _name(instrument),
        "portfolio": clause.portfolio.pk if clause.portfolio else None,
        "condition": clause.kind,
        "direction": clause.direction,
    }


def _name(instrument: Instrument) -> str:
    """Name an instrument with its venue, which tells it from others of its symbol."""
    return f"{instrument.symbol}@{instrument.exchange_id}" if instrument.exchange_id else instrument.symbol

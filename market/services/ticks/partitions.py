"""The tables of months that ticks and minute bars lie in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from django.db import connection, transaction

from market.domain.ticks import next_month

TABLES: Final = ("market_tick", "market_minutebar")
_MAKING: Final = 0x464C_544B
_NAME: Final = re.compile(r"market_(?:tick|minutebar)_(\d{4})(\d{2})")


def make(months: Iterable[datetime], tables: Iterable[str] = TABLES) -> None:
    """Make the tables of months (their first instants, UTC) that are not there yet.

    Each is made beside its parent and attached to it: that stops neither readers nor writers.
    """
    wanted = [(table, month, f"{table}_{month:%Y%m}") for month in months for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL",
            [[name for _table, _month, name in wanted]],
        )
        missing = {name for (name,) in cursor.fetchall()}
    for table, month, name in wanted:
        if name in missing:
            _make(table, month, name)


@transaction.atomic
def _make(table: str, month: datetime, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
        # to_regclass would answer from before the wait for the lock
        cursor.execute("SELECT FROM pg_class WHERE relname = %s AND pg_table_is_visible(oid)", [name])
        if cursor.fetchone() is not None:
            return
        cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} "
            f"FOR VALUES FROM ('{month.isoformat()}') TO ('{next_month(month).isoformat()}')"
        )


def before(table: str, oldest: datetime) -> list[tuple[str, datetime]]:
    """List a table's months that end at `oldest` or before, oldest first: name and first instant (UTC)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf", [table]
        )
        names = sorted(name for (name,) in cursor.fetchall())
    found = [(name, _NAME.fullmatch(name)) for name in names]
    dated = [(name, datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC)) for name, match in found if match]
    return [(name, month) for name, month in dated if next_month(month) <= oldest]


def drop(name: str) -> None:
    """Drop the table of a month, unless readers hold it for longer than five seconds: then the next night."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute(f"DROP TABLE IF EXISTS {name}")

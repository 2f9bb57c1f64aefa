"""Hints by the database, where there is no Redis: from this process and from another one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import psycopg
import pytest
from django.db import connection

from core.live import carrier
from core.live.carrier import NotifyCarrier, send_hint

pytestmark = pytest.mark.django_db(transaction=True)
NOTIFY = "import psycopg, sys; psycopg.connect(sys.argv[1], autocommit=True).execute(sys.argv[2])"


class Listener:
    """A carrier that notes what it hears."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.task = asyncio.create_task(
            NotifyCarrier(
                self.said.put_nowait,
                lambda: self.said.put_nowait("LOST"),
                lambda: self.said.put_nowait("BACK"),
            ).run()
        )

    async def next(self) -> str:
        return await asyncio.wait_for(self.said.get(), 10)

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
def options() -> dict[str, Any]:
    """Tell how to reach the test's database."""
    connection.ensure_connection()
    return {
        name: value
        for name, value in connection.get_connection_params().items()
        if name not in carrier._OF_DJANGO
    }


async def test_hint_comes_from_here_and_from_another_process_and_after_a_loss(options, monkeypatch):
    monkeypatch.setattr(carrier, "_connection_options", lambda: options)
    listener = Listener()
    assert await listener.next() == "BACK"

    def hint() -> None:
        send_hint("prices", "1", 7)
        connection.close()

    await asyncio.to_thread(hint)
    assert await listener.next() == "prices 1 7"
    text = psycopg.conninfo.make_conninfo(**options)
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", NOTIFY, text, "SELECT pg_notify('florin_live', 'prices 1 8')"],
        check=True,
        timeout=60,
    )
    assert await listener.next() == "prices 1 8"
    with psycopg.connect(text, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%'")
        assert await listener.next() == "LOST"
        assert await listener.next() == "BACK"
        other.execute("SELECT pg_notify('florin_live', 'prices 1 9')")
    assert await listener.next() == "prices 1 9"
    await listener.close()

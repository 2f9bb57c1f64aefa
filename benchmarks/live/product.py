"""The whole platform under sockets: from `record_quotes` to the frame, and sign-ins all at once."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from benchmarks.ground import database
from benchmarks.live.runs import Crowd, Redis, answers, free_port

SOCKETS, SYMBOLS, FOLLOWED = 1000, 500, 50


def environment(redis: Redis) -> dict[str, str]:
    """Tell a process of the platform where the benchmark's database and Redis are."""
    from django.db import connection

    connection.ensure_connection()
    options = connection.get_connection_params()
    address = f"postgres://{options['user']}@{quote(options['host'], safe='')}:5432/{options['dbname']}"
    return {**os.environ, "DATABASE_URL": address, "REDIS_URL": redis.url}


@contextmanager
def served(redis: Redis, server: str) -> Iterator[int]:
    """Serve the platform on the benchmark's database, at the port that is answered."""
    port = free_port()
    uvicorn = ["uvicorn", "config.asgi:application", "--port", str(port), "--ws", "websockets-sansio"]
    uvicorn += ["--ws-per-message-deflate", "false", "--backlog", "4096", "--log-level", "error"]
    daphne = ["daphne", "-v", "0", "-e", f"tcp:{port}:interface=127.0.0.1:backlog=4096"]
    daphne += ["--websocket_connect_timeout", "60", "config.asgi:application"]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *(uvicorn if server == "uvicorn" else daphne)],
        env={**environment(redis), "DATABASE_POOL": "on", "LIVE_SOCKETS_A_PERSON": "5000"},
    )
    try:
        answers(port)
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def platform(redis: Redis, server: str) -> Iterator[tuple[int, Any]]:
    """Serve the platform; the port and somebody's token."""
    from accounts.models import User

    with served(redis, server) as port:
        user, _ = User.objects.get_or_create(email="bench@example.org")
        yield port, token_of(user, "market:read")


def token_of(user: Any, scope: str) -> str:
    """Make a token of somebody's."""
    from accounts.services.personal_tokens import create_personal_token
    from core import clock
    from core.actor import Actor

    end = clock.now() + timedelta(days=1)
    made = create_personal_token(
        actor=Actor.user(user), user_id=user.pk, name="bench", scopes=[scope], expires_at=end
    )
    return made.secret


def connects(redis: Redis) -> None:
    """Sign a thousand sockets in at once."""
    with database():
        for server in ("uvicorn", "daphne"):
            with platform(redis, server) as (port, token):
                offers = f"florin.v1, florin.token.{token}"
                Crowd(port, 1, path="/ws/prices/", offers=offers).close()
                crowd = Crowd(port, SOCKETS, path="/ws/prices/", at_once=SOCKETS, offers=offers)
                began, welcomed = time.monotonic(), crowd.opened["messages"]
                while welcomed < SOCKETS and time.monotonic() - began < 60:
                    time.sleep(0.05)
                    welcomed += crowd.ask()["messages"]
                seconds = crowd.opened["seconds"] + time.monotonic() - began
                print(
                    f"  {server:12} {crowd.opened['open']} open after {crowd.opened['seconds']:.1f} s, "
                    f"{welcomed} signed in after {seconds:.1f} s"
                )
                crowd.close()


def record(redis: Redis) -> None:
    """Record two batches of 500 quotes a second, told to a thousand sockets."""
    with database():
        from django.conf import settings

        from core import clock
        from core.models import LIVE_WORLD
        from market.domain.quotes import NewQuote
        from market.models import Instrument
        from market.services.quotes.record import record_quotes

        settings.REDIS_URL = redis.url
        Instrument.objects.bulk_create(
            Instrument(symbol=f"B{n}", name=f"Bench {n}", currency="USD") for n in range(SYMBOLS)
        )
        ids = list(Instrument.objects.order_by("id").values_list("id", flat=True))

        def batch(step: int) -> float:
            now = clock.now()
            quotes = [
                NewQuote(instrument=one, price=Decimal(100) + step % 7, at=now, source="bench") for one in ids
            ]
            began = time.monotonic()
            record_quotes(world_id=LIVE_WORLD, batch=quotes)
            return time.monotonic() - began

        batch(0)
        for server in ("uvicorn", "daphne"):
            with platform(redis, server) as (port, token):
                _follow_batches(server, port, token, batch)


def _follow_batches(server: str, port: int, token: str, batch: Any) -> None:
    says = json.dumps({"type": "subscribe", "instruments": [f"B{n}" for n in range(FOLLOWED)]})
    crowd = Crowd(port, SOCKETS, path="/ws/prices/", offers=f"florin.v1, florin.token.{token}", says=says)
    began, came = time.monotonic(), crowd.opened["messages"]
    while came < 3 * SOCKETS and time.monotonic() - began < 30:  # welcome, subscribed, snapshot
        time.sleep(0.2)
        came += crowd.ask()["messages"]
    written, half, most = [], [], []
    for step in range(1, 13):
        began = time.monotonic()
        written.append(batch(step))
        done = time.monotonic()
        time.sleep(max(0, began + 0.5 - done))
        came = crowd.ask()
        if came["messages"] < SOCKETS:
            print(f"  {server:12} {came['messages']} of {SOCKETS} frames within the half second")
            continue
        half.append((came["half_at"] - done) * 1000)
        most.append((came["most_at"] - done) * 1000)
    print(
        f"  {server:12} record {statistics.median(written) * 1000:.0f} ms; from its end half of the frames "
        f"within {statistics.median(half):.0f} ms (most {max(half):.0f}), 99 % within "
        f"{statistics.median(most):.0f} ms (most {max(most):.0f})"
    )
    crowd.close()

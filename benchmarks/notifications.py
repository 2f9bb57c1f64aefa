"""Drain very many deliveries with two workers, and time the way from a batch of prices to a mail server.

    python -m benchmarks.notifications [--deliveries 100000] [--batches 100] [--workers 2]

In a database of its own, made for the run and dropped after it. The workers are processes; what they send
goes to a program that takes everything at once and notes its key, so that what is measured is the outbox:
claim, judge, write the message, record. The mails go by the tasks of the platform, from the hint of a batch
on, to a mail server on the loopback. Exits 1 when a key comes twice or is missing, or when one mail in a
hundred takes over 2 s.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.ground import database

GOAL_SECONDS = 2.0
# nobody has more than a few messages on their way at a time
PEOPLE = 500
GIVE_UP_SECONDS = 30.0
SECRET = "whsec_" + "A" * 43 + "="

_NOTIFICATIONS = """
INSERT INTO alerts_notification (user_id, kind, event, data, created_at)
SELECT (%(owners)s::uuid[])[1 + number %% %(people)s], 'portfolio', 'joined', '{}', now()
FROM generate_series(1, %(count)s) number
"""


def main(deliveries: int = 100_000, batches: int = 100, workers: int = 2) -> int:
    """Run both and print what they took."""
    with database(), TemporaryDirectory() as folder:
        seconds, seen = _drained(deliveries, workers, Path(folder))
    rate = deliveries / seconds
    missing, twice = deliveries - len(set(seen)), len(seen) - len(set(seen))
    print(f"{deliveries:,} deliveries, {workers} workers: {seconds:.0f} s, {rate:,.0f} a second;", end=" ")
    print(f"{twice} twice, {missing} missing")
    with database():
        took = sorted(_mailed(batches))
    p99 = took[min(len(took) * 99 // 100, len(took) - 1)]
    print(f"from the batch to the mail server, {len(took)} mails: median {statistics.median(took):.3f} s,")
    print(f"99 % within {p99:.3f} s (goal {GOAL_SECONDS}), slowest {took[-1]:.3f} s")
    return 0 if not twice and not missing and p99 < GOAL_SECONDS else 1


def _drained(count: int, workers: int, folder: Path) -> tuple[float, list[str]]:
    """Write deliveries and have workers drain them; answer the seconds and the keys that came."""
    from django.contrib.auth import get_user_model
    from django.db import connection

    from alerts.models import Channel, Delivery, Notification
    from alerts.services.outbox import enqueue

    person = get_user_model()
    people = person.objects.bulk_create(person(email=f"bench{n}@example.org") for n in range(PEOPLE))
    Channel.objects.bulk_create(
        Channel(
            owner=owner,
            kind="webhook",
            name="x",
            topics=["portfolio"],
            state="active",
            config=json.dumps({"url": "https://example.org/", "secret": SECRET}),
        )
        for owner in people
    )
    with connection.cursor() as cursor:
        values = {"owners": [one.pk for one in people], "people": PEOPLE, "count": count}
        cursor.execute(_NOTIFICATIONS, values)
    enqueue(list(Notification.objects.values_list("pk", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE alerts_delivery, alerts_notification, alerts_channel")
    command = [
        sys.executable,
        "-m",
        "benchmarks.notifications",
        "--database",
        connection.settings_dict["NAME"],
    ]
    files = [folder / f"{number}.txt" for number in range(workers)]
    running = [
        subprocess.Popen([*command, "--keys", str(file)], env=os.environ, stdin=subprocess.PIPE)
        for file in files
    ]
    while not all(file.exists() for file in files):  # they are ready
        time.sleep(0.05)
    began = time.perf_counter()
    for one in running:
        one.communicate(b"go\n")
    seconds = time.perf_counter() - began
    states = set(Delivery.objects.values_list("state", flat=True))
    assert states == {"delivered"}, states
    return seconds, [key for file in files for key in file.read_text().split()]


def work(name: str, keys: Path) -> None:
    """Be one of the workers: wait for the start, drain, and write down the keys that were sent."""
    import django

    django.setup()
    from django.db import connection

    from alerts.domain.messages import Message, Outcome, Result
    from alerts.services.delivery import drain as drains

    seen: list[str] = []

    class Taking:
        def send(self, _config: Any, message: Message) -> Result:
            seen.append(str(message.key))
            return Result(Outcome.DELIVERED, "", 200)

    drains.of = lambda _kind: Taking()  # type: ignore[assignment]
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    keys.write_text("")
    sys.stdin.readline()
    drains.drain(seconds=100_000)
    keys.write_text("\n".join(seen))


class _MailServer:
    """Notes when which mail came."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.arrived = threading.Event()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.came[envelope.rcpt_tos[0]] = time.perf_counter()
        self.arrived.set()
        return "250 OK"


def _mailed(batches: int) -> list[float]:
    """Let prices fire alerts one after the other; answer the seconds until each mail was there."""
    from aiosmtpd.controller import Controller
    from django.conf import settings

    from config.management.background import WorkerThread

    heard = _MailServer()
    port = 18_025
    server = Controller(heard, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    worker = WorkerThread()
    worker.start()
    try:
        share = _armed(batches)
        return [_timed_batch(share, number, heard) for number in range(batches)]
    finally:
        worker.stop()
        worker.join(10)
        server.stop()


def _armed(count: int) -> Any:
    from django.contrib.auth import get_user_model

    from alerts.domain.conditions import Condition
    from alerts.models import Channel
    from alerts.services.alerts import AlertData, create_alert
    from core.actor import Actor
    from market.models import Instrument

    share = Instrument.objects.create(symbol="BENCH", name="Bench", currency="USD", kind="crypto")
    for number in range(count):
        user = get_user_model().objects.create_user(f"b{number}@example.org", "x")
        Channel.objects.create(
            owner=user,
            kind="email",
            name="x",
            topics=["alert"],
            state="active",
            config=json.dumps({"address": f"b{number}@example.org"}),
        )
        data = AlertData(Condition.CROSSES_UP, Decimal(101 + number))
        create_alert(actor=Actor.user(user), user=user, instrument=share.uuid, data=data)
    _tell(share, Decimal(100))
    time.sleep(1)
    return share


def _timed_batch(share: Any, number: int, heard: _MailServer) -> float:
    address = f"b{number}@example.org"
    began = time.perf_counter()
    _tell(share, Decimal(101 + number))
    while address not in heard.came:
        if time.perf_counter() - began > GIVE_UP_SECONDS:
            return GIVE_UP_SECONDS
        heard.arrived.wait(0.05)
        heard.arrived.clear()
    return heard.came[address] - began


def _tell(share: Any, price: Decimal) -> None:
    from core import clock
    from core.models import LIVE_WORLD
    from market.domain.quotes import NewQuote
    from market.services.quotes import record_quotes

    record_quotes(
        world_id=LIVE_WORLD,
        batch=[NewQuote(instrument=share.pk, price=price, at=clock.now(), source="bench")],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--database", help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=Path, help=argparse.SUPPRESS)
    asked = vars(parser.parse_args())
    name, keys = asked.pop("database"), asked.pop("keys")
    if name:
        work(name, keys)
    else:
        sys.exit(main(**asked))

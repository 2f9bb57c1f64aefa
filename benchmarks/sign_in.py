"""How much many sign-ins at once slow the rest of the site down, on the server that `make run` starts.

    python -m benchmarks.sign_in [--rate 50] [--seconds 40] [--rounds 3]

Starts `manage.py run` on a database of its own with the demo data, and asks for pages and the API
as the demo's investor, at a fixed rate; then the same while people sign in over the API, each from an
address of their own. A time counts from when the request was due, so a server that stalls is seen.
Rounds alternate; the best round of each kind counts. Exits 1 when the p99 of the rest more than
doubles and is above 250 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"http://localhost:(\d+)")
PEOPLE, PASSWORD = 500, "correct horse battery"
PAGES_A_SECOND = 12
PATHS = ("/dashboard/", "/market/", "/api/v1/portfolios", "/api/v1/net-worth")
MOST_RATIO, MOST_SECONDS = 2.0, 0.25
SEED = f"""
from django.contrib.auth.hashers import make_password
from django.test import Client
from accounts.models import User
from config.management.commands.demo import SIGN_INS
hashed = make_password({PASSWORD!r})
User.objects.bulk_create(User(email=f"p{{n}}@example.org", password=hashed) for n in range({PEOPLE}))
client = Client()
client.force_login(User.objects.get(email=SIGN_INS[0][1]))
print("SESSION", client.cookies["sessionid"].value)
"""


@dataclass
class Seen:
    """The seconds that each answer took from when it was due, by its status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        """Tell within how many seconds this share of the answers came."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


class Server:
    """`manage.py run`, with its database in a folder that goes with it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="florin-sign-in-"))
        self.folder.chmod(0o755)
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "EMBEDDED_POSTGRES_DIR": str(self.folder / "postgres"),
            "STATIC_ROOT": str(self.folder / "static"),
            "TRUSTED_PROXIES": "1",
            "THROTTLE_READS": "1000000/min",
            "THROTTLE_ANONYMOUS": "1000000/min",
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run", "--port", "0"],
            cwd=ROOT,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        found = next(filter(None, map(ADDRESS.search, self.process.stdout)), None)
        if found is None:
            raise SystemExit("The server did not start.")
        self.port = int(found[1])

    def seed(self) -> str:
        """Make people who can sign in; the session of the investor."""
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-c", SEED],
            cwd=ROOT,
            env={**self.variables, "ALLOWED_HOSTS": "testserver"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split("SESSION")[1].strip()

    def close(self) -> None:
        """Stop it and remove what it made."""
        self.process.terminate()
        self.process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)


async def ask(port: int, head: str, body: bytes = b"") -> int:
    """Send one request on a connection of its own and tell the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        lines = f"{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(lines.encode() + body)
        answer = await reader.read()
        return int(answer.split(b" ", 2)[1]) if answer else 0
    finally:
        writer.close()


async def at_rate(rate: float, seconds: float, seen: Seen, request: Callable[[int], Awaitable[int]]) -> None:
    """Begin requests on a schedule, whether or not earlier ones were answered."""
    began, waiting = time.perf_counter(), []

    async def one(number: int, due: float) -> None:
        status = await request(number)
        seen.seconds.append(time.perf_counter() - due)
        seen.statuses[status] += 1

    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waiting.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*waiting)


async def a_round(port: int, session: str, rate: float, seconds: float, first: int) -> tuple[Seen, Seen]:
    """Look at pages for some seconds while people sign in at a rate; what both took."""
    pages, sign_ins = Seen(), Seen()

    async def page(number: int) -> int:
        path = PATHS[number % len(PATHS)]
        return await ask(port, f"GET {path} HTTP/1.1\r\nCookie: sessionid={session}\r\nAccept: */*")

    async def sign_in(number: int) -> int:
        who = (first + number) % PEOPLE
        body = json.dumps({"email": f"p{who}@example.org", "password": PASSWORD}).encode()
        address = f"10.0.{who // 250}.{who % 250}"
        kind = "Content-Type: application/json"
        head = f"POST /api/v1/users/login HTTP/1.1\r\n{kind}\r\nX-Forwarded-For: {address}"
        return await ask(port, head, body)

    work = [at_rate(PAGES_A_SECOND, seconds, pages, page)]
    if rate:
        work.append(at_rate(rate, seconds, sign_ins, sign_in))
    await asyncio.gather(*work)
    return pages, sign_ins


def told(name: str, seen: Seen) -> str:
    """Write one line about some answers."""
    spread = "  ".join(
        f"p{round(share * 100)} {seen.quantile(share) * 1000:6.0f} ms" for share in (0.5, 0.95, 0.99)
    )
    return f"  {name:9} {len(seen.seconds):5} answers  {spread}  {dict(seen.statuses.most_common())}"


def main(rate: float = 50.0, seconds: float = 40.0, rounds: int = 3) -> int:
    """Measure both kinds of rounds and compare the best of each."""
    server = Server()
    try:
        session = server.seed()
        asyncio.run(a_round(server.port, session, 5, 8, 0))  # what is loaded at its first use
        quiet: list[float] = []
        busy: list[float] = []
        for number in range(rounds):
            pages, _none = asyncio.run(a_round(server.port, session, 0, seconds, 0))
            quiet.append(pages.quantile(0.99))
            print(f"round {number + 1} without sign-ins\n{told('pages', pages)}")
            pages, sign_ins = asyncio.run(a_round(server.port, session, rate, seconds, number * 97))
            busy.append(pages.quantile(0.99))
            print(f"round {number + 1} with {rate:g} sign-ins a second\n{told('pages', pages)}")
            print(f"{told('sign-ins', sign_ins)}  {sign_ins.statuses[200] / seconds:.0f} let in a second")
    finally:
        server.close()
    ratio = min(busy) / min(quiet)
    for name, best in (("best", min), ("median", statistics.median)):
        print(
            f"p99 of the rest, {name}: {best(quiet) * 1000:.0f} ms without, {best(busy) * 1000:.0f} ms with"
        )
    print(f"{ratio:.2f} times, best by best")
    return int(ratio > MOST_RATIO and min(busy) > MOST_SECONDS)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=50.0, help="sign-ins a second")
    parser.add_argument("--seconds", type=float, default=40.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main(**vars(options())))

"""Measure live values: ``python -m benchmarks.live [fanout flood conflated stuck redis idle record …]``.

Each server of a comparison runs in the same run, one after the other, on this machine's loopback; the
clients are a process of their own. Processor time is the server's, of all its threads, as the kernel
counts it, which other work on the machine changes little. Needs redis-server; Node and picows where
they are there.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from benchmarks.live.product import connects, record
from benchmarks.live.runs import Publisher, Redis, Server, crowd_at

SOCKETS = 1000


def kinds() -> list[str]:
    """Name the servers that can run here."""
    peers = (["picows"] if find_spec("picows") else []) + (["node"] if shutil.which("npm") else [])
    return ["hub-uvicorn", "hub-daphne", *peers, "stock"]


def fanout(redis: Redis, rounds: int = 2) -> None:
    """Measure what a tick costs for each socket, at a rate that all can follow."""
    publisher, cost = Publisher(redis), {}
    delays: dict[str, list[float]] = {}
    for _ in range(rounds):
        for kind in kinds():
            server = Server(kind, redis)
            with crowd_at(server, SOCKETS) as crowd:
                publisher.run(kind, 2, 1.5)
                time.sleep(1)
                crowd.ask()
                before = server.spent()
                sent = publisher.run(kind, 1 if kind == "stock" else 3, 4)
                time.sleep(2.5 if kind == "stock" else 0.7)
                spent, came = server.spent() - before, crowd.ask()
            server.close()
            cost.setdefault(kind, []).append(spent / max(1, came["messages"]) * 1e6)
            delays.setdefault(kind, []).append(came["p99"])
            if came["messages"] < sent * SOCKETS * 0.99:
                print(f"  {kind}: {came['messages']} of {sent * SOCKETS} came")
    for kind, found in cost.items():
        print(f"  {kind:12} {statistics.median(found):7.1f} µs a message   p99 {min(delays[kind]):6.1f} ms")
    ours = statistics.median(cost["hub-uvicorn"])
    ratios = {kind: ours / statistics.median(found) for kind, found in cost.items()}
    print("  ours on uvicorn, against:", {kind: round(ratio, 2) for kind, ratio in ratios.items()})


def flood(redis: Redis) -> None:
    """Offer more than anybody delivers."""
    publisher = Publisher(redis)
    for kind in [one for one in kinds() if one != "stock"]:
        server = Server(kind, redis)
        with crowd_at(server, SOCKETS) as crowd:
            crowd.ask()
            before, began = server.spent(), time.monotonic()
            publisher.run(kind, 400, 4)
            came, spent = crowd.ask(), server.spent() - before
            seconds = time.monotonic() - began
        server.close()
        print(
            f"  {kind:12} {came['messages'] / seconds:9.0f} messages a second, "
            f"{came['messages'] / spent:9.0f} a second of its processor time"
        )


def conflated(redis: Redis) -> None:
    """Follow 50 symbols that change 5 times a second each, told 4 times a second."""
    publisher = Publisher(redis)
    for kind in ("hub-uvicorn", "hub-daphne"):
        server = Server(kind, redis, FLUSHES="4", SYMBOLS="50")
        with crowd_at(server, SOCKETS) as crowd:
            publisher.run(kind, 250, 1)
            crowd.ask()
            before, began = server.spent(), time.monotonic()
            publisher.run(kind, 250, 6)
            came, share = crowd.ask(), (server.spent() - before) / (time.monotonic() - began)
        server.close()
        print(
            f"  {kind:12} {share:6.1%} of a core, {came['messages'] / 6 / SOCKETS:.2f} frames a second, "
            f"p50 {came['p50']:.0f} p99 {came['p99']:.0f} ms"
        )


def stuck(redis: Redis) -> None:
    """Let one socket in five of 200 stop reading messages of 40 kB, ten a second."""
    publisher, sockets = Publisher(redis), 200
    for kind in ("hub-uvicorn", "hub-daphne"):
        few = sockets // 5
        server = Server(kind, redis, FLUSHES="1000", PAYLOAD="40000")
        with crowd_at(server, sockets, stuck=few) as crowd:
            publisher.run(kind, 10, 1)
            crowd.ask()
            memory = most = server.memory()
            sent = 0
            for _ in range(24):
                sent += publisher.run(kind, 10, 1)
                most = max(most, server.memory())
            time.sleep(1)
            came, closed = crowd.ask(), crowd.ask("drain")["codes"]
        server.close()
        print(
            f"  {kind:12} the others got {came['messages'] / sent / (sockets - few):.2%}, "
            f"memory grew by {(most - memory) / few / 1024:.0f} KB a stuck socket, closed {closed}"
        )


def redis_away(redis: Redis) -> None:
    """Kill Redis for three seconds."""
    for kind in ("hub-uvicorn", "hub-daphne"):
        server = Server(kind, redis)
        with crowd_at(server, SOCKETS) as crowd:
            Publisher(redis).run(kind, 5, 1)
            crowd.ask()
            redis.stop()
            time.sleep(3)
            redis.start()
            began = time.monotonic()
            publisher = Publisher(redis)
            came = crowd.ask()
            lost = came["lost"]
            while came["messages"] < SOCKETS and time.monotonic() - began < 20:
                publisher.tick(kind)
                time.sleep(0.1)
                came = crowd.ask()
                lost += came["lost"]
            print(f"  {kind:12} {lost} sockets lost, again to all {time.monotonic() - began:.1f} s after")
        server.close()


def idle(redis: Redis) -> None:
    """Say nothing for a minute."""
    for kind in ("hub-uvicorn", "hub-daphne"):
        server = Server(kind, redis)
        with crowd_at(server, SOCKETS) as crowd:
            time.sleep(2)
            crowd.ask()
            before = server.spent()
            time.sleep(60)
            came = crowd.ask()
            print(
                f"  {kind:12} {came['lost']} of {came['open']} lost, {(server.spent() - before) / 60:.2%} "
                f"of a core, {server.memory() / 1e6:.0f} MB"
            )
        server.close()


RUNS = {
    "fanout": fanout,
    "flood": flood,
    "conflated": conflated,
    "stuck": stuck,
    "redis": redis_away,
    "idle": idle,
    "record": record,
    "connects": connects,
}


def main(names: list[str]) -> None:
    """Run some, or all."""
    redis = Redis()
    try:
        for name in names or list(RUNS):
            load = Path("/proc/loadavg").read_text().split()[0]
            print(f"{name}  ({RUNS[name].__doc__} Load of the machine: {load})", flush=True)
            RUNS[name](redis)
    finally:
        redis.stop()


if __name__ == "__main__":
    main(sys.argv[1:])

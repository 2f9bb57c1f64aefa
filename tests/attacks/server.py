"""A real server for attacks on the wire: `manage.py run` on an empty database, spoken to by bare sockets."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from core.embedded.cluster import Cluster
from tests.support.ground import PROJECT

ADDRESS = re.compile(r"http://localhost:(\d+)")


class Server:
    """A running platform with its own database, without the demo.

    A setting of ``{database_url}`` is the address of that database, for servers that must have one.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.chmod(0o755)
        self._cluster = Cluster(folder / "postgres", durable=False)
        self.database_url = f"postgres://florin@{quote(self._cluster.attach(), safe='')}:5432/florin"
        (self._cluster.home.root / "demo.done").write_text("")
        self.log = folder / "log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "run", "--port", "0"],
                cwd=PROJECT,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": os.environ.get("HOME", "/"),
                    "EMBEDDED_POSTGRES_DIR": str(self._cluster.home.root),
                    "EMBEDDED_POSTGRES_FSYNC": "off",
                    "STATIC_ROOT": str(folder / "static"),
                    **{
                        name: value.format(database_url=self.database_url) for name, value in settings.items()
                    },
                },
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := ADDRESS.search(line):
                self.port = int(found[1])
                return
        raise AssertionError(f"it never served: {self.log.read_text()}")

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def say(self, raw: bytes) -> bytes:
        """Send bytes and read until the server closes or has answered once and is silent."""
        with self.connect() as wire:
            with suppress(OSError):  # it may answer and close before all is sent
                wire.sendall(raw)
            return heard(wire)

    def seconds_to_serve(self) -> float:
        """Ask for a page as somebody else, and tell how long that took."""
        begun = time.monotonic()
        answer = self.say(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        return time.monotonic() - begun

    def close(self) -> None:
        """End it and its database."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._cluster.release()


def heard(wire: socket.socket, quiet_seconds: float = 1.5) -> bytes:
    """Read what comes until the other side closes, or says nothing for a while after its first word."""
    found = b""
    while True:
        wire.settimeout(quiet_seconds if found else 30)
        try:
            part = wire.recv(65_536)
        except ConnectionError:
            return found
        except TimeoutError:
            return found
        if not part:
            return found
        found += part

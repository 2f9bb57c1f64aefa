"""The whole platform as its own process beside a test, on the test's database: pages, API and sockets.

``live_server`` of pytest-django has no sockets. As a program: ``python -m tests.support.site DATABASE PORT``.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

from tests.support.ground import PROJECT
from tests.support.redis_server import free_port

START_SECONDS = 60
STOP_SECONDS = 15


class Site:
    """A server that can be stopped, killed and started again at the same address."""

    def __init__(self, database: str, **variables: str) -> None:
        """Take the name of the test's database, and settings by their variables."""
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._database, self._variables = database, variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Site:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.support.site", self._database, str(self.port)],
            cwd=PROJECT,
            env=os.environ | self._variables,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "the server ended at its start"
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, and wait; SIGKILL lets it say nothing to anybody."""
        assert self._process is not None
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        finally:
            self.close()

    def close(self) -> None:
        """End it, whatever its state."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)


def serve(database: str, port: int) -> None:
    """Serve the platform on daphne, as ``manage.py run`` does, until a signal."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from config.asgi import application
    from config.management.server import LimitedServer

    LimitedServer(
        application=application, endpoints=[f"tcp:port={port}:interface=127.0.0.1"], verbosity=0
    ).run()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))

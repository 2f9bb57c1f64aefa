"""Serve the whole platform from one process.

daphne in the main thread, a Celery worker and beat in threads, and where no DATABASE_URL
is set the private PostgreSQL, which stops with the last process that uses it.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from accounts.services import sync_roles
from config.management.assets import collect_if_changed
from config.management.background import BeatThread, WorkerThread
from config.management.commands import demo
from config.management.server import (
    LimitedServer,  # before anything that may import Twisted's default reactor
)
from core.actor import Actor
from core.embedded.cluster import Cluster

HOST = "127.0.0.1"
BACKLOG = 4096
HIGHEST_PORT = 65535
STOP_SECONDS = 5.0
GIVE_UP_SECONDS = 7.0


def port_number(text: str) -> int:
    """Read a TCP port; 0 lets the system choose one."""
    if not (text.isascii() and text.isdigit() and int(text) <= HIGHEST_PORT):
        raise argparse.ArgumentTypeError(f'"{text}" is no port: give a number from 1 to {HIGHEST_PORT}')
    return int(text)


class Command(BaseCommand):
    help = "Serve the platform on this machine: web server, background worker and schedule in one process."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--port", type=port_number, default=settings.PORT, help="TCP port (PORT, 8000)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prepare, serve until a signal, and stop everything."""
        with claim_port(options["port"]) as listener:
            signal.signal(signal.SIGTERM, _interrupt)
            try:
                self._prepare()
                self._serve(listener)
            except KeyboardInterrupt:
                self.stdout.write("Stopped before it was ready.")
                raise SystemExit(130) from None

    def _prepare(self) -> None:
        """Bring the database, the demo data and the static files up to date."""
        self._say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        sync_roles(actor=Actor.system("run"))
        if settings.EMBEDDED and demo_is_due():
            self._say("Creating the demo data (once) …")
            call_command("demo")
            note_demo_done()
        collect_if_changed()

    def _serve(self, listener: socket.socket) -> None:
        """Serve until SIGINT or SIGTERM; then stop the threads."""
        threads = (WorkerThread(), BeatThread())
        port = listener.getsockname()[1]
        server = LimitedServer(
            application=import_string(settings.ASGI_APPLICATION),
            endpoints=[f"fd:fileno={listener.detach()}"],  # daphne closes it
            ready_callable=lambda: self._greet(port),
            verbosity=0,
        )
        for thread in threads:
            thread.start()
        try:
            server.run()
        finally:
            self._stop(threads)

    def _stop(self, threads: tuple[WorkerThread, BeatThread]) -> None:
        """Stop the threads, and the process even if a task or a request does not end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self._say("Stopping …")
        give_up = threading.Timer(GIVE_UP_SECONDS, self._give_up)
        give_up.daemon = True
        give_up.start()
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(STOP_SECONDS)

    def _give_up(self) -> None:
        """Leave a task or request that does not end; what it had not committed is done again."""
        self._say("Something is still at work; leaving it.")
        if settings.EMBEDDED:
            private_database().release()
        os._exit(0)

    def _greet(self, port: int) -> None:
        """Print the address, and on the private database the demo's sign-ins."""
        self._say(f"\nFlorin is at http://localhost:{port}  (Ctrl-C stops it)")
        if settings.EMBEDDED:
            for role, email, password in demo.SIGN_INS:
                self._say(f"  {role}: {email}  password: {password}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def claim_port(port: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1, claimed before anything else is started.

    Raises:
        CommandError: the port is taken, or not ours to take.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} is taken by another program, perhaps by Florin in another window. "
                f"Stop that, or choose another port: make run PORT={port + 1}"
            ) from error
        if error.errno == errno.EACCES:
            raise CommandError(
                f"You may not use port {port}. Choose one above 1023: make run PORT=8000"
            ) from error
        raise CommandError(f"Port {port} cannot be used: {error.strerror}.") from error
    return listener


def demo_is_due() -> bool:
    """Say whether this private database has never had the demo data; deleting them is final."""
    return not _demo_mark().exists()


def note_demo_done() -> None:
    """Remember, beside the data, that the demo data were made."""
    _demo_mark().write_text("")


def _demo_mark() -> Path:
    return private_database().home.root / "demo.done"


def private_database() -> Cluster:
    """Return this process's hold on the private PostgreSQL."""
    from core.embedded.backend.base import cluster

    return cluster()

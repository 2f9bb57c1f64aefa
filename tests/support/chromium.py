"""The installed Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

HOW_TO_GET_IT = "no Chromium here: apt-get install chromium, or name one in CHROMIUM_PATH"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# A test browser asks nobody on the network for anything.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
LOCAL = {"localhost", "127.0.0.1"}
# What Chromium reports as errors of its own: a refused form's 4xx, a server that is away for a while, and
# that pytest-django's live_server has no sockets.
NO_OFFENCE = ("Failed to load resource", "net::ERR_CONNECTION_REFUSED", "Unexpected response code: 404")


def find() -> str | None:
    """Return the program of an installed Chromium; None where there is none."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        return named
    installed = [shutil.which(name) for name in NAMES] + [place for place in PLACES if Path(place).exists()]
    return next((program for program in installed if program), None)


def arguments() -> list[str]:
    """Return the command line; root has no sandbox to run in."""
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


class Watch:
    """What a page did that no page of ours may do."""

    def __init__(self, page: Page) -> None:
        """Listen to the page from its first request on."""
        self.offences: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.offences.append(f"script error: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(one in message.text for one in NO_OFFENCE):
            self.offences.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in LOCAL:
            self.offences.append(f"a request left the machine: {request.url}")

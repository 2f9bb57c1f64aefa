"""A mail server on the loopback that keeps what it takes, or refuses it as it is told."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """Takes mail; `says` may answer another line than 250 to an address, `answers` to a message."""

    def __init__(self, port: int = 0) -> None:
        self.mails: list[EmailMessage] = []
        self.says: Callable[[str], str] = lambda _address: ""
        self.answers: Callable[[EmailMessage], str] = lambda _mail: ""
        self._controller = _Controller(self, hostname="127.0.0.1", port=port)
        self._controller.start()
        self.port: int = self._controller.port

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _more: Any) -> str:  # noqa: N802
        refusal = self.says(address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=default)
        refusal = self.answers(mail)
        if not refusal:
            self.mails.append(mail)
        return refusal or "250 OK"

    @property
    def ids(self) -> list[str]:
        """The `Message-ID` of each mail that was taken."""
        return [str(one["Message-ID"]) for one in self.mails]

    def forget(self) -> None:
        self.mails.clear()
        self.says = lambda _address: ""
        self.answers = lambda _mail: ""

    def close(self) -> None:
        self._controller.stop()


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Learn which port the system chose."""
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

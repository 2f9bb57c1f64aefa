"""A mail server, a receiver of webhooks, and channels that lead there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from alerts.models import Channel, Delivery, Notification
from alerts.services.notifications import notify
from alerts.transports.registry import of
from alerts.transports.webhook import WebhookTransport
from core.outbound import Caller
from tests.support.mailserver import MailServer
from tests.support.sources import Source, says

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
ALL = ["alert", "portfolio", "import", "security", "channel"]


@pytest.fixture(scope="package")
def mail_server() -> Iterator[MailServer]:
    started = MailServer()
    yield started
    started.close()


@pytest.fixture
def smtp(mail_server: MailServer, settings: Any) -> MailServer:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", mail_server.port, 2
    mail_server.forget()
    return mail_server


@pytest.fixture(scope="package")
def receiver() -> Iterator[Source]:
    started = Source()
    yield started
    started.close()


@pytest.fixture
def hook(receiver: Source, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Source:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    receiver.forget()
    receiver.on("/hook", says("taken"))
    quick = WebhookTransport(Caller(seconds=0.5, most_bytes=65_536))
    monkeypatch.setattr(
        "alerts.services.delivery.drain.of", lambda kind: quick if kind == "webhook" else of(kind)
    )
    return receiver


@pytest.fixture
def channel(ida: Any) -> Callable[..., Channel]:
    """Make an active channel of Ida's that wants everything: ``channel("email", address="x@y.org")``."""

    def make(kind: str, *, owner: Any = ida, **more: Any) -> Channel:
        named = {name: more.pop(name) for name in list(more) if name in {"digest", "state", "is_account"}}
        config = json.dumps({**more, "secret": SECRET} if kind == "webhook" else more)
        return Channel.objects.create(
            owner=owner,
            kind=kind,
            name=kind,
            topics=ALL,
            config=None if named.get("is_account") else config,
            **{"state": "active", **named},
        )

    return make


@pytest.fixture
def mail(channel: Callable[..., Channel]) -> Channel:
    return channel("email", address="ida@elsewhere.example.org")


@pytest.fixture
def web(channel: Callable[..., Channel], hook: Source) -> Channel:
    return channel("webhook", url=f"{hook.url}/hook")


@pytest.fixture
def told(ida: Any) -> Callable[..., Delivery]:
    """Tell Ida something; answer its delivery, where there is one."""

    def tell(kind: str = "portfolio", *, user: Any = ida, **data: Any) -> Any:
        notify(users=[user.pk], kind=Notification.Kind(kind), event="joined", data=data)
        return Delivery.objects.filter(channel__owner=user).order_by("pk").last()

    return tell


def prove(user: Any) -> None:
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))

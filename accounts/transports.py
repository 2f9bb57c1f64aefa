"""How mail leaves: allauth's confirmation mail, our notices, and the embedded mode's mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from allauth.core import context
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import StoredMail, User
from core.context import RequestContext


class StoredMailBackend(BaseEmailBackend):
    """Keep mail in the database, where staff can read it, instead of sending it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the messages; answers how many."""
        rows = [_row(message) for message in email_messages if message.recipients()]
        StoredMail.objects.bulk_create(rows)
        return len(rows)


def send_confirmation(address: EmailAddress) -> None:
    """Send the link that proves the address; without a request there is no host to link to, and no mail."""
    if context.request is not None:
        address.send_confirmation(context.request, signup=True)


def send_notice(user: User, template: str, details: dict[str, Any] | None = None, *, path: str = "") -> None:
    """Tell a user what happened to their account; only at an address that they have proven.

    With a `path` the mail may link to that page of ours, by ``url``.
    """
    if context.request is not None:
        url = context.request.build_absolute_uri(path) if path else ""
        get_adapter().send_notification_mail(template, user, {**(details or {}), "url": url})


def send_reset_link(user: User) -> None:
    """Send the link with which a user sets a new password; without a request there is no host to link to."""
    form = ResetPasswordForm({"email": user.email})
    if context.request is not None and form.is_valid():
        form.save(context.request)


def send_letter(template: str, address: str, details: dict[str, Any], *, language: str, path: str) -> None:
    """Send a mail in a language, with `url` to a page of ours; without a request none goes out."""
    if context.request is not None:
        url = context.request.build_absolute_uri(path)
        with translation.override(language):
            get_adapter().send_mail(template, address, {**details, "url": url})


@dataclass(frozen=True, slots=True)
class ReuseNotice:
    """The mail that tells a person that a sign-in over the API ended because its token came back."""

    user: User
    signed_in_at: datetime
    noticed_at: datetime
    origin: RequestContext

    def send(self) -> None:
        """Send it, in the person's language and with the times of their own zone."""
        told = {
            "email": self.user.email,
            "signed_in_at": self.signed_in_at,
            "noticed_at": self.noticed_at,
            "address": self.origin.address,
            "agent": self.origin.agent,
            "time_zone": self.user.time_zone,
        }
        with translation.override(self.user.language), timezone.override(zone_of(self.user.time_zone)):
            _send("accounts/email/refresh_reused", self.user.email, told)


def zone_of(name: str) -> ZoneInfo:
    """Find a time zone; UTC where this machine does not know the name (any more)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _send(prefix: str, email: str, told: dict[str, Any]) -> None:
    """Send the mail of the templates ``<prefix>_subject.txt``, ``_message.txt`` and ``_message.html``."""
    subject = " ".join(render_to_string(f"{prefix}_subject.txt", told).split())
    mail = EmailMultiAlternatives(
        subject, render_to_string(f"{prefix}_message.txt", told).strip(), to=[email]
    )
    mail.attach_alternative(render_to_string(f"{prefix}_message.html", told), "text/html")
    mail.send()


def _row(message: EmailMessage) -> StoredMail:
    body = str(message.body)
    is_html = message.content_subtype == "html"
    html = body if is_html else ""
    for content, mime_type in message.alternatives if isinstance(message, EmailMultiAlternatives) else ():
        if mime_type == "text/html":
            html = str(content)
    return StoredMail(
        sender=message.from_email,
        recipients=message.recipients(),
        subject=str(message.subject),
        text="" if is_html else body,
        html=html,
    )

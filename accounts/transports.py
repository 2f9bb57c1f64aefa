"""How mail leaves: allauth's confirmation mail, and the embedded mode's mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import translation

from accounts.models import StoredMail, User


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


def send_notice(user: User, template: str, details: dict[str, Any] | None = None) -> None:
    """Tell a user what happened to their account; only at an address that they have proven."""
    if context.request is not None:
        get_adapter().send_notification_mail(template, user, details)


def send_letter(template: str, address: str, details: dict[str, Any], *, language: str, path: str) -> None:
    """Send a mail in a language, with `url` to a page of ours; without a request none goes out."""
    if context.request is not None:
        url = context.request.build_absolute_uri(path)
        with translation.override(language):
            get_adapter().send_mail(template, address, {**details, "url": url})


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

"""Mail to the admins about errors: what failed and where, nothing of what was sent or by whom."""

from __future__ import annotations

import logging
import traceback

from django.conf import settings
from django.core.mail import mail_admins
from django.http import HttpRequest

from core import context, limiter, redaction
from core.requestlog import route_of

LONGEST_SUBJECT = 100


class AdminMailHandler(logging.Handler):
    """Mail each error, but at most ``ADMIN_EMAILS_PER_HOUR``: a storm of errors is no storm of mail.

    Django's own handler would add the request's cookies, fields and variables of each frame.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Send it; a mail server that is down must not make things worse."""
        if not settings.ADMINS:
            return
        try:
            verdict = limiter.spend(limiter.Budget("admin-mail", settings.ADMIN_EMAILS_PER_HOUR, 3600))
            if verdict.allowed:
                subject, body = describe(record)
                if verdict.remaining == 0:
                    body += "\nThis was the last one of this hour; the log has the others.\n"
                mail_admins(subject, body, fail_silently=True)
        except Exception:  # noqa: BLE001  # logging's own way: it must never raise into what it tells of
            self.handleError(record)


def describe(record: logging.LogRecord) -> tuple[str, str]:
    """Write subject and body, both cleaned."""
    request = getattr(record, "request", None)
    lines = [f"{record.levelname} in {record.name} at {record.pathname}:{record.lineno}"]
    if isinstance(request, HttpRequest):
        lines.append(f"Request: {request.method} {route_of(request)}")
    if context.current().request_id:
        lines.append(f"Request id: {context.current().request_id}")
    message = record.msg.get("event", "") if isinstance(record.msg, dict) else record.getMessage()
    lines.append(f"Message: {message}")
    if record.exc_info:
        lines += ["", "".join(traceback.format_exception(*record.exc_info))]
    what = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else str(message)
    where = route_of(request) if isinstance(request, HttpRequest) else record.name
    subject = " ".join(redaction.text(f"{what} in {where}").split())
    return subject[:LONGEST_SUBJECT], redaction.text("\n".join(lines)) + "\n"

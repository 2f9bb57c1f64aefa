"""Mail, as text and HTML, by Django's mail backend."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping
from email.utils import format_datetime, parseaddr
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from alerts.transports.base import Message, Outcome, Result

LONGEST_DETAIL: Final = 200
PERMANENT: Final = 500
# what a server says of the address and not of the message; 5.2 is a mailbox that may be emptied, 5.7 a rule
_NO_SUCH_ADDRESS: Final = frozenset({550, 551, 553})
_ENHANCED: Final = re.compile(r"\b5\.(\d{1,3})\.\d{1,3}\b")
_OF_THE_ADDRESS: Final = "1"
_MAILBOX: Final = "2"


class EmailTransport:
    """Sends mail to an address."""

    def send(self, config: Mapping[str, Any], message: Message) -> Result:
        """Hand a mail to the mail server once."""
        mail = mail_of(config["address"], message)
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            return _refused_address(code, _text(words))
        except smtplib.SMTPDataError as error:
            permanent = error.smtp_code >= PERMANENT
            outcome = Outcome.REFUSED if permanent else Outcome.RETRY
            return Result(outcome, _text(error.smtp_error), error.smtp_code, is_ours=not permanent)
        except smtplib.SMTPResponseException as error:  # of our server: it refuses us, or our sender
            return Result(Outcome.RETRY, _text(error.smtp_error), error.smtp_code, is_ours=True)
        except (smtplib.SMTPException, OSError) as error:
            return Result(Outcome.RETRY, type(error).__name__, is_ours=True)
        except ValueError as error:  # an address or a line that no mail can have
            return Result(Outcome.REFUSED, str(error)[:LONGEST_DETAIL])
        return Result(Outcome.DELIVERED)


def mail_of(address: str, message: Message) -> EmailMultiAlternatives:
    """Write the mail; of the same message it has the same `Message-ID` each time."""
    told = {"message": message, "base_url": settings.PUBLIC_URL, "LANGUAGE_CODE": message.locale}
    with translation.override(message.locale), timezone.override(ZoneInfo(message.time_zone)):
        text = render_to_string("alerts/email/message.txt", told)
        html = render_to_string("alerts/email/message.html", told)
    headers = {
        "Message-ID": f"<{message.key}@{_domain()}>",
        "Date": format_datetime(message.at),
        "Auto-Submitted": "auto-generated",
    }
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        " ".join(message.subject.split()), f"{text.strip()}\n", to=[address], headers=headers
    )
    mail.attach_alternative(html, "text/html")
    return mail


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _refused_address(code: int, words: str) -> Result:
    if code < PERMANENT:
        return Result(Outcome.RETRY, words, code)
    subject = _ENHANCED.search(words)
    if subject and subject[1] == _MAILBOX:
        return Result(Outcome.RETRY, words, code)
    is_gone = subject[1] == _OF_THE_ADDRESS if subject else code in _NO_SUCH_ADDRESS
    return Result(Outcome.GONE if is_gone else Outcome.REFUSED, words, code)


def _text(words: bytes | str) -> str:
    plain = words.decode(errors="replace") if isinstance(words, bytes) else words
    return " ".join(plain.replace("\0", "").split())[:LONGEST_DETAIL]

"""What a mail says, to whom it is said, and what mail programs are told."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from alerts.domain.messages import Item, Message
from alerts.models import Delivery
from alerts.services.delivery.drain import drain
from alerts.transports.email import mail_of
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("mail", "traveller")
def test_mail_is_text_and_html_in_the_language_and_time_zone_of_the_reader(ida, smtp, told, settings):
    settings.PUBLIC_URL = "https://florin.example.org"
    ida.locale, ida.time_zone, ida.name = "de", "Europe/Berlin", "Ida"
    ida.save()
    delivery = told(name="Rente", portfolio="0197a2d4-0000-7000-8000-000000000001", person="<b>Eve</b>")
    drain()
    (found,) = smtp.mails
    text = found.get_body("plain").get_content()
    html = found.get_body("html").get_content()
    assert "6. März 2024 13:00" in text
    assert "https://florin.example.org/portfolios/" in text
    assert '<html lang="de">' in html
    assert "<b>Eve</b>" not in html
    assert found["To"] == "ida@elsewhere.example.org"
    assert found["Message-ID"] == f"<{delivery.uuid}@localhost>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(found["Date"]) == NOON


def test_line_of_a_subject_ends_no_head():
    item = Item("portfolio", "joined", "x", "", "", NOON)
    message = Message(Delivery().uuid, "notice", "One\r\nBcc: eve@example.org", (item,), NOON, "en")
    made = mail_of("ida@example.org", message)
    assert made.subject == "One Bcc: eve@example.org"
    assert made.recipients() == ["ida@example.org"]


def test_same_message_is_the_same_mail_in_every_try(smtp, mail, told, traveller):
    told()
    smtp.answers = lambda _mail: "451 later"
    tried: list[Any] = []
    smtp.answers = lambda one: tried.append(one) or "451 later"
    drain()
    smtp.answers = lambda _mail: ""
    traveller.shift(timedelta(minutes=5))
    drain()
    names = ("Message-ID", "Date", "Subject", "List-Unsubscribe")
    assert [tried[0][name] for name in names] == [smtp.mails[0][name] for name in names]

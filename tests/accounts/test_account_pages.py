"""The pages of an account: its address, second factor, settings and mails."""

from __future__ import annotations

import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import StoredMail, User
from core.actor import Actor
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_pages import LOGIN, check, prove
from tests.accounts.test_pages import browser as browser  # noqa: PLC0414
from tests.accounts.test_pages import signed_in as signed_in  # noqa: PLC0414
from tests.accounts.test_sign_in import NOON, code_of

pytestmark = pytest.mark.django_db


def test_email_page_asks_for_the_password_once_more(signed_in, ada):
    page = reverse("account_email")
    answer = signed_in.post(page, {"action_add": "1", "email": "new@example.org", "action_send": "1"})
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert EmailAddress.objects.count() == 1


def test_email_page_changes_the_address_once_the_new_one_is_proven(signed_in, ada):
    page = reverse("account_email")
    prove(signed_in)
    signed_in.post(page, {"action_add": "1", "email": "new@example.org"})
    html = check(signed_in.get(page))
    assert "new@example.org" in html
    assert User.objects.get().email == "ada@example.org"
    link = next(word for word in mail.outbox[-1].body.split() if word.startswith("http"))
    signed_in.post(link)
    assert User.objects.get().email == "new@example.org"
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("new@example.org", True)]


def test_email_page_does_not_take_an_address_that_somebody_came_to_use(signed_in, ada, make_user):
    prove(signed_in)
    signed_in.post(reverse("account_email"), {"action_add": "1", "email": "new@example.org"})
    link = next(word for word in mail.outbox[-1].body.split() if word.startswith("http"))
    make_user("new@example.org")
    signed_in.post(link)
    assert User.objects.get(pk=ada.pk).email == "ada@example.org"


def test_second_factor_pages_turn_on_show_codes_sign_in_and_turn_off(signed_in, ada):
    activate = reverse("mfa_activate_totp")
    asked = reverse("account_reauthenticate") + f"?next={activate}"
    check(signed_in.post(asked, {"password": "wrong"}))
    assert signed_in.post(asked, {"password": PASSWORD}).headers["Location"] == activate
    html = check(signed_in.get(activate))
    secret = re.search("<code>([A-Z2-7]+)</code>", html)[1]
    check(signed_in.post(activate, {"code": "000000"}))
    assert signed_in.post(activate, {"code": code_of(secret)}).status_code == 302
    for name in (
        "mfa_index",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_deactivate_totp",
    ):
        check(signed_in.get(reverse(name)))
    codes = totp_codes(ada)

    other = Client()
    assert other.post(reverse("account_login"), LOGIN).headers["Location"] == reverse("mfa_authenticate")
    check(other.get(reverse("mfa_authenticate")))
    assert "_auth_user_id" not in other.session
    check(other.post(reverse("mfa_authenticate"), {"code": "000000"}))
    assert other.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302
    assert other.session["_auth_user_id"] == str(ada.pk)
    check(other.get(reverse("mfa_reauthenticate")))

    assert signed_in.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=ada).exists()


def totp_codes(user: User) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def test_second_factor_is_kept_from_an_address_that_is_not_proven(browser, make_user):
    make_user()
    browser.post(reverse("account_login"), LOGIN)
    activate = reverse("mfa_activate_totp")
    browser.post(reverse("account_reauthenticate") + f"?next={activate}", {"password": PASSWORD})
    response = browser.get(activate)
    assert response.headers["Location"] == reverse("mfa_index")
    assert Authenticator.objects.count() == 0


PROFILE = {
    "name": "Ada",
    "base_currency": "CHF",
    "time_zone": "Europe/Zurich",
    "locale": "de-CH",
    "appearance": "dark",
    "gain_colours": "blue-orange",
}


def test_settings_page_saves(signed_in, ada):
    response = signed_in.post(reverse("settings"), PROFILE)
    assert response.headers["Location"] == reverse("settings")
    ada.refresh_from_db()
    assert {field: getattr(ada, field) for field in PROFILE} == PROFILE


def test_settings_page_keeps_a_locale_that_was_chosen_over_the_api(signed_in, ada):
    services.change_profile(actor=Actor.user(ada), user_id=ada.pk, changes={"locale": "de-LI"})
    assert signed_in.post(reverse("settings"), {**PROFILE, "locale": "de-LI"}).status_code == 302
    ada.refresh_from_db()
    assert (ada.locale, ada.name) == ("de-LI", "Ada")


@pytest.mark.parametrize(
    ("field", "value"), [("locale", "fr-FR"), ("base_currency", "XQX"), ("time_zone", "Mars/Olympus")]
)
def test_settings_page_says_what_is_wrong_and_saves_nothing(signed_in, ada, field, value):
    html = check(signed_in.post(reverse("settings"), {**PROFILE, field: value}), 400)
    assert f'id="id_{field}_error"' in html
    ada.refresh_from_db()
    assert ada.name == ""


def test_erase_page_needs_the_address_and_the_password(signed_in, ada, settings):
    settings.ERASURE_GRACE_DAYS = 0
    page = reverse("settings-erase")
    check(signed_in.post(page, {"email": "other@example.org", "password": PASSWORD}), 400)
    html = check(signed_in.post(page, {"email": ada.email, "password": "wrong"}), 400)
    assert 'id="id_password_error"' in html
    assert User.objects.count() == 1
    response = signed_in.post(page, {"email": "ADA@example.org", "password": PASSWORD})
    assert response.headers["Location"] == reverse("landing")
    assert User.objects.count() == 0
    assert "_auth_user_id" not in signed_in.session


@pytest.fixture
def staff(client: Client, make_user) -> Client:
    """A staff member's browser."""
    client.force_login(make_user("staff@example.org", is_staff=True, email_verified=True))
    return client


def test_mail_page_lists_finds_and_shows_without_rendering_html(staff, settings):
    settings.EMBEDDED = True
    settings.EMAIL_BACKEND = "accounts.transports.StoredMailBackend"
    html = mail.EmailMultiAlternatives(
        "Hello", "the text part", "from@x.org", ["to@x.org"], bcc=["bcc@x.org"]
    )
    html.attach_alternative("<script>alert(1)</script>", "text/html")
    assert html.send() == 1
    mail.send_mail("Other", "x", "from@x.org", ["other@x.org"])
    kept = StoredMail.objects.get(subject="Hello")
    assert (kept.sender, kept.recipients, kept.text) == (
        "from@x.org",
        ["to@x.org", "bcc@x.org"],
        "the text part",
    )
    listed = check(staff.get(reverse("staff-mail")))
    assert ("Hello" in listed, "Other" in listed) == (True, True)
    found = check(staff.get(reverse("staff-mail"), {"q": "to@x"}))
    assert ("Hello" in found, "Other" in found) == (True, False)
    assert "No kept mail has that" in check(staff.get(reverse("staff-mail"), {"q": "nothing"}))
    shown = check(staff.get(reverse("staff-mail-message", args=[kept.pk])))
    assert "the text part" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_mail_page_pages(staff, settings):
    settings.EMBEDDED = True
    StoredMail.objects.bulk_create(
        StoredMail(sender="x", recipients=["a@x.org"], subject=f"n{number}") for number in range(60)
    )
    assert 'href="?q=&amp;page=2"' in check(staff.get(reverse("staff-mail")))
    assert check(staff.get(reverse("staff-mail"), {"page": "2"})).count("<tr><td") == 10


def test_mail_page_keeps_a_message_that_is_html_only(settings):
    settings.EMAIL_BACKEND = "accounts.transports.StoredMailBackend"
    message = mail.EmailMessage("s", "<p>x</p>", "a@x.org", ["b@x.org"])
    message.content_subtype = "html"
    message.send()
    kept = StoredMail.objects.get()
    assert (kept.text, kept.html) == ("", "<p>x</p>")


def test_mail_page_hides_from_others_and_where_mail_is_sent(signed_in, staff, settings, make_user):
    settings.EMBEDDED = True
    plain, stranger = Client(), Client()
    plain.force_login(make_user("plain@example.org"))
    assert [one.get(reverse("staff-mail")).status_code for one in (plain, stranger)] == [404, 404]
    assert staff.get(reverse("staff-mail")).status_code == 200
    settings.EMBEDDED = False
    assert staff.get(reverse("staff-mail")).status_code == 404


def test_preferences_set_language_and_time_zone_of_a_page(signed_in, ada, settings):
    settings.EMBEDDED = True
    services.change_profile(
        actor=Actor.user(ada),
        user_id=ada.pk,
        changes={"locale": "de-CH", "time_zone": "America/New_York"},
    )
    User.objects.update(is_staff=True, is_superuser=True)
    with time_machine.travel(NOON, tick=False):
        kept = StoredMail.objects.create(sender="x", recipients=["a@x.org"], subject="s")
    response = signed_in.get(reverse("staff-mail-message", args=[kept.pk]))
    assert response.headers["Content-Language"] == "de-ch"
    assert '<html lang="de-ch"' in response.content.decode()
    assert "2. März 2026 07:00" in response.content.decode()


@pytest.mark.parametrize(
    ("locale", "language"), [("de-DE", "de-de"), ("en-GB", "en-gb"), ("en", "en"), ("xx-YY", "en")]
)
def test_language_of_a_locale_formats_its_way(locale, language):
    assert User(locale=locale).language == language


def test_zone_of_an_unknown_name_is_utc():
    from accounts.transports import zone_of

    assert [str(zone_of(name)) for name in ("Europe/Berlin", "Mars/Olympus", "../x", "")] == [
        "Europe/Berlin",
        "UTC",
        "UTC",
        "UTC",
    ]

"""Taking one's data home: what is in the archive, who gets it, and who is told."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.apps import apps
from django.core import mail
from django.db import connection, models
from django.test import Client

from accounts import services
from accounts.models import User
from accounts.services import Proof
from accounts.services.export import tables_of
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.support.parallel import at_once
from tests.support.person import EMAIL, FORMULA, NAME, NEW_EMAIL, Person, make_person

pytestmark = pytest.mark.django_db
PAGE, EXPORT, API = "/settings/data/", "/settings/data/export/", "/api/v1/users/me/export"


@pytest.fixture
def person(db) -> Person:
    return make_person()


def opened(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    assert len(content) == int(answer.headers["Content-Length"])
    return zipfile.ZipFile(io.BytesIO(content))


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rows_of(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return json.loads(archive.read(f"json/{table}.json"))


# what is in it


def test_archive_tells_all_that_is_kept(person):
    archive = opened(browser_of(person.user).post(EXPORT, {"password": PASSWORD}))
    names = [one.name for one in tables_of(person.user.pk)]
    assert [one for one in archive.namelist() if one.startswith("json/")] == [
        f"json/{one}.json" for one in names
    ]
    assert {one: len(rows_of(archive, one)) > 0 for one in names} == dict.fromkeys(names, True)
    [profile] = rows_of(archive, "profile")
    assert (profile["id"], profile["email"], profile["name"]) == (str(person.user.pk), EMAIL, NAME)
    assert sorted(one["email"] for one in rows_of(archive, "email_addresses")) == [EMAIL, NEW_EMAIL]
    assert [one["name"] for one in rows_of(archive, "second_factors")] == [None, None, "My laptop"]
    portfolios = rows_of(archive, "portfolios")
    assert {one["name"] for one in portfolios} == {"Savings", "Default"}
    [imported, bought] = rows_of(archive, "transactions")
    assert (bought["quantity"], bought["price"], bought["note"]) == ("2.5", "10", FORMULA)
    assert (imported["import"], imported["symbol"]) == (rows_of(archive, "imports")[0]["id"], "MINE")
    assert rows_of(archive, "transaction_revisions")[0]["state"]["quantity"] == "1.5"
    assert [one["close"] for one in rows_of(archive, "own_prices")] == ["12.5"]
    assert {one["address"] for one in rows_of(archive, "audit_origins")} == {"203.0.113.9"}
    assert "user.changed_by_staff" in {one["verb"] for one in rows_of(archive, "audit_events")}


def test_csv_is_guarded_where_json_is_raw(person):
    archive = opened(browser_of(person.user).post(EXPORT, {"password": PASSWORD}))
    text = archive.read("csv/transactions.csv").decode()
    [_imported, bought] = csv.DictReader(io.StringIO(text, newline=""))
    assert (bought["note"], bought["quantity"]) == ("'" + FORMULA, "2.5")


def test_archive_holds_nothing_of_others_and_no_secret(person):
    archive = opened(browser_of(person.user).post(EXPORT, {"password": PASSWORD}))
    text = "".join(archive.read(one).decode() for one in archive.namelist())
    assert "bob@example.org" not in text
    assert "Bob's" not in text
    user = User.objects.get(pk=person.user.pk)
    secrets = [user.password, *user.token_families.values_list("password_stamp", flat=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT token_hash FROM accounts_refreshtoken UNION SELECT session_key FROM django_session"
            " UNION SELECT token_hash FROM portfolios_publiclink"
        )
        secrets += [one for (one,) in cursor.fetchall()]
        cursor.execute(
            "SELECT value FROM mfa_authenticator, jsonb_each_text(data::jsonb) WHERE key <> 'name'"
        )
        secrets += [one for (one,) in cursor.fetchall() if len(one) > 8]
    assert len(secrets) > 4
    assert [one for one in secrets if one in text] == []


# who gets it


@pytest.mark.django_db(transaction=True)
def test_download_is_named_kept_by_nobody_and_audited_and_told(ada):
    mail.outbox.clear()
    answer = browser_of(ada).post(EXPORT, {"password": PASSWORD})
    with opened(answer) as archive:
        made_at = json.loads(archive.read("manifest.json"))["made_at"]
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="florin-data-{made_at[:10]}.zip"'
    event = AuditEvent.objects.get(verb="user.data_exported")
    assert (event.actor_id, event.object_id) == (ada.pk, str(ada.pk))
    assert [(one.to, one.subject) for one in mail.outbox] == [([ada.email], "Your data was downloaded")]


def test_wrong_password_gets_the_page_again(ada):
    answer = browser_of(ada).post(EXPORT, {"password": "wrong"})
    assert answer.status_code == 400
    assert 'id="id_password_error"' in answer.content.decode()
    assert not AuditEvent.objects.filter(verb="user.data_exported").exists()


def test_visitor_is_asked_to_sign_in(client):
    assert (
        client.post(EXPORT, {"password": PASSWORD}).headers["Location"] == f"/accounts/login/?next={EXPORT}"
    )
    assert client.get(EXPORT).status_code == 302


def test_download_is_limited(ada, settings):
    settings.THROTTLES = {**settings.THROTTLES, "export": "2/hour"}
    browser = browser_of(ada)
    answers = [browser.post(EXPORT, {"password": PASSWORD}) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"]


def test_nobody_exports_another_person(ada, make_user):
    for other in (make_user("bob@example.org"), make_user("staff@example.org", is_staff=True)):
        with pytest.raises(NotFound):
            services.export_data(actor=Actor.user(other), user_id=ada.pk, proof=Proof(password=PASSWORD))


def without_password(user: User) -> User:
    user.set_unusable_password()
    user.save()
    return user


def signed_in_at(browser: Client, user: User, at: float) -> None:
    """Let the session say when its person last proved themselves."""
    session = browser.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "socialaccount", "at": at}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def test_account_without_a_password_shows_a_fresh_sign_in(ada):
    browser = browser_of(without_password(ada))
    signed_in_at(browser, ada, time.time() - 60)
    assert 'type="password"' not in browser.get(PAGE).content.decode()
    opened(browser.post(EXPORT))


def test_account_without_a_password_and_with_an_old_sign_in_signs_in_once_more(ada):
    browser = browser_of(without_password(ada))
    signed_in_at(browser, ada, time.time() - 3600)
    assert "Show that it is you" in browser.get(PAGE).content.decode()
    assert browser.post(EXPORT).status_code == 400


def test_fresh_sign_in_does_not_stand_for_a_password_that_there_is(ada):
    with pytest.raises(ValidationFailed):
        services.export_data(actor=Actor.user(ada), user_id=ada.pk, proof=Proof(is_fresh=True))


# over the API


def test_api_tells_the_tables_and_answers_the_archive(api, ada, tokens):
    token = tokens["access_token"]
    body = api("GET", API, token=token).json()
    assert body["format"] == 1
    assert {"name": "email_addresses", "columns": ["email", "verified", "primary"]} in body["tables"]
    answer = api("POST", API, {"password": PASSWORD}, token=token, headers={"Accept": "application/zip"})
    with opened(answer) as archive:
        assert rows_of(archive, "profile")[0]["email"] == ada.email
    assert answer.headers["Cache-Control"] == "no-store"


def test_api_refuses_a_wrong_password_and_nobody(api, tokens):
    refused = api("POST", API, {"password": "wrong"}, token=tokens["access_token"])
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
        ("password", "wrong_password")
    ]
    assert api("POST", API, {"password": PASSWORD}).status_code == 401


# one instant


@pytest.mark.django_db(transaction=True)
def test_rows_are_those_of_one_instant(ada, monkeypatch):
    """What another connection commits while the archive is written is not in it."""
    walked = tables_of

    def meanwhile(user_id):
        for number, table in enumerate(walked(user_id)):
            if number == 1:
                at_once(lambda: User.objects.filter(pk=ada.pk).update(name="Later"))
                assert User.objects.get(pk=ada.pk).name == ""
            yield table

    monkeypatch.setattr("accounts.services.export.tables_of", meanwhile)
    made = services.export_data(actor=Actor.user(ada), user_id=ada.pk, proof=Proof(password=PASSWORD))
    with made.file, zipfile.ZipFile(made.file) as archive:
        assert rows_of(archive, "profile")[0]["name"] == ""
    assert User.objects.get(pk=ada.pk).name == "Later"


# nothing is forgotten

# Models that lead to a person, or look as if, and are in no table of the archive: the reason why not.
LEFT_OUT = {
    "accounts.RefreshToken": "a hash and dates; what it belongs to is in api_sign_ins",
    "accounts.StoredMail": "what was mailed to the person; some of it signs in whoever reads it",
    "account.EmailConfirmation": "keys of links, unused: our links are signed instead of stored",
    "admin.LogEntry": "Django's own log of staff's work; it is in audit_events",
    "alerts.RecentMinute": "prices of the last day, as market.MinuteBar",
    "core.IdempotencyKey": "answers that a program got already, kept for a day",
    "market.PriceImport": "files of public prices that staff brought in; it is in audit_events",
    "market.HeldQuote": "as market.Quote; who of the staff decided is in audit_events",
    "market.HistoryCheck": "of public instruments: what their prices lack",
    "market.SourceAsk": "of public instruments: nothing asks a price of a person's own",
    "market.SourceSymbol": "of public instruments: what staff call them at a source",
    "market.MinuteBar": "computed from own_ticks",
    "market.Quote": "of a person's own instruments it is the newest of own_ticks",
    "market.TickDay": "computed from own_ticks",
    "market.Ticker": "the newest of own_ticks",
    "market.RateRevision": "a counter",
    "portfolios.QualityRun": "counts of what the checks find in the portfolio at any time",
    "socialaccount.SocialToken": "secrets",
}
# Columns of models that are in the archive, and are not: the reason why not.
COLUMNS_LEFT_OUT = {
    "accounts.User.password": "a hash",
    "accounts.SupportAccess.staff": "another person; the page of it names them while they are there",
    "accounts.TokenFamily.password_stamp": "a hash",
    "accounts.BrowserSession.password_stamp": "a hash",
    "accounts.BrowserSession.session_key": "whoever has it is signed in",
    "market.Instrument.price_revision": "a counter",
    "accounts.PersonalAccessToken.token_hash": "a hash",
    "alerts.Channel.config": "addresses and tokens that work for whoever has them; its hint is told",
    "alerts.Channel.proof": "a hash",
    "alerts.Delivery.content": "a code that proves an address",
    "alerts.Delivery.lease": "of the worker that sends it",
    "alerts.Delivery.lane": "in which of our queues it waits",
    "alerts.Delivery.held": "follows from the channel, which is paused",
    "alerts.Delivery.failures": "a count of the tries, which are told",
    "alerts.Delivery.bundle": "the key of a message of several, ours alone",
    "alerts.Channel.rests_until": "for how long a channel that fails is left alone, some minutes",
    "portfolios.PortfolioInvitation.token_hash": "a hash",
    "portfolios.PublicLink.token_hash": "a hash",
    "portfolios.Transaction.fingerprint": "computed from the row",
    "portfolios.ArchiveImport.source": "the person's own file, kept until it is in",
    "portfolios.ArchiveImport.attempts": "of the task that brings it in",
    "portfolios.ArchiveImport.claimed_at": "of the task that brings it in",
    "portfolios.TransactionImport.source": "the person's own file, kept until it is applied",
    "portfolios.TransactionImport.attempts": "of the task that applies it",
    "portfolios.TransactionImport.claimed_at": "of the task that applies it",
}
PERSONAL = ("email", "address", "actor", "user", "owner", "member", "recipient", "changed_by", "person")


def own_models() -> list[type[models.Model]]:
    return list(apps.get_models(include_auto_created=True))


def leads_to_person(model: type[models.Model], seen: frozenset[Any] = frozenset()) -> bool:
    if model is User:
        return True
    targets = {
        field.related_model
        for field in model._meta.get_fields()
        if field.concrete and (field.many_to_one or field.one_to_one) and field.related_model not in seen
    }
    return any(leads_to_person(target, seen | {model}) for target in targets)


def looks_personal(model: type[models.Model]) -> bool:
    return any(
        isinstance(field, models.EmailField | models.GenericIPAddressField)
        or any(word in field.name for word in PERSONAL)
        for field in model._meta.concrete_fields
    )


def told_fields(person: Person) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table in tables_of(person.user.pk):
        found.setdefault(table.model, set()).update(table.fields)
    return found


def test_every_model_that_leads_to_a_person_is_told_or_left_out_with_a_reason(person):
    told = set(told_fields(person))
    wanted = {one._meta.label for one in own_models() if leads_to_person(one) or looks_personal(one)}
    assert wanted - told == set(LEFT_OUT)


def test_every_column_of_a_told_model_is_told_or_left_out_with_a_reason(person):
    missing = set()
    for label, fields in told_fields(person).items():
        model = apps.get_model(label)
        for field in model._meta.concrete_fields:
            own_key = field.primary_key and field.get_internal_type() in {
                "AutoField",
                "BigAutoField",
                "SmallAutoField",
            }
            if not own_key and not {field.name, field.attname} & fields and not _is_the_person(field):
                missing.add(f"{label}.{field.name}")
    assert missing == set(COLUMNS_LEFT_OUT)


def _is_the_person(field: models.Field[Any, Any]) -> bool:
    """The rows are the person's: that column says the same in each."""
    return field.related_model is User and field.name in {"user", "owner", "person"}

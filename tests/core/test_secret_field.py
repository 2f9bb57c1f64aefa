"""The encrypted field and the rotation of its keys, on a table of the tests."""

from __future__ import annotations

import copy
import pickle
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.forms import modelform_factory
from django.test.utils import isolate_apps

from core import ports, rotation, secrets
from core.errors import SecretUnreadable
from core.fields import EncryptedTextField, SecretText
from core.ports import Rotated
from tests.support.parallel import at_once

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
pytestmark = pytest.mark.django_db(transaction=True)

with isolate_apps("django.contrib.humanize"):

    class Vault(models.Model):  # noqa: DJ008
        secret = EncryptedTextField(null=True)
        label = models.CharField(max_length=20, default="")

        class Meta:
            app_label = "humanize"
            db_table = "test_vault"


SECRET = Vault._meta.get_field("secret")


@pytest.fixture(autouse=True)
def _table(settings, db):
    settings.FIELD_ENCRYPTION_KMS_KEY_ID = ""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    with connection.schema_editor() as editor:
        editor.create_model(Vault)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Vault)


def stored(pk: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM test_vault WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def rotate(batch: int = 2) -> Rotated:
    return rotation.rotate_field(Vault, SECRET, batch)


def test_secret_is_encrypted_in_the_database_and_read_back():
    made = Vault.objects.create(secret="hunter2")
    assert made.secret.reveal() == "hunter2"
    assert "hunter2" not in stored(made.pk)
    assert Vault.objects.get().secret.reveal() == "hunter2"
    assert Vault.objects.create().secret is None


def test_secret_never_shows_itself():
    made = Vault.objects.create(secret="hunter2")
    for one in (made, Vault.objects.get()):
        shown = f"{one.secret} {one.secret!r} {vars(one)} {[one.secret]}"
        assert "hunter2" not in shown
    assert str(made.secret) == "<secret>"
    assert b"hunter2" not in pickle.dumps(made)
    assert pickle.loads(pickle.dumps(made.secret)).reveal() == "hunter2"
    assert copy.deepcopy(made.secret).reveal() == "hunter2"


def test_secret_is_in_no_form():
    assert list(modelform_factory(Vault, fields="__all__").base_fields) == ["label"]


def test_secrets_are_equal_by_what_they_hold():
    one = Vault.objects.create(secret="hunter2")
    assert Vault.objects.get().secret == one.secret
    assert one.secret != SecretText(purpose="x", clear="other")
    assert one.secret != "hunter2"
    with pytest.raises(TypeError):
        hash(one.secret)


def test_save_of_another_field_keeps_the_token():
    made = Vault.objects.create(secret="hunter2")
    before = stored(made.pk)
    again = Vault.objects.get()
    again.label = "x"
    again.save()
    assert stored(made.pk) == before


def test_bulk_writes_encrypt():
    Vault.objects.bulk_create([Vault(secret="a"), Vault(secret="b")])
    rows = list(Vault.objects.order_by("pk"))
    for row in rows:
        row.secret = "new"
    Vault.objects.bulk_update(rows, ["secret"])
    Vault.objects.filter(pk=rows[0].pk).update(secret="newer")
    assert [one.secret.reveal() for one in Vault.objects.order_by("pk")] == ["newer", "new"]
    assert secrets.is_token(stored(rows[0].pk))
    assert secrets.is_token(stored(rows[1].pk))


def test_text_that_looks_like_a_token_is_a_text():
    token = secrets.encrypt("inside", purpose=SECRET.purpose)
    assert Vault.objects.create(secret=token).secret.reveal() == token
    assert Vault.objects.get().secret.reveal() == token


@pytest.mark.parametrize("lookup", ["exact", "contains", "in", "gt", "startswith", "iexact", "regex"])
def test_search_is_refused_with_a_sentence(lookup):
    value = ["a"] if lookup == "in" else "a"
    with pytest.raises(FieldError, match=f"secret is encrypted: .* not for {lookup}"):
        list(Vault.objects.filter(**{f"secret__{lookup}": value}))


def test_isnull_is_answered():
    Vault.objects.create(secret="a")
    Vault.objects.create()
    assert Vault.objects.filter(secret__isnull=True).count() == 1


def test_token_copied_from_another_field_does_not_open():
    made = Vault.objects.create(secret="mine")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_vault SET secret = %s", [secrets.encrypt("theirs", purpose="a.b.c")])
    with pytest.raises(SecretUnreadable):
        Vault.objects.get(pk=made.pk).secret.reveal()


def test_lost_key_stops_the_secret_and_not_the_list(settings):
    Vault.objects.create(secret="a", label="kept")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    (row,) = Vault.objects.all()
    assert row.label == "kept"
    with pytest.raises(SecretUnreadable):
        row.secret.reveal()


def test_fixture_carries_the_token_and_comes_back():
    made = Vault.objects.create(secret="hunter2")
    text = serializers.serialize("json", Vault.objects.all())
    assert "hunter2" not in text
    assert stored(made.pk) in text
    field = SECRET.to_python(stored(made.pk))
    assert field.reveal() == "hunter2"


def test_field_is_declared_in_migrations_by_its_name():
    _name, where, _args, kwargs = SECRET.deconstruct()
    assert (where, kwargs) == ("core.fields.EncryptedTextField", {"null": True, "editable": False})


def test_rotation_renews_what_an_older_key_holds_once(settings):
    ids = [Vault.objects.create(secret=f"s{number}").pk for number in range(5)]
    Vault.objects.create()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    new = Vault.objects.create(secret="new").pk
    before = stored(new)
    assert rotate() == Rotated(renewed=5)
    assert stored(new) == before
    assert rotate() == Rotated(renewed=0)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert [Vault.objects.get(pk=one).secret.reveal() for one in ids] == [f"s{number}" for number in range(5)]


def test_rotation_counts_what_no_key_opens_and_goes_on(settings):
    Vault.objects.create(secret="a")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    Vault.objects.create(secret="b")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    Vault.objects.create(secret="c")
    assert rotate(batch=1) == Rotated(renewed=1, unreadable=1)


def test_rotation_that_was_stopped_goes_on(settings, monkeypatch):
    for number in range(4):
        Vault.objects.create(secret=f"s{number}")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    real, calls = secrets.rotated, []

    def breaking(token: str) -> str:
        calls.append(token)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(token)

    monkeypatch.setattr(rotation.secrets, "rotated", breaking)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.setattr(rotation.secrets, "rotated", real)
    assert rotate() == Rotated(renewed=2)


def test_rotation_never_overwrites_a_newer_value(settings, monkeypatch):
    """Change a row from another connection between the rotation's read and its write."""
    made = Vault.objects.create(secret="old")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    real = secrets.rotated

    def slow(token: str) -> str:
        at_once(lambda: Vault.objects.filter(pk=made.pk).update(secret="newer"))
        return real(token)

    monkeypatch.setattr(rotation.secrets, "rotated", slow)
    assert rotate() == Rotated(renewed=0)
    assert Vault.objects.get().secret.reveal() == "newer"


def test_rotation_waits_for_a_write_under_way_and_leaves_it(settings):
    made = Vault.objects.create(secret="old")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    def write() -> None:
        with transaction.atomic():
            Vault.objects.filter(pk=made.pk).update(secret="newer")

    at_once(write, rotate)
    assert Vault.objects.get().secret.reveal() == "newer"
    assert rotate() == Rotated(renewed=0)


def test_two_rotations_at_once_renew_each_row_once(settings):
    for number in range(20):
        Vault.objects.create(secret=f"s{number}")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    done = at_once(rotate, rotate)
    assert sum(one.renewed for one in done) == 20


def test_every_encrypted_field_of_every_model_is_found():
    with isolate_apps("django.contrib.humanize"):

        class Deeper(Vault):  # noqa: DJ008
            other = EncryptedTextField()

            class Meta:
                app_label = "humanize"

        class Same(Vault):  # noqa: DJ008
            class Meta:
                app_label = "humanize"
                proxy = True

    found = [
        (model.__name__, field.name) for model, field in rotation.encrypted_fields([Vault, Deeper, Same])
    ]
    assert found == [("Vault", "secret"), ("Deeper", "other")]


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("rotate_secrets", *arguments, stdout=out)
    return out.getvalue()


def test_command_rotates_every_place_and_says_how_much(settings, monkeypatch):
    Vault.objects.create(secret="a")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    monkeypatch.setattr(rotation.apps, "get_models", lambda: [Vault])
    assert set(ports.secret_places.names()) >= {"fields", "second factors"}
    assert "fields: 1 encrypted anew, 0 unreadable\n" in command("--batch", "1")
    assert "fields: 0 encrypted anew, 0 unreadable\n" in command()


def test_command_fails_when_a_secret_stays_unreadable(settings, monkeypatch):
    Vault.objects.create(secret="a")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    monkeypatch.setattr(rotation.apps, "get_models", lambda: [Vault])
    with pytest.raises(CommandError, match="Keep older keys"):
        command()


@pytest.mark.parametrize("arguments", [["--new-data-key"], ["--batch", "0"]])
def test_command_refuses_what_makes_no_sense(arguments):
    with pytest.raises(CommandError):
        command(*arguments)

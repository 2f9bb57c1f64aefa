"""Data keys of AWS KMS, against moto's server over real HTTP."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import transaction

from core import datakeys, keyring, secrets
from core.errors import DependencyUnavailable, SecretUnreadable
from core.models import DataKey
from tests.support.parallel import at_once
from tests.support.redis_server import free_port

pytestmark = pytest.mark.django_db(transaction=True)
ALIAS = "alias/florin"


@pytest.fixture(scope="module")
def kms_url() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
        server.start()
        yield "http://{}:{}".format(*server.get_host_and_port())
        server.stop()


@pytest.fixture(autouse=True)
def kms(kms_url, settings, monkeypatch):
    """Point boto3 at the server by the environment alone, as an operator does."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": kms_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("kms")
    settings.FIELD_ENCRYPTION_KMS_KEY_ID = client.create_key()["KeyMetadata"]["KeyId"]
    settings.FIELD_ENCRYPTION_KEYS = []
    datakeys.forget()
    yield client
    datakeys.forget()
    client.close()


def calls(monkeypatch) -> list[str]:
    """Note what KMS is asked from now on."""
    made: list[str] = []
    real = datakeys._ask
    monkeypatch.setattr(datakeys, "_ask", lambda call, **more: made.append(call) or real(call, **more))
    return made


def test_first_secret_makes_a_data_key_that_lies_encrypted_in_the_table():
    token = secrets.encrypt("a", purpose="p")
    (row,) = DataKey.objects.all()
    assert row.number == 1
    (key,) = keyring.current().keys
    assert key not in bytes(row.sealed)
    datakeys.forget()
    assert secrets.decrypt(token, purpose="p") == "a"
    assert DataKey.objects.count() == 1


def test_data_key_is_decrypted_once_a_process(monkeypatch):
    secrets.encrypt("a", purpose="p")
    datakeys.forget()
    asked = calls(monkeypatch)
    for _ in range(5):
        secrets.decrypt(secrets.encrypt("a", purpose="p"), purpose="p")
    assert asked == ["decrypt"]


def test_data_key_outlives_a_transaction_that_is_rolled_back():
    with transaction.atomic():
        secrets.encrypt("a", purpose="p")
        transaction.set_rollback(True)
    token = secrets.encrypt("b", purpose="p")
    datakeys.forget()
    assert secrets.decrypt(token, purpose="p") == "b"


def test_new_data_key_encrypts_and_the_older_one_decrypts(capsys):
    old = secrets.encrypt("a", purpose="p")
    call_command("rotate_secrets", "--new-data-key")
    assert DataKey.objects.count() == 2
    assert "second factors: 0 encrypted anew" in capsys.readouterr().out
    assert not old.startswith(secrets.current_prefix())
    assert secrets.decrypt(old, purpose="p") == "a"
    assert secrets.decrypt(secrets.rotated(old), purpose="p") == "a"


def test_key_that_another_process_made_is_found_when_a_token_needs_it():
    secrets.encrypt("a", purpose="p")
    ours = dict(datakeys._order)
    datakeys.add()
    token = secrets.encrypt("new", purpose="p")
    datakeys._order.update(ours)  # this process knows only the first key again
    assert secrets.decrypt(token, purpose="p") == "new"


def test_two_processes_that_begin_at_once_agree():
    at_once(*[lambda: datakeys._apart(datakeys._read_or_make)] * 2)
    assert sorted(DataKey.objects.values_list("number", flat=True)) in ([1], [1, 2])
    token = secrets.encrypt("a", purpose="p")
    datakeys.forget()
    assert secrets.decrypt(token, purpose="p") == "a"


def test_number_that_was_taken_meanwhile_is_no_error(settings, monkeypatch):
    """Let another process store the same number between our count and our insert."""
    key_id = settings.FIELD_ENCRYPTION_KMS_KEY_ID
    sealed = datakeys._ask(
        "generate_data_key", KeyId=key_id, KeySpec="AES_256", EncryptionContext=datakeys.CONTEXT
    )["CiphertextBlob"]
    real = DataKey.objects.create

    def late(**fields):
        at_once(lambda: DataKey.objects.bulk_create([DataKey(kms_key_id=key_id, number=1, sealed=sealed)]))
        return real(**fields)

    monkeypatch.setattr(DataKey.objects, "create", late)
    token = secrets.encrypt("a", purpose="p")
    assert [bytes(one.sealed) for one in DataKey.objects.all()] == [sealed]
    datakeys.forget()
    assert secrets.decrypt(token, purpose="p") == "a"


def test_secrets_of_the_settings_open_beside_kms(settings):
    settings.FIELD_ENCRYPTION_KMS_KEY_ID = ""
    settings.FIELD_ENCRYPTION_KEYS = ["Zm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLW9ubHktMTI="]
    old = secrets.encrypt("a", purpose="p")
    settings.FIELD_ENCRYPTION_KMS_KEY_ID = alias()
    assert secrets.decrypt(old, purpose="p") == "a"
    assert secrets.decrypt(secrets.rotated(old), purpose="p") == "a"


def alias() -> str:
    import boto3

    client = boto3.client("kms")
    key = client.create_key()["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName=ALIAS, TargetKeyId=key)
    client.close()
    return ALIAS


def test_secrets_of_an_earlier_kms_key_open_as_long_as_it_answers(settings, kms):
    earlier = settings.FIELD_ENCRYPTION_KMS_KEY_ID
    old = secrets.encrypt("a", purpose="p")
    settings.FIELD_ENCRYPTION_KMS_KEY_ID = kms.create_key()["KeyMetadata"]["KeyId"]
    new = secrets.encrypt("b", purpose="p")
    assert (secrets.decrypt(old, purpose="p"), secrets.decrypt(new, purpose="p")) == ("a", "b")
    kms.disable_key(KeyId=earlier)
    DataKey.objects.filter(kms_key_id=earlier).update(sealed=b"not a key of KMS")
    datakeys.forget()
    assert secrets.decrypt(new, purpose="p") == "b"
    with pytest.raises(SecretUnreadable):
        secrets.decrypt(old, purpose="p")


def test_key_of_kms_that_does_not_exist_is_a_sentence(settings):
    settings.FIELD_ENCRYPTION_KMS_KEY_ID = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(DependencyUnavailable) as refused:
        secrets.encrypt("a", purpose="p")
    assert refused.value.detail == "The key service does not answer, or refuses."
    assert DataKey.objects.count() == 0


def test_kms_that_is_down_is_a_sentence_and_tried_again(settings, monkeypatch, kms_url):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(DependencyUnavailable):
        secrets.encrypt("a", purpose="p")
    monkeypatch.setenv("AWS_ENDPOINT_URL", kms_url)
    assert secrets.decrypt(secrets.encrypt("a", purpose="p"), purpose="p") == "a"


def test_without_boto3_the_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ImproperlyConfigured, match="extra aws"):
        secrets.encrypt("a", purpose="p")

"""Second factors at rest: encrypted, migrated there and back, rotated beside a running site."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import Fernet
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.services import factors
from accounts.services.factors import rotate_factors
from core import secrets
from core.ports import Rotated
from tests.accounts.test_sign_in import code_of
from tests.support.parallel import at_once

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture(autouse=True)
def _one_key(settings):
    settings.FIELD_ENCRYPTION_KMS_KEY_ID = ""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]


@pytest.fixture
def both(ada) -> RecoveryCodes:
    """Give Ada an authenticator app and recovery codes."""
    totp.TOTP.activate(ada, SECRET)
    return RecoveryCodes.activate(ada)


def at_rest() -> str:
    return json.dumps(list(Authenticator.objects.order_by("pk").values_list("data", flat=True)))


def test_secrets_lie_encrypted_and_sign_in_works(api, both):
    assert SECRET not in at_rest()
    (app, codes) = Authenticator.objects.order_by("pk").values_list("data", flat=True)
    assert secrets.is_token(app["secret"])
    assert secrets.is_token(codes["seed"])
    assert codes["used_mask"] == 0
    assert api.sign_in(code=code_of(SECRET)).status_code == 200
    assert api.sign_in(code=both.get_unused_codes()[0]).status_code == 200


def test_lost_key_refuses_the_sign_in_with_a_sentence(api, both, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    answer = api.sign_in(code=code_of(SECRET))
    assert (answer.status_code, answer.json()["type"]) == (503, "secret-unreadable")
    assert api.sign_in().json()["type"] == "mfa-required"


def test_rotation_renews_app_and_codes(api, both, settings):
    codes = both.get_unused_codes()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert rotate_factors(1) == Rotated(renewed=2)
    assert rotate_factors(1) == Rotated(renewed=0)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert api.sign_in(code=code_of(SECRET)).status_code == 200
    assert api.sign_in(code=codes[0]).status_code == 200


def test_rotation_counts_what_no_key_opens(both, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert rotate_factors(10) == Rotated(unreadable=2)


@pytest.mark.django_db(transaction=True)
def test_rotation_keeps_a_recovery_code_that_is_used_meanwhile_used(both, settings, monkeypatch):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    code, real, used = both.get_unused_codes()[3], secrets.rotated, []

    def use() -> bool:
        return RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).validate_code(code)

    def slow(token: str) -> str:
        if not used and len(token) > len(factors.encrypted(SECRET)):  # the codes' seed, which is longer
            used.extend(at_once(use))
        return real(token)

    monkeypatch.setattr(factors.secrets, "rotated", slow)
    assert rotate_factors(10) == Rotated(renewed=2)
    assert used == [True]
    row = Authenticator.objects.get(type="recovery_codes")
    assert row.data["used_mask"] == 1 << 3
    assert row.data["seed"].startswith(secrets.current_prefix())
    assert RecoveryCodes(row).validate_code(code) is False


@pytest.mark.django_db(transaction=True)
def test_migration_encrypts_what_is_there_and_goes_back(ada):
    plain = {"seed": "ab" * 40, "used_mask": 5, "migrated_codes": ["111", "222"]}
    Authenticator.objects.create(user=ada, type="totp", data={"secret": SECRET})
    Authenticator.objects.create(user=ada, type="recovery_codes", data=plain)
    key = {"name": "Key", "credential": {"id": "x"}}
    Authenticator.objects.create(user=ada, type="webauthn", data=key)
    latest = [
        node for node in MigrationExecutor(connection).loader.graph.leaf_nodes() if node[0] == "accounts"
    ]

    def migrate(target):
        executor = MigrationExecutor(connection)
        executor.migrate(target)

    try:
        migrate([("accounts", "0001_initial")])  # what is plain already stays so
        assert SECRET in at_rest()
        migrate(latest)
        app, codes, passkey = Authenticator.objects.order_by("pk").values_list("data", flat=True)
        assert secrets.decrypt(app["secret"], purpose=factors.PURPOSE) == SECRET
        assert factors.mapped(codes, factors.decrypted) == plain
        assert "222" not in json.dumps(codes)
        assert passkey == key
        migrate([("accounts", "0001_initial")])
        assert [one.data for one in Authenticator.objects.order_by("pk")] == [{"secret": SECRET}, plain, key]
    finally:
        migrate(latest)

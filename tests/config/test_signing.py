"""The keys of access tokens, as the settings read them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.exceptions import ImproperlyConfigured

from config.settings.signing import ALGORITHMS, jwt_keys
from tests.core.test_production import COMPLETE, run

LONG = "0123456789abcdef" * 4
# with the least apps that tokens need: the others take seconds to start
SIGN = """
import django, jwt
from django.conf import settings
settings.INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
settings.AUTH_USER_MODEL = "auth.User"
django.setup()
from rest_framework_simplejwt.tokens import AccessToken
token = str(AccessToken())
print(jwt.get_unverified_header(token)["alg"], AccessToken(token)["token_type"])
print("PRIVATE" in settings.SIMPLE_JWT["VERIFYING_KEY"])
"""


def pem(key, password: bytes | None = None) -> str:
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock).decode()


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = made.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "RSA": pem(made),
        "one line": pem(made).replace("\n", "\\n"),
        "P-256": pem(ec.generate_private_key(ec.SECP256R1())),
        "P-384": pem(ec.generate_private_key(ec.SECP384R1())),
        "short RSA": pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
        "locked": pem(made, b"secret"),
        "public": public.decode(),
        "secret": LONG,
        "nothing": "",
    }


def sentence(algorithm: str, key: str, *, production: bool = True) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        jwt_keys(algorithm=algorithm, key=key, default="", production=production)
    return str(caught.value)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("RS256", "RSA"), ("RS512", "one line"), ("ES256", "P-256"), ("ES384", "P-384"), ("HS512", "secret")],
)
@pytest.mark.parametrize("environment", ["production", "development"])
def test_tokens_are_signed_and_verified_as_set(keys, algorithm, key, environment):
    variables = {**COMPLETE, "ENVIRONMENT": environment, "JWT_ALGORITHM": algorithm}
    done = run(SIGN, {**variables, "JWT_SECRET_KEY": keys[key]})
    assert done.stdout.splitlines() == [f"{algorithm} access", "False"], done.stderr


@pytest.mark.parametrize("algorithm", ["none", "None", "hs256", "HS1", "PS256", "EdDSA", ""])
def test_other_algorithms_are_refused_by_a_sentence(algorithm):
    assert sentence(algorithm, LONG, production=False) == (
        f"JWT_ALGORITHM is {algorithm!r}, which Florin does not sign with: use one of "
        f"{', '.join(ALGORITHMS)}."
    )


@pytest.mark.parametrize(("algorithm", "needed"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_production_refuses_a_secret_shorter_than_the_hash(algorithm, needed):
    assert sentence(algorithm, "x" * (needed - 1)) == (
        f"JWT_SECRET_KEY (or else SECRET_KEY) has {needed - 1} bytes; {algorithm} in production needs "
        f"{needed} or more, random ones."
    )
    assert jwt_keys(algorithm=algorithm, key="x" * needed, default="", production=True).verifying == ""
    assert jwt_keys(algorithm=algorithm, key="short", default="", production=False).signing == "short"


def test_secret_key_signs_where_no_other_is_set():
    assert jwt_keys(algorithm="HS256", key="", default=LONG, production=True).signing == LONG
    assert "SECRET_KEY) has 5 bytes" in str(_short_default())


def _short_default() -> ImproperlyConfigured:
    with pytest.raises(ImproperlyConfigured) as caught:
        jwt_keys(algorithm="HS256", key="", default="short", production=True)
    return caught.value


@pytest.mark.parametrize("key", ["locked", "public", "secret", "nothing"])
def test_what_is_no_open_private_key_is_refused(keys, key):
    assert sentence("RS256", keys[key]) == (
        "JWT_ALGORITHM RS256 needs a private key in PEM, without a password, in JWT_SECRET_KEY."
    )


@pytest.mark.parametrize(
    ("algorithm", "key", "what"),
    [
        ("RS256", "short RSA", "an RSA key of 2048 bits or more"),
        ("RS256", "P-256", "an RSA key of 2048 bits or more"),
        ("ES256", "RSA", "a key on secp256r1"),
        ("ES256", "P-384", "a key on secp256r1"),
        ("ES384", "P-256", "a key on secp384r1"),
    ],
)
def test_key_that_does_not_fit_the_algorithm_is_refused(keys, algorithm, key, what):
    assert sentence(algorithm, keys[key]) == f"JWT_ALGORITHM {algorithm} needs {what} in JWT_SECRET_KEY."


def test_start_with_a_short_secret_ends_with_the_sentence():
    done = run("import config.settings", {**COMPLETE, "JWT_SECRET_KEY": "secret"})
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: JWT_SECRET_KEY (or else SECRET_KEY) has 6 bytes; "
        "HS256 in production needs 32 or more, random ones."
    )


def test_keys_print_without_the_secret():
    assert LONG not in repr(jwt_keys(algorithm="HS256", key=LONG, default="", production=True))

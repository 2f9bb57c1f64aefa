"""Access and refresh tokens."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
import time_machine
from allauth.account.models import EmailAddress
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.tokens import AccessToken

from accounts import services
from accounts.errors import TokenInvalid
from accounts.events import RefreshTokenReused
from accounts.models import RefreshToken, TokenFamily, User
from config.settings.signing import jwt_keys
from core import clock
from core.actor import Actor
from core.bus import Bus, Phase
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_sign_in import NOON

pytestmark = pytest.mark.django_db
LOGOUT = "/api/v1/users/logout"


def status(response) -> tuple[int, str]:
    return response.status_code, response.json()["type"]


def test_refresh_rotates_and_refuses_the_old_one(api, tokens):
    renewed = api.refresh(tokens["refresh_token"])
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] != tokens["refresh_token"]
    assert api.me(renewed.json()["access_token"]).status_code == 200
    assert status(api.refresh(tokens["refresh_token"])) == (401, "token-invalid")


def test_refresh_reused_ends_the_whole_family(api, tokens):
    renewed = api.refresh(tokens["refresh_token"]).json()
    api.refresh(tokens["refresh_token"])
    assert status(api.refresh(renewed["refresh_token"])) == (401, "token-invalid")
    assert api.me(renewed["access_token"]).status_code == 401
    assert api.me(tokens["access_token"]).status_code == 401
    assert TokenFamily.objects.get().revoked_reason == "reuse"
    assert AuditEvent.objects.get(verb="user.signed_out").reason == "reuse"


@pytest.fixture
def heard(monkeypatch) -> list:
    """Every reuse that is told to the rooms above."""
    seen: list[RefreshTokenReused] = []
    fresh = Bus()

    def listen(event: RefreshTokenReused) -> None:
        seen.append((event, transaction.get_connection().in_atomic_block))

    fresh.subscribe(RefreshTokenReused, Phase.IN_TRANSACTION)(listen)
    monkeypatch.setattr("accounts.services.tokens.bus", fresh)
    return seen


def steal(api, tokens, **headers: str) -> None:
    """Use a refresh token, then use it again."""
    for _ in range(2):
        api("POST", "/api/v1/users/refresh", {"refresh_token": tokens["refresh_token"]}, headers=headers)


@time_machine.travel(NOON, tick=False)
def test_refresh_reused_is_told_to_a_proven_address_once(api, ada, django_capture_on_commit_callbacks):
    User.objects.update(time_zone="Europe/Berlin", locale="de-DE")
    tokens = api.sign_in().json()
    with django_capture_on_commit_callbacks(execute=True):
        steal(api, tokens, **{"User-Agent": "curl/8 <b>"})
        api.refresh(tokens["refresh_token"])
    [letter] = mail.outbox
    assert letter.to == ["ada@example.org"]
    assert letter.subject
    assert "\n" not in letter.subject
    [(html, kind)] = letter.alternatives
    assert kind == "text/html"
    for body in (letter.body, html):
        assert "ada@example.org" in body
        assert "13:00" in body  # noon in Berlin's winter
        assert "127.0.0.1" in body
        assert tokens["refresh_token"] not in body
    assert "curl/8 <b>" in letter.body
    assert "curl/8 &lt;b&gt;" in html


@pytest.mark.parametrize("change", [{"email_verified": False}, {"is_active": False}])
def test_refresh_reused_is_not_mailed_to_an_unproven_address_or_a_closed_account(
    api, ada, tokens, change, django_capture_on_commit_callbacks
):
    if "email_verified" in change:
        EmailAddress.objects.update(verified=False)
        api.refresh(tokens["refresh_token"])
    else:
        api.refresh(tokens["refresh_token"])
        User.objects.update(**change)
    with django_capture_on_commit_callbacks(execute=True):
        api.refresh(tokens["refresh_token"])
    assert TokenFamily.objects.get().revoked_reason == "reuse"
    assert mail.outbox == []


def test_refresh_reused_is_published_once_in_the_transaction(api, ada, tokens, heard):
    steal(api, tokens)
    api.refresh(tokens["refresh_token"])
    family = TokenFamily.objects.get()
    assert heard == [(RefreshTokenReused(user_id=ada.pk, family_id=family.pk), True)]


@pytest.mark.django_db(transaction=True)
def test_refresh_reused_ends_the_family_though_the_mail_fails(api, ada, tokens, monkeypatch):
    def broken(_self, _messages):
        raise OSError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", broken)
    steal(api, tokens)
    assert TokenFamily.objects.get().revoked_reason == "reuse"


def test_refresh_used_after_signing_out_tells_nobody(api, tokens, heard):
    api.refresh(tokens["refresh_token"])
    api("POST", LOGOUT, {"refresh_token": tokens["refresh_token"]})
    api.refresh(tokens["refresh_token"])
    assert TokenFamily.objects.get().revoked_reason == "signed-out"
    assert (heard, mail.outbox) == ([], [])


def test_refresh_reused_leaves_other_sign_ins_alone(api, tokens):
    other = api.sign_in().json()
    api.refresh(tokens["refresh_token"])
    api.refresh(tokens["refresh_token"])
    assert api.me(other["access_token"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_refresh_twice_at_once_is_won_by_one(two_at_once, api, tokens):
    def refresh() -> str:
        try:
            return services.rotate_refresh(refresh_token=tokens["refresh_token"]).refresh
        except TokenInvalid:
            return "refused"

    answers = two_at_once(refresh)
    assert answers.count("refused") == 1
    assert RefreshToken.objects.count() == 2
    assert TokenFamily.objects.get().revoked_reason == "reuse"
    # there is no grace: what the winner got is refused too, and the person is told
    [won] = [one for one in answers if one != "refused"]
    assert status(api.refresh(won)) == (401, "token-invalid")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("token", ["x", "florin_rt_x", "x" * 200])
def test_refresh_with_an_unknown_token_is_refused(api, ada, token):
    assert status(api.refresh(token)) == (401, "token-invalid")


def test_refresh_with_an_access_token_is_refused(api, tokens):
    assert status(api.refresh(tokens["access_token"])) == (401, "token-invalid")


def test_refresh_after_its_time_is_refused_and_ends_nothing(api, tokens):
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert status(api.refresh(tokens["refresh_token"])) == (401, "token-invalid")
    assert TokenFamily.objects.get().revoked_at is None


def test_refresh_of_a_closed_account_is_refused(api, ada, tokens):
    ada.is_active = False
    ada.save()
    assert status(api.refresh(tokens["refresh_token"])) == (401, "token-invalid")


def test_refresh_is_kept_as_a_hash_only(tokens):
    assert tokens["refresh_token"] not in RefreshToken.objects.get().token_hash


@pytest.mark.parametrize("how", ["refresh", "bearer"])
def test_sign_out_refuses_both_tokens(api, tokens, how):
    body = {"refresh_token": tokens["refresh_token"]} if how == "refresh" else {}
    bearer = tokens["access_token"] if how == "bearer" else ""
    assert api("POST", LOGOUT, body, token=bearer).status_code == 204
    assert api.me(tokens["access_token"]).status_code == 401
    assert status(api.refresh(tokens["refresh_token"])) == (401, "token-invalid")
    assert AuditEvent.objects.get(verb="user.signed_out").reason == "signed-out"


def test_sign_out_with_an_expired_access_token_and_a_refresh_token_works(api, tokens):
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        body = {"refresh_token": tokens["refresh_token"]}
        assert api("POST", LOGOUT, body, token=tokens["access_token"]).status_code == 204
        assert api.refresh(tokens["refresh_token"]).status_code == 401


def test_sign_out_twice_is_no_error(api, tokens):
    body = {"refresh_token": tokens["refresh_token"]}
    assert [api("POST", LOGOUT, body).status_code for _ in range(2)] == [204, 204]
    assert AuditEvent.objects.filter(verb="user.signed_out").count() == 1


def test_sign_out_without_any_token_answers_401(api, db):
    assert status(api("POST", LOGOUT, {})) == (401, "token-invalid")


def test_sign_out_leaves_other_sign_ins_alone(api, tokens):
    other = api.sign_in().json()
    api("POST", LOGOUT, {"refresh_token": tokens["refresh_token"]})
    assert api.me(other["access_token"]).status_code == 200


def forged(**claims) -> str:
    token = AccessToken()
    for claim, value in claims.items():
        token[claim] = value
    return str(token)


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer a b", "Bearer x.y.z", "bearer null", "Bearer " + "é"],
)
def test_me_with_a_malformed_header_answers_401(api, ada, header):
    response = api("GET", "/api/v1/users/me", headers={"Authorization": header})
    assert status(response) == (401, "not-authenticated")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_me_without_a_token_answers_401_as_a_problem(api, db):
    response = api("GET", "/api/v1/users/me")
    assert status(response) == (401, "not-authenticated")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_me_with_a_token_of_no_family_answers_401(api, ada):
    for token in (forged(sub=str(ada.pk)), forged(sub=str(ada.pk), fam="x"), forged(fam=str(uuid4()))):
        assert api.me(token).status_code == 401


def test_me_with_another_key_algorithm_or_type_answers_401(api, tokens):
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    key = settings.SIMPLE_JWT["SIGNING_KEY"]
    bad = [
        jwt.encode(claims, "x" * 64, algorithm="HS256"),
        jwt.encode(claims, key, algorithm="HS512"),
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode({**claims, "token_type": "refresh"}, key, algorithm="HS256"),
    ]
    assert [api.me(token).status_code for token in bad] == [401] * 4
    assert api.me(jwt.encode(claims, key, algorithm="HS256")).status_code == 200


def test_me_with_tampered_claims_answers_401(api, ada, tokens, make_user):
    bob = services.sign_in(email=make_user("bob@example.org").email, password=PASSWORD)
    head, _claims, signature = tokens["access_token"].split(".")
    theirs = bob.access.split(".")[1]
    assert api.me(f"{head}.{theirs}.{signature}").status_code == 401
    assert api.me(f"{head}.{theirs}.").status_code == 401
    unsigned = jwt.encode({}, None, algorithm="none").split(".")[0]
    assert api.me(f"{unsigned}.{theirs}.{bob.access.split('.')[2]}").status_code == 401
    assert api.me(bob.access).json()["email"] == "bob@example.org"


def test_me_with_the_token_of_an_erased_user_answers_401(api, ada, tokens):
    services.erase_user(actor=Actor.user(ada), user_id=ada.pk, password=PASSWORD)
    assert status(api.me(tokens["access_token"])) == (401, "not-authenticated")
    assert status(api.refresh(tokens["refresh_token"])) == (401, "token-invalid")


def pem() -> tuple[str, str]:
    """Make an RSA key; its private and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return private, jwt_keys(algorithm="RS256", key=private, default="", production=True).verifying


@pytest.fixture
def rs256(settings, monkeypatch) -> tuple[str, str]:
    """Sign access tokens with an RSA key."""
    private, public = pem()
    signed = {"ALGORITHM": "RS256", "SIGNING_KEY": private, "VERIFYING_KEY": public}
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, **signed}
    backend = TokenBackend("RS256", private, public)
    monkeypatch.setattr("rest_framework_simplejwt.state.token_backend", backend)
    monkeypatch.setattr("rest_framework_simplejwt.tokens.Token._token_backend", backend)
    return private, public


def test_rsa_key_signs_and_its_public_half_is_no_secret_to_sign_with(api, ada, rs256):
    private, public = rs256
    access = api.sign_in().json()["access_token"]
    assert jwt.get_unverified_header(access)["alg"] == "RS256"
    assert jwt.decode(access, public, algorithms=["RS256"])["sub"] == str(ada.pk)
    assert api.me(access).status_code == 200
    claims = jwt.decode(access, options={"verify_signature": False})
    confused = [
        hmac_signed(claims, public),  # the classic: the public key taken as the secret of HS256
        hmac_signed(claims, public.strip()),
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode(claims, pem()[0], algorithm="RS256"),
        jwt.encode(claims, private, algorithm="RS512"),
    ]
    assert [api.me(token).status_code for token in confused] == [401] * 5


def hmac_signed(claims: dict, key: str) -> str:
    """Sign as HS256 with any key: the library refuses to, an attacker does not."""

    def text(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    body = ".".join(text(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{body}.{text(hmac.digest(key.encode(), body.encode(), 'sha256'))}"


def test_forger_of_the_tests_forges_well(api, tokens):
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert api.me(hmac_signed(claims, settings.SIMPLE_JWT["SIGNING_KEY"])).status_code == 200


def test_access_token_carries_no_personal_data(ada, tokens):
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert sorted(claims) == ["exp", "fam", "iat", "jti", "sub", "token_type"]
    assert claims["sub"] == str(ada.pk)


def test_access_token_ends_after_its_time(api, tokens):
    with time_machine.travel(clock.now() + timedelta(minutes=29), tick=False):
        assert api.me(tokens["access_token"]).status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        assert api.me(tokens["access_token"]).status_code == 401


def test_access_token_of_a_closed_account_is_refused(api, ada, tokens):
    ada.is_active = False
    ada.save()
    assert api.me(tokens["access_token"]).status_code == 401


def test_tokens_end_with_the_password_however_it_changes(api, ada, tokens):
    ada.set_password("another horse battery")
    ada.save()
    assert api.me(tokens["access_token"]).status_code == 401
    assert api.refresh(tokens["refresh_token"]).status_code == 401


def test_access_token_costs_one_query(api, ada, tokens, django_assert_num_queries):
    from accounts.api.authentication import family_of

    with django_assert_num_queries(1):
        family = family_of(tokens["access_token"])
        assert family.user == ada


def test_purge_keeps_what_still_counts(api, ada, tokens):
    old = services.sign_in(email=ada.email, password=PASSWORD)
    family = RefreshToken.objects.latest("created_at").family
    RefreshToken.objects.filter(family=family).update(expires_at=clock.now() - timedelta(days=2))
    TokenFamily.objects.filter(pk=family.pk).update(created_at=clock.now() - timedelta(days=32))
    assert services.purge_refresh_tokens() == 1
    assert not TokenFamily.objects.filter(pk=family.pk).exists()
    assert api.me(old.access).status_code == 401
    assert api.refresh(tokens["refresh_token"]).status_code == 200


def test_migrations_are_in_step_with_the_models(db):
    call_command("makemigrations", "accounts", check=True, dry_run=True, verbosity=0)


@time_machine.travel(NOON, tick=False)
def test_refresh_beyond_the_networks_rate_answers_429(api, db):
    answers = [api.refresh("nothing").status_code for _ in range(121)]
    assert answers == [401] * 120 + [429]


@time_machine.travel(NOON, tick=False)
def test_throttle_counts_the_address_that_our_proxies_saw(api, db, settings):
    settings.TRUSTED_PROXIES = 2
    for number in range(121):  # no second entry: somebody came past a proxy and made the first up
        answer = api("POST", "/api/v1/users/refresh", {}, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
    assert answer.status_code == 429

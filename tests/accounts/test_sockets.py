"""Who a session or a token is, for sockets, and when it is so no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.api.sockets import SocketDoor
from accounts.errors import ErasurePending
from accounts.models import PersonalAccessToken, TokenFamily, User
from accounts.services.personal_tokens import create_personal_token
from accounts.services.sessions import end_other_sessions
from accounts.services.tokens import issue_tokens
from core import clock
from core.actor import Actor

pytestmark = pytest.mark.django_db
DOOR = SocketDoor()


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    assert client.get("/settings/").status_code == 200  # lists the session
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def personal(user: User, **more) -> str:
    end = clock.now() + timedelta(days=1)
    values = {"name": "feed", "scopes": ["market:read"], "expires_at": end, **more}
    return create_personal_token(actor=Actor.user(user), user_id=user.pk, **values).secret


def test_session_signs_in_until_it_is_signed_out_elsewhere(ada):
    caller = DOOR.by_session(session_of(ada))
    assert (caller.user, caller.scopes, caller.expires_at) == (ada, None, None)
    assert DOOR.standing([caller.proof]) == {caller.proof}
    end_other_sessions(actor=Actor.user(ada), user_id=ada.pk, keep=None)
    assert DOOR.standing([caller.proof]) == set()


def test_session_that_nobody_has_is_nobody(ada):
    assert DOOR.by_session("nothing") is None
    assert DOOR.by_session("") is None


def test_signed_out_session_is_nobody(ada):
    key = session_of(ada)
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    client.post("/accounts/logout/")
    assert DOOR.by_session(key) is None


def test_expired_session_stands_no_more(ada):
    caller = DOOR.by_session(session_of(ada))
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    assert DOOR.standing([caller.proof]) == set()


def test_access_token_signs_in_until_it_is_revoked(ada):
    pair = issue_tokens(user=ada)
    caller = DOOR.by_token(pair.access)
    assert (caller.user, caller.scopes) == (ada, None)
    left = caller.expires_at - clock.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    assert DOOR.standing([caller.proof]) == {caller.proof}
    TokenFamily.objects.update(revoked_at=clock.now())
    assert DOOR.standing([caller.proof]) == set()
    assert DOOR.by_token(pair.access) is None


def test_personal_token_brings_its_scopes_until_it_is_revoked(ada):
    secret = personal(ada)
    caller = DOOR.by_token(secret)
    assert (caller.user, caller.scopes) == (ada, frozenset({"market:read"}))
    assert PersonalAccessToken.objects.get().last_used_at is not None
    assert DOOR.standing([caller.proof, "family:01a22847-42db-7ff4-8f51-273052a88018"]) == {caller.proof}
    PersonalAccessToken.objects.update(revoked_at=clock.now())
    assert DOOR.standing([caller.proof]) == set()
    assert DOOR.by_token(secret) is None


@pytest.mark.parametrize("token", ["", "nothing", "florin_pat_nothing", "a.b.c"])
def test_token_that_nobody_gave_is_nobody(token, ada):
    assert DOOR.by_token(token) is None


def test_new_password_ends_sessions_and_access_tokens(ada):
    session, family = DOOR.by_session(session_of(ada)), DOOR.by_token(issue_tokens(user=ada).access)
    ada.set_password("another horse battery")
    ada.save()
    assert DOOR.standing([session.proof, family.proof]) == set()


def test_closed_account_ends_all(ada):
    callers = [
        DOOR.by_session(session_of(ada)),
        DOOR.by_token(issue_tokens(user=ada).access),
        DOOR.by_token(personal(ada)),
    ]
    User.objects.update(is_active=False)
    assert DOOR.standing([one.proof for one in callers]) == set()


def test_account_that_is_to_be_erased_gets_no_socket(ada):
    session, access, secret = session_of(ada), issue_tokens(user=ada).access, personal(ada)
    proofs = [DOOR.by_session(session).proof, DOOR.by_token(access).proof, DOOR.by_token(secret).proof]
    User.objects.update(erase_after=clock.now() + timedelta(days=7))
    for ask, key in ((DOOR.by_session, session), (DOOR.by_token, access), (DOOR.by_token, secret)):
        with pytest.raises(ErasurePending):
            ask(key)
    assert DOOR.standing(proofs) == set()

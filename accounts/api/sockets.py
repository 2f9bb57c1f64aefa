"""Who opens a socket: the same sessions and tokens as the pages and the API take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from accounts import selectors
from accounts.api.authentication import family_of
from accounts.errors import ErasurePending
from accounts.models import BrowserSession, PersonalAccessToken, TokenFamily, User
from accounts.selectors import SESSION_MARK
from accounts.services import family_used, personal_tokens
from core import clock
from core.live.signin import Caller


class SocketDoor:
    """Knows sessions and tokens, for sockets."""

    def by_session(self, session_key: str) -> Caller | None:
        """Tell who a session of the pages is; None when it does not count.

        Raises:
            ErasurePending: the account is to be erased.
        """
        store: Any = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
        mark, user_id = store.get(SESSION_MARK), store.get(SESSION_KEY)
        if mark is None or user_id is None:
            return None
        row = BrowserSession.objects.select_related("user").filter(pk=mark, user_id=user_id).first()
        if row is None or not row.user.is_active:
            return None
        if not constant_time_compare(store.get(HASH_SESSION_KEY, ""), row.user.get_session_auth_hash()):
            return None
        return Caller(_staying(row.user), f"session:{mark}")

    def by_token(self, token: str) -> Caller | None:
        """Tell whose a token of the API is; None when it does not count.

        Raises:
            ErasurePending: the account is to be erased.
        """
        if token.startswith(personal_tokens.PREFIX):
            return _by_personal_token(token)
        family = family_of(token)
        if family is None:
            return None
        family_used(family=family)
        return Caller(_staying(family.user), f"family:{family.pk}", expires_at=_end_of(token))

    def standing(self, proofs: Collection[str]) -> set[str]:
        """Tell which proofs still count: one query for each kind."""
        by_kind: dict[str, list[str]] = defaultdict(list)
        for proof in proofs:
            kind, _, key = proof.partition(":")
            by_kind[kind].append(key)
        return {f"{kind}:{key}" for kind, keys in by_kind.items() for key in _STANDING[kind](keys)}


def _by_personal_token(secret: str) -> Caller | None:
    token = personal_tokens.authenticate_token(secret=secret)
    if token is None:
        return None
    personal_tokens.mark_used(token=token)
    return Caller(_staying(token.user), f"personal:{token.pk}", frozenset(token.scopes), token.expires_at)


def _staying(user: User) -> User:
    if user.erase_after is not None:
        raise ErasurePending
    user.powers_withheld = selectors.lacks_staff_factor(user)
    return user


def _end_of(token: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(AccessToken(token)["exp"], UTC)  # type: ignore[arg-type]  # as in family_of
    except TokenError:  # it ended this very moment
        return clock.now()


def _sessions(keys: Iterable[str]) -> set[UUID]:
    stored = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=clock.now())
    rows = BrowserSession.objects.filter(Exists(stored), pk__in=list(keys)).select_related("user")
    return {row.pk for row in rows if _counts(row.user, row.password_stamp)}


def _families(keys: Iterable[str]) -> set[UUID]:
    rows = TokenFamily.objects.filter(pk__in=list(keys)).select_related("user")
    return {row.pk for row in rows if row.is_open and row.user.erase_after is None}


def _personal(keys: Iterable[str]) -> set[UUID]:
    rows = PersonalAccessToken.objects.filter(pk__in=list(keys)).select_related("user")
    return {row.pk for row in rows if row.is_open and row.user.erase_after is None}


def _counts(user: User, stamp: str) -> bool:
    stays = user.is_active and user.erase_after is None
    return stays and constant_time_compare(stamp, user.get_session_auth_hash())


_STANDING: dict[str, Callable[[Iterable[str]], set[UUID]]] = {
    "session": _sessions,
    "family": _families,
    "personal": _personal,
}

"""How a person shows on the pages that it is them: the password, or a sign-in of the last minutes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts import selectors
from accounts.models import User


@dataclass(frozen=True, slots=True)
class Way:
    """What the person has to do first, on another page; `url` is empty where nothing is left to do.

    `posts` says that the other page is reached by a form: another site answers there.
    """

    url: str = ""
    posts: bool = False


def is_fresh(request: HttpRequest, user: User) -> bool:
    """Tell whether the session's person signed in, or proved themselves once more, in the last 5 minutes."""
    records = get_authentication_records(request, user)
    last = max((float(one["at"]) for one in records), default=0.0)
    return time.time() - last < float(app_settings.REAUTHENTICATION_TIMEOUT)


def way_of(request: HttpRequest, user: User, back: str) -> Way:
    """Tell how somebody without a password proves that it is them, and comes `back`."""
    if user.has_usable_password() or is_fresh(request, user):
        return Way()
    if selectors.has_second_factor(user):
        return Way(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")
    if settings.SOCIALACCOUNT_PROVIDERS and selectors.connected_accounts(user):
        # prompt=login (OpenID Connect Core, 3.1.2.1): the provider asks anew, whoever sits there
        query = urlencode({"process": "login", "next": back, "auth_params": "prompt=login"})
        return Way(f"{reverse('openid_connect_login', args=['sso'])}?{query}", posts=True)
    return Way(f"{reverse('account_login')}?{urlencode({'next': back})}")

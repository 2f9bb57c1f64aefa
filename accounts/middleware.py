"""The signed-in user's session, language, number formats and time zone, for the length of a request."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from uuid import UUID

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts import services
from accounts.models import User
from accounts.selectors import SESSION_MARK, language_of


class SessionsMiddleware:
    """Sign out a session that was ended elsewhere, and list one that nobody has listed yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and not self._counts(request, user):
            logout(request)
        return self.get_response(request)

    def _counts(self, request: HttpRequest, user: User) -> bool:
        key, mark = request.session.session_key or "", request.session.get(SESSION_MARK)
        if mark is None:
            request.session[SESSION_MARK] = str(services.open_session(user=user, session_key=key))
            return True
        return services.session_seen(user=user, session_id=UUID(mark), session_key=key)


class PreferencesMiddleware:
    """Activate the locale and the time zone of the session's user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return self.get_response(request)
        language = language_of(user.locale)
        with translation.override(language), timezone.override(zone_of(user.time_zone)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Find a time zone; UTC where this machine does not know the name (any more)."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")

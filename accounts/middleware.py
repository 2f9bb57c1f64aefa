"""What a signed-in user brings to a request: session, second factor, language, formats and time zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from accounts import services
from accounts.models import User
from accounts.selectors import SESSION_MARK
from accounts.transports import zone_of

STAFF_PATHS = ("/admin/", "/staff/")
# what the pages still do for whose account is to be erased: stay, take the data, prove oneself, sign out
OPEN_TO_LEAVING = {
    "settings-leaving",
    "settings-leaving-cancel",
    "settings-data-export",
    "account_logout",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "accounts.views.oidc.login",
    "accounts.views.oidc.callback",
    "offline",
    "csp-report",
    "service-worker",
    "health-live",
    "health-ready",
    "prometheus-django-metrics",
}
FREE_OF_FACTOR = {"staff-factor", "admin:logout"}


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


class StaffFactorMiddleware:
    """Withhold the powers of staff who signed in without a second factor, and lead them to one.

    Only where ``STAFF_REQUIRE_MFA`` is on. As a person like any other they go on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if settings.STAFF_REQUIRE_MFA and isinstance(user, User) and user.is_staff:
            user.powers_withheld = not is_proven_twice(request, user)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Lead them from the pages of staff to the one where the second factor is set up or proven."""
        match = request.resolver_match
        if match is None or not getattr(request.user, "powers_withheld", False):
            return None
        if not request.path.startswith(STAFF_PATHS) or match.view_name in FREE_OF_FACTOR:
            return None
        return redirect(f"{reverse('staff-factor')}?{urlencode({'next': request.get_full_path()})}")


def is_proven_twice(request: HttpRequest, user: User) -> bool:
    """Tell whether the session's user has proven themselves by a second factor or a passkey in it."""
    return any(one.get("method") == "mfa" for one in get_authentication_records(request, user))


class LeavingMiddleware:
    """Lead who asked for erasure to the page where they may cancel it, wherever they want to go."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Stop the way to any other page; views of the API refuse for themselves."""
        user, match = request.user, request.resolver_match
        if not isinstance(user, User) or user.erase_after is None or hasattr(view, "cls"):
            return None
        if match is not None and match.view_name in OPEN_TO_LEAVING:
            return None
        if getattr(request, "htmx", False):
            return HttpResponse(headers={"HX-Redirect": reverse("settings-leaving")})
        return redirect("settings-leaving")


class PreferencesMiddleware:
    """Activate the locale and the time zone of the session's user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return self.get_response(request)
        language = user.language
        with translation.override(language), timezone.override(zone_of(user.time_zone)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

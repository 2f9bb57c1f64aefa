"""What a signed-in user brings to a request: session, second factor, language, formats and time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import services
from accounts.errors import LookOnly, SupportEnded
from accounts.models import SupportAccess, User
from accounts.selectors import SESSION_MARK
from accounts.selectors.support import SUPPORT_MARK, standing_access
from accounts.transports import zone_of
from core import views
from core.actor import Actor
from core.errors import DomainError
from core.throttling import SAFE

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
    "notifications-unsubscribe",
}
FREE_OF_FACTOR = {"staff-factor", "admin:logout"}
# what browsers and machines ask for by themselves
NOBODYS_PATHS = {"/csp-report", "/service-worker.js", "/offline", "/health/live", "/health/ready", "/metrics"}
WRITING = re.compile(
    r"[\s(]*(?:INSERT|UPDATE|DELETE|MERGE|COPY|TRUNCATE|CREATE|ALTER|DROP|CALL|DO|LOCK|REFRESH)\b"
    r"|[\s(]*WITH\b.*\b(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|UPDATE\b[^()]*\bSET)\b",
    re.IGNORECASE | re.DOTALL,
)


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


class SupportMiddleware:
    """Show staff a person's pages as the person sees them, where an access of theirs says so.

    Only reading is let through, by method, by page and by query; every page is on record. The pages
    of staff stay their own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        mark, staff = request.session.get(SUPPORT_MARK), request.user
        if mark is None or not isinstance(staff, User) or request.path in NOBODYS_PATHS:
            return self.get_response(request)
        access = standing_access(UUID(mark), staff=staff)
        if access is None:
            del request.session[SUPPORT_MARK]
            services.end_access(actor=Actor.user(staff), access_id=UUID(mark), end=SupportAccess.End.REFUSED)
        request.looking = access  # type: ignore[attr-defined]  # read by the context processor
        if request.path.startswith(STAFF_PATHS):
            return self.get_response(request)
        try:
            response = self._look(request, staff, access)
        except DomainError as error:
            response = views.refused(request, error)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _look(self, request: HttpRequest, staff: User, access: SupportAccess | None) -> HttpResponse:
        if access is None:
            raise SupportEnded(_("The time is over, or the person no longer allows it."))
        match = resolved(request)
        _require_look(request, match)
        services.page_viewed(
            actor=Actor.user(staff),
            access=access,
            route=match.view_name if match else "unknown",
            values=match.kwargs if match else {},
        )
        _take_place(request, staff, access.person)
        with connection.execute_wrapper(refuse_writes):
            return self.get_response(request)


def resolved(request: HttpRequest) -> ResolverMatch | None:
    """Tell where a request leads, before it does; None where it leads nowhere."""
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None


def _require_look(request: HttpRequest, match: ResolverMatch | None) -> None:
    """Refuse what is more than a look.

    Raises:
        LookOnly: it would change something, or is not for staff to see.
    """
    if request.method not in SAFE:
        raise LookOnly(_("You look at somebody's pages: nothing can be changed there. End the look first."))
    path, name = request.path, match.view_name if match else ""
    hidden = path.startswith(settings.SUPPORT_HIDDEN_PATHS) and path not in settings.SUPPORT_SHOWN_PATHS
    if hidden or name in settings.SUPPORT_HIDDEN_ROUTES:
        raise LookOnly(_("This page is the person's alone: support does not see it."))


def _take_place(request: HttpRequest, staff: User, person: User) -> None:
    """Let the request be the person's; its budget and its line in the log stay the member of staff's."""

    async def auser() -> User:
        return person

    request.asker = staff  # type: ignore[attr-defined]  # read by core.throttling and core.requestlog
    request.user = person
    request.auser = auser


def refuse_writes(execute: Callable[..., Any], sql: Any, params: Any, many: bool, frame: Any) -> Any:
    """Run a query of a look, unless it writes: not even a page that writes while it is read may do so.

    Raises:
        LookOnly: it writes.
    """
    if WRITING.match(str(sql)):
        raise LookOnly(_("This page would change something, and you only look."))
    return execute(sql, params, many, frame)


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

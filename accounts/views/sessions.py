"""Where a person is signed in, and how they end it."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors, services
from accounts.models import User
from core.actor import Actor


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """List where a person is signed in: browsers, and programs with tokens."""
    rows = selectors.sign_ins(cast("User", request.user), current=current_session(request))
    groups = {kind: [row for row in rows if row.kind == kind] for kind in ("browser", "api")}
    others = sum(not row.is_current for row in rows)
    return render(request, "accounts/sessions.html", {**groups, "others": others})


@login_required
@require_POST
def end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End one sign-in of the person who asks."""
    user = cast("User", request.user)
    services.end_session(actor=Actor.user(user), user_id=user.pk, session_id=session_id)
    messages.success(request, _("It is signed out."))
    return redirect("settings-sessions")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every sign-in but this one."""
    user = cast("User", request.user)
    count = services.end_other_sessions(
        actor=Actor.user(user), user_id=user.pk, keep=current_session(request)
    )
    text = ngettext("%(count)s other sign-in ended.", "%(count)s other sign-ins ended.", count)
    messages.success(request, text % {"count": count})
    return redirect("settings-sessions")


def current_session(request: HttpRequest) -> UUID | None:
    """Tell the row that this request's session names."""
    mark = request.session.get(selectors.SESSION_MARK)
    return UUID(mark) if mark else None

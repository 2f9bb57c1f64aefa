"""Support looks at a person's pages: what the person decides, and the end of a look."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.models import User
from accounts.selectors import support
from core.pages import actor_of


@login_required
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """Show whether support may look, and when it did."""
    user = cast("User", request.user)
    context = {"allowed": support.lets_support_look(user), "looks": support.looks_at(user)}
    return render(request, "accounts/support.html", context)


@login_required
@require_POST
def allow(request: HttpRequest) -> HttpResponse:
    """Let support look for a day."""
    services.allow_support(actor=actor_of(request), user_id=cast("User", request.user).pk)
    messages.success(request, _("Support may look at your pages for 24 hours."))
    return redirect("settings-support")


@login_required
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Let support look no longer."""
    services.stop_support(actor=actor_of(request), user_id=cast("User", request.user).pk)
    messages.success(request, _("Support may no longer look at your pages."))
    return redirect("settings-support")


def end(request: HttpRequest) -> HttpResponse:
    """End the look that the member of staff is in, and lead back to the person's page in the admin."""
    if not getattr(request.user, "is_staff", False):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    access = getattr(request, "looking", None)
    mark = request.session.pop(support.SUPPORT_MARK, None)
    if mark is not None:
        services.end_access(actor=actor_of(request), access_id=UUID(mark))
    return redirect(
        reverse("admin:accounts_user_change", args=[access.person_id]) if access else reverse("admin:index")
    )

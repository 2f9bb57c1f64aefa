"""What somebody sees who is invited to a portfolio."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.selectors import AFTER_PROOF
from core.errors import NotFound
from portfolios.errors import InvitationClosed
from portfolios.models import PortfolioInvitation
from portfolios.selectors import sharing as selectors
from portfolios.services import sharing as services

GONE = 410
MISSING = 404


@never_cache
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites to what, and how to answer: the page that the mailed link opens."""
    try:
        found = selectors.by_token(token)
    except NotFound:
        return render(request, "portfolios/invitation.html", {"state": "unknown"}, status=MISSING)
    state = selectors.state_of(found)
    joined = state == "accepted" and request.user.is_authenticated and found.member_id == request.user.pk
    if joined:
        return redirect("portfolio-list")
    context = {"invitation": found, "state": state, "inviter": selectors.caller_of(found)}
    if state == "open":
        context |= _answering(request, found)
    return render(request, "portfolios/invitation.html", context, status=200 if state == "open" else GONE)


def _answering(request: HttpRequest, found: PortfolioInvitation) -> dict[str, Any]:
    """Tell what stands between this visitor and an answer: nothing, a proof, another account, a sign-in."""
    back = urlencode({"next": request.path})
    user: Any = request.user
    if not user.is_authenticated:
        return {
            "step": "sign-in",
            "login_url": f"{reverse('account_login')}?{back}",
            "signup_url": f"{reverse('account_signup')}?{back}",
        }
    if selectors.is_addressee(user, found):
        return {"step": "answer"}
    if user.email.lower() == found.email:
        request.session[AFTER_PROOF] = request.path
        return {"step": "prove"}
    return {"step": "other-account"}


@require_POST
@login_required
def accept(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Become a member."""
    try:
        member = services.accept_invitation(user=request.user, invitation_id=invitation_id)
    except InvitationClosed as error:
        return _refused(request, error)
    messages.success(request, _("The portfolio is shared with you now."))
    return redirect("portfolio", member.portfolio_id)


@require_POST
@login_required
def decline(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Say no."""
    try:
        services.decline_invitation(user=request.user, invitation_id=invitation_id)
    except InvitationClosed as error:
        return _refused(request, error)
    messages.success(request, _("The invitation is declined."))
    return redirect("portfolio-list")


def _refused(request: HttpRequest, error: InvitationClosed) -> HttpResponse:
    messages.error(request, str(error.detail))
    return redirect("portfolio-list")

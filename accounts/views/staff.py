"""What staff do about themselves before the admin opens."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from accounts import selectors
from accounts.models import User


@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """Lead staff to set up a second factor, or to prove the one they have, and then on."""
    user = request.user
    if not isinstance(user, User) or not user.is_staff:
        raise Http404
    onward = _onward(request)
    if not user.powers_withheld:
        return redirect(onward)
    kinds = selectors.factor_kinds(user)
    context = {
        "onward": onward,
        "email_verified": selectors.is_email_verified(user),
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
    }
    return render(request, "accounts/staff_factor.html", context)


def _onward(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and wanted.startswith("/") else reverse("admin:index")

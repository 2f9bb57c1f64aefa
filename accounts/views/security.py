"""How a person signs in."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import selectors
from accounts.models import User


@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Show how a person signs in, and lead to where each way is changed."""
    user = cast("User", request.user)
    context = {
        "email_verified": selectors.is_email_verified(user),
        "mfa_enabled": selectors.has_second_factor(user),
    }
    return render(request, "accounts/security.html", context)

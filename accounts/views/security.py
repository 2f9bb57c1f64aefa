"""How a person signs in."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
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
        "new_address": selectors.address_being_proven(user),
        "factors": selectors.factors(user),
        "connected": _named(selectors.connected_accounts(user)),
        "provider_name": settings.OIDC_NAME if settings.SOCIALACCOUNT_PROVIDERS else "",
    }
    return render(request, "accounts/security.html", context)


def _named(accounts: list[Any]) -> list[dict[str, Any]]:
    return [{"name": selectors.account_words(one), "since": one.date_joined} for one in accounts]

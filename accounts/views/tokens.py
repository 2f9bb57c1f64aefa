"""A person's tokens for programs."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors, services
from accounts.forms import PersonalTokenForm
from accounts.models import User
from accounts.services import IssuedToken
from core.actor import Actor
from core.pages import attempted


def _writes(request: HttpRequest) -> bool:
    return request.method == "POST"


@login_required
@never_cache
@reauthentication_required(enabled=_writes)  # type: ignore[untyped-decorator]  # allauth is untyped
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List a person's tokens and make new ones; who makes one has just proven themselves again.

    A new token stands in the answer to the form itself, for it is kept nowhere else.
    """
    user = cast("User", request.user)
    form = PersonalTokenForm(request.POST or None)
    issued: list[IssuedToken] = []
    if request.method == "POST" and form.is_valid() and _create(user, form, issued):
        form = PersonalTokenForm()
    context: dict[str, Any] = {
        "form": form,
        "tokens": selectors.personal_tokens(user.pk),
        "issued": issued[0] if issued else None,
        "settings_page": "settings-tokens",  # the answer may stand at the address that asked for the password
        "api_url": request.build_absolute_uri("/api/v1/"),
    }
    return render(request, "accounts/tokens.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Ask whether a token is to end, and end it."""
    user = cast("User", request.user)
    token = selectors.personal_token(user.pk, token_id)
    if request.method == "POST":
        services.revoke_personal_token(actor=Actor.user(user), user_id=user.pk, token_id=token_id)
        messages.success(request, _("“%(name)s” is revoked.") % {"name": token.name})
        return redirect("settings-tokens")
    return render(request, "accounts/token_revoke.html", {"token": token})


def _create(user: User, form: PersonalTokenForm, issued: list[IssuedToken]) -> bool:
    data = form.cleaned_data
    return attempted(
        form,
        lambda: issued.append(
            services.create_personal_token(
                actor=Actor.user(user),
                user_id=user.pk,
                name=data["name"],
                scopes=data["scopes"],
                expires_at=form.expires_at,
            )
        ),
        moved={"expires_at": "lifetime"},
    )

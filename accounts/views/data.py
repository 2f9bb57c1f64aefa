"""A person's data: erasing the account."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services
from accounts.forms import EraseForm
from accounts.models import User
from core.actor import Actor
from core.pages import attempted


@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Show what a person can do with all of their data."""
    return render(request, "accounts/data.html")


@login_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Erase the account of the person who asks, after they typed its address and password."""
    user = cast("User", request.user)
    form = EraseForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid() and _erase(user, form):
        logout(request)
        messages.success(request, _("Your account and everything in it is erased."))
        return redirect("landing")
    return render(request, "accounts/erase.html", {"form": form}, status=400 if form.errors else 200)


def _erase(user: User, form: EraseForm) -> bool:
    password: str = form.cleaned_data["password"]
    return attempted(
        form, lambda: services.erase_user(actor=Actor.user(user), user_id=user.pk, password=password)
    )

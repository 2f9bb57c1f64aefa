"""Pages about people: settings, erasure, and the embedded mode's mail."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors, services
from accounts.forms import EraseForm, MailSearchForm, ProfileForm
from accounts.models import User
from core.actor import Actor
from core.pages import attempted

MAILS_A_PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show a person's preferences and change them."""
    user = cast("User", request.user)
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid() and _change(user, form):
        messages.success(request, _("Your settings are saved."))
        return redirect("settings")
    context = {
        "form": form,
        "email_verified": selectors.is_email_verified(user),
        "mfa_enabled": selectors.has_second_factor(user),
    }
    return render(request, "accounts/settings.html", context, status=400 if form.errors else 200)


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


@require_safe
def staff_mail(request: HttpRequest) -> HttpResponse:
    """List the mail that the embedded mode kept."""
    _require_mail_reader(request)
    form = MailSearchForm(request.GET)
    search = form.cleaned_data["q"] if form.is_valid() else ""
    page = Paginator(selectors.stored_mails(search), MAILS_A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "search": search, "page_url": f"?{urlencode({'q': search})}&page="}
    return render(request, "accounts/staff_mail.html", context)


@require_safe
def staff_mail_message(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    """Show one kept mail; its HTML as source, never rendered."""
    _require_mail_reader(request)
    mail = get_object_or_404(selectors.stored_mails(), pk=mail_id)
    return render(request, "accounts/staff_mail_message.html", {"mail": mail})


def _require_mail_reader(request: HttpRequest) -> None:
    """Hide the page from everybody but staff, and wherever mail is really sent."""
    if not settings.EMBEDDED or not (request.user.is_active and getattr(request.user, "is_staff", False)):
        raise Http404


def _change(user: User, form: ProfileForm) -> bool:
    return attempted(
        form, lambda: services.change_profile(actor=Actor.user(user), user_id=user.pk, changes=form.changes)
    )


def _erase(user: User, form: EraseForm) -> bool:
    password: str = form.cleaned_data["password"]
    return attempted(
        form, lambda: services.erase_user(actor=Actor.user(user), user_id=user.pk, password=password)
    )

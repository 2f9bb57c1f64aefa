"""A person's data: taking it home, erasing the account."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.forms import EraseForm, ProofForm
from accounts.models import User
from accounts.selectors.personal import losses_of
from accounts.services import Proof
from accounts.views.proof import is_fresh, way_of
from core import throttling
from core.actor import Actor
from core.archive import Archive
from core.downloads import ArchiveDownload
from core.pages import attempted


@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Show what a person can do with all of their data."""
    return _data_page(request, ProofForm(user=cast("User", request.user)))


@login_required
@sensitive_post_parameters("password")
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Answer all of the data of the person who asks, as one archive.

    Raises:
        RateLimited: the person took it too often.
    """
    user = cast("User", request.user)
    form, made = ProofForm(request.POST, user=user), list[Archive]()
    if form.is_valid():
        throttling.spend(request, "export", str(user.pk))
        proof = _proof(request, form)
        attempted(
            form,
            lambda: made.append(services.export_data(actor=Actor.user(user), user_id=user.pk, proof=proof)),
        )
    return ArchiveDownload(made[0], name="florin-data") if made else _data_page(request, form)


@login_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Have the account of the person who asks erased, after they typed its address and proved themselves."""
    user = cast("User", request.user)
    form, due = EraseForm(request.POST or None, user=user), list[datetime | None]()
    if request.method == "POST" and form.is_valid():
        proof = _proof(request, form)
        attempted(
            form,
            lambda: due.append(
                services.request_erasure(actor=Actor.user(user), user_id=user.pk, proof=proof)
            ),
        )
    if due:
        return _signed_out(request, due[0])
    context = {
        "form": form,
        "way": way_of(request, user, reverse("settings-erase")),
        "losses": losses_of(user.pk),
        "days": settings.ERASURE_GRACE_DAYS,
    }
    return render(request, "accounts/erase.html", context, status=400 if form.errors else 200)


def _signed_out(request: HttpRequest, due: datetime | None) -> HttpResponse:
    text = _("Your account and everything in it is erased.")
    if due is not None:
        day = formats.date_format(timezone.localtime(due), "DATETIME_FORMAT")
        text = _("Sign in before %(day)s to keep your account; after that it is erased.") % {"day": day}
    logout(request)
    messages.success(request, text)
    return redirect("landing")


@login_required
@require_safe
def leaving(request: HttpRequest) -> HttpResponse:
    """Show the one thing that an account has left which is to be erased: the way back."""
    user = cast("User", request.user)
    if user.erase_after is None:
        return redirect("settings-data")
    return _leaving_page(request, ProofForm(user=user))


@login_required
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Keep the account of the person who asks after all."""
    user = cast("User", request.user)
    if services.cancel_erasure(actor=Actor.user(user), user_id=user.pk):
        messages.success(request, _("Your account stays. Everything is as it was."))
    return redirect("settings-data")


def _proof(request: HttpRequest, form: ProofForm) -> Proof:
    return Proof(password=form.cleaned_data.get("password", ""), is_fresh=is_fresh(request, form.user))


def _data_page(request: HttpRequest, form: ProofForm) -> HttpResponse:
    if form.user.erase_after is not None:
        return _leaving_page(request, form)
    context = {"form": form, "way": way_of(request, form.user, reverse("settings-data"))}
    return render(request, "accounts/data.html", context, status=400 if form.errors else 200)


def _leaving_page(request: HttpRequest, form: ProofForm) -> HttpResponse:
    context = {"form": form, "way": way_of(request, form.user, reverse("settings-leaving"))}
    return render(request, "accounts/leaving.html", context, status=400 if form.errors else 200)

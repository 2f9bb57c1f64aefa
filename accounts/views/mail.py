"""The mail that the embedded mode keeps, for staff."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import selectors
from accounts.forms import MailSearchForm

MAILS_A_PAGE = 50


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
    """Hide the page from everybody but staff who may read it, and wherever mail is really sent."""
    if not settings.EMBEDDED or not request.user.has_perm("accounts.view_storedmail"):
        raise Http404

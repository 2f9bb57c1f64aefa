"""The notification centre, and the newest of it under the bell."""

from __future__ import annotations

import json
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from alerts.models import Notification
from alerts.selectors import notifications as selectors
from alerts.selectors.words import words
from alerts.services.notifications import mark_read
from alerts.views.common import BAD
from core.api.parameters import number_parameter
from core.errors import ValidationFailed
from core.pages import is_htmx

PAGE_ROWS: Final = 25
UNDER_THE_BELL: Final = 8
LARGEST: Final = 2**63 - 1


@never_cache
@require_safe
@login_required
def notification_list(request: HttpRequest) -> HttpResponse:
    """Show what the reader was told, newest first: all of it, or what is unread or of a kind."""
    unread, kind = request.GET.get("unread") == "1", request.GET.get("kind", "")
    kind = kind if kind in Notification.Kind.values else ""
    rows = selectors.filtered(request.user, unread=unread or None, kind=kind)
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        "rows": [_row(one) for one in page],
        "page": page,
        "page_url": _address(unread=unread, kind=kind, page=""),
        "here": _address(unread=unread, kind=kind, page=str(page.number)),
        "unread": unread,
        "kind": kind,
        "kinds": Notification.Kind.choices,
        "tabs": _tabs(unread, kind),
    }
    name = "_list.html" if is_htmx(request) else "list.html"
    return render(request, f"alerts/notifications/{name}", context)


@never_cache
@require_safe
@login_required
def notification_latest(request: HttpRequest) -> HttpResponse:
    """Show the newest, as the bell opens."""
    rows = [_row(one) for one in selectors.notifications_of(request.user)[:UNDER_THE_BELL]]
    return render(request, "alerts/notifications/_latest.html", {"rows": rows})


@require_POST
@login_required
def notification_read(request: HttpRequest) -> HttpResponse:
    """Mark one as read, or all up to one; scripts are told how much is left."""
    try:
        one = number_parameter(request.POST, "id", LARGEST)
        up_to = number_parameter(request.POST, "up_to", LARGEST)
    except ValidationFailed:
        return HttpResponse(_("There is nothing to mark."), status=BAD)
    mark_read(user=request.user, up_to=up_to, ids=[] if one is None else [one])
    if not is_htmx(request):
        return redirect("notification-list")
    answer = HttpResponse(status=204)
    left = selectors.unread_up_to(request.user)
    answer.headers["HX-Trigger"] = json.dumps({"notifications-read": {"unread": left}})
    return answer


def _row(row: Notification) -> dict[str, Any]:
    said = words(row)
    return {
        "id": row.pk,
        "kind": row.kind,
        "kind_words": row.get_kind_display(),
        "title": said.title,
        "text": said.text,
        "path": said.path,
        "at": row.created_at,
        "is_unread": row.read_at is None,
    }


def _tabs(unread: bool, kind: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "url": _address(unread=only, kind=kind), "current": unread == only}
        for name, only in ((_("All"), False), (_("Unread"), True))
    ]


def _address(*, unread: bool, kind: str, page: str | None = None) -> str:
    """Write the address of a part of the list, with the number of a page at its end."""
    asked = [("unread", "1")] * unread + [("kind", kind)] * bool(kind)
    if page is not None:
        asked.append(("page", page))
    return f"{reverse('notification-list')}?{urlencode(asked)}".rstrip("?")

"""The page of a person's alerts, and what is done with many at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from alerts.errors import AlertIsDone
from alerts.selectors import listing
from alerts.services import alerts as services
from alerts.views.common import answered
from core.errors import NotFound
from core.pages import actor_of, is_htmx

ROWS_A_PAGE: Final = 50
MOST_AT_ONCE: Final = 100
LABELS: Final = {
    "armed": gettext_lazy("Armed"),
    "resting": gettext_lazy("Resting"),
    "paused": gettext_lazy("Paused"),
    "done": gettext_lazy("Done"),
}


@require_safe
@login_required
def alert_list(request: HttpRequest) -> HttpResponse:
    """List the reader's alerts of one state, page by page: a page, or what htmx puts in its place."""
    tab = request.GET.get("state", "")
    tab = tab if tab in listing.TABS else "armed"
    counts = listing.counts(request.user)
    page = Paginator(listing.in_tab(request.user, tab), ROWS_A_PAGE).get_page(request.GET.get("page"))
    address = f"{reverse('alert-list')}?state={tab}"
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": _tabs(tab, counts),
        "counts": counts,
        "any": any(counts.values()),
        "page": page,
        "rows": listing.rows(list(page)),
        "page_url": f"{address}&page=",
        "here": f"{address}&page={page.number}",
    }
    return render(request, "alerts/_results.html" if is_htmx(request) else "alerts/list.html", context)


def _tabs(current: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "name": label,
            "url": f"{reverse('alert-list')}?state={tab}",
            "current": tab == current,
            "badge": {"count": counts[tab], "kind": "plain"} if counts[tab] else None,
        }
        for tab, label in LABELS.items()
    ]


@require_POST
@login_required
def alert_bulk(request: HttpRequest) -> HttpResponse:
    """Pause, resume or delete the alerts that are ticked; what is gone or done by now is passed over."""
    work = _WORK.get(request.POST.get("do", ""))
    chosen = _uuids(request.POST.getlist("alert"))
    if work is None or not chosen:
        return answered(request, _("Tick the alerts first."), "error")
    done = sum(_done(work[0], request, one) for one in chosen)
    return answered(request, work[1](done))


def _done(work: Callable[..., Any], request: HttpRequest, uuid: UUID) -> bool:
    try:
        work(actor=actor_of(request), user=request.user, uuid=uuid)
    except (NotFound, AlertIsDone):
        return False
    return True


def _uuids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts[:MOST_AT_ONCE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _paused(count: int) -> str:
    return ngettext("One alert is paused.", "%(count)d alerts are paused.", count) % {"count": count}


def _resumed(count: int) -> str:
    return ngettext("One alert is armed.", "%(count)d alerts are armed.", count) % {"count": count}


def _deleted(count: int) -> str:
    return ngettext("One alert is deleted.", "%(count)d alerts are deleted.", count) % {"count": count}


_WORK: Final[dict[str, tuple[Callable[..., Any], Callable[[int], str]]]] = {
    "pause": (services.pause_alert, _paused),
    "resume": (services.resume_alert, _resumed),
    "delete": (services.delete_alert, _deleted),
}

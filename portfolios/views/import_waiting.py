"""How far a task is with a large file: a page that asks again by itself until there is more to show."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portfolios.models import Portfolio, TransactionImport
from portfolios.services import imports as services
from portfolios.views.common import frame

CURRENT = "import-list"
TARGET = "import-working"
# What a page has no rows to show of: a task is at it, or it came to nothing.
WAITING = frozenset(
    {
        TransactionImport.Status.READING,
        TransactionImport.Status.APPLYING,
        TransactionImport.Status.UNDOING,
        TransactionImport.Status.FAILED,
    }
)
STEPS = {
    "read": gettext_lazy("Reading the rows"),
    "match": gettext_lazy("Finding the instruments"),
    "check": gettext_lazy("Comparing with what is there"),
    "store": gettext_lazy("Keeping the verdicts"),
    "apply": gettext_lazy("Bringing the rows into the portfolio"),
}
UNDO = {"undo": gettext_lazy("Taking the rows out of the portfolio")}


def waiting(request: HttpRequest, portfolio: Portfolio, batch: TransactionImport) -> HttpResponse:
    """Show the step that the task is at, or why the file could not be read."""
    step, undoing = services.step_of(batch), batch.status == TransactionImport.Status.UNDOING
    steps = UNDO if undoing else STEPS
    context = frame(
        portfolio,
        CURRENT,
        batch=batch,
        step=3 if undoing else 2,
        words=steps.get(step, _("Waiting for its turn")),
        # of one step there is no part to show
        at=list(steps).index(step) + 1 if step in steps and not undoing else 0,
        steps=len(steps),
        failed=batch.status == TransactionImport.Status.FAILED,
        failure=batch.summary.get("failure", ""),
    )
    template = "_working" if is_polled(request) else "working"
    return render(request, f"portfolios/imports/{template}.html", context)


def is_polled(request: HttpRequest) -> bool:
    """Tell whether the page asks again by itself."""
    return request.headers.get("HX-Target") == TARGET


def finished() -> HttpResponse:
    """Have the page that waited load anew."""
    answer = HttpResponse()
    answer["HX-Refresh"] = "true"
    return answer

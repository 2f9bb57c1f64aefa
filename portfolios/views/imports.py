"""The import wizard: a file, what it means, every row's verdict, the result with undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, overload
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import Conflict, TooLarge, ValidationFailed
from core.pages import actor_of, attempted, is_htmx
from portfolios.domain.brokers import registry
from portfolios.models import Portfolio, Transaction, TransactionImport
from portfolios.selectors import imports as selectors
from portfolios.selectors.portfolios import get, get_writable
from portfolios.services import imports as services
from portfolios.views.common import frame
from portfolios.views.import_forms import LayoutForm, UnclearForm, UploadForm
from portfolios.views.import_waiting import WAITING, finished, is_polled, waiting

ROWS_A_PAGE = 50
IMPORTS_SHOWN = 100
CELLS_SHOWN = 240
BAD = 400
CURRENT = "import-list"
VERDICTS = {
    "new": gettext_lazy("New"),
    "warning": gettext_lazy("Warnings"),
    "duplicate": gettext_lazy("Already there"),
    "error": gettext_lazy("Errors"),
    "skipped": gettext_lazy("Skipped"),
}
_ROW_VERDICTS = {
    "new": gettext_lazy("New"),
    "warning": gettext_lazy("Warning"),
    "duplicate": gettext_lazy("Already there"),
    "error": gettext_lazy("Error"),
    "skipped": gettext_lazy("Skipped"),
}
_BADGES = {"new": "good", "warning": "warn", "error": "bad"}
_KINDS = dict(Transaction.Kind.choices)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the preview. Amounts are Decimals in the row's currencies, None where unknown."""

    line: int
    verdict: str
    verdict_label: Any
    badge: str
    day: date | None
    kind: Any
    label: str
    creates: bool
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    currency: str
    fee: Decimal | None
    fee_currency: str
    tax: Decimal | None
    tax_currency: str
    counted: bool
    findings: list[dict[str, Any]]
    cells: str


class _Rows(Sequence[dict[str, Any]]):
    """An import's rows for the paginator; only the page asked for leaves the database."""

    def __init__(self, batch: TransactionImport, verdict: str) -> None:
        self._batch, self._verdict = batch, verdict
        counts = batch.summary["counts"]
        self._total = counts[verdict] if verdict else sum(counts.values())

    def __len__(self) -> int:
        return int(self._total)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        window = index if isinstance(index, slice) else slice(index, index + 1)
        first, last = window.start or 0, self._total if window.stop is None else window.stop
        rows = selectors.page(self._batch, verdict=self._verdict, skip=first, limit=last - first).rows
        return rows if isinstance(index, slice) else rows[0]


@require_safe
@login_required
def import_list(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """List the imports of a portfolio, newest first."""
    portfolio = get(request.user, portfolio_id)
    batches = selectors.listed(portfolio)[:IMPORTS_SHOWN]
    context = frame(portfolio, CURRENT, batches=[_told(batch) for batch in batches])
    return render(request, "portfolios/imports/list.html", context)


def _told(batch: TransactionImport) -> dict[str, Any]:
    counts = batch.summary["counts"]
    result, undone = batch.summary.get("result"), batch.summary.get("undone")
    return {
        "batch": batch,
        "rows": sum(counts.values()),
        "imported": (result or {}).get("imported"),
        "left_out": (result or counts).get("left_out", counts["error"]),
        "removed": (undone or {}).get("removed"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_start(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Take a file, or its lines, and read it."""
    portfolio = get_writable(request.user, portfolio_id)
    own = list(selectors.presets_of(request.user))
    form = UploadForm(request.POST or None, request.FILES or None, own=own)
    made: list[TransactionImport] = []
    if request.method == "POST" and form.is_valid():
        name, content = form.upload()

        def work() -> None:
            read = services.queue_import if services.is_large(content) else services.preview_import
            made.append(
                read(
                    user=request.user,
                    portfolio_id=portfolio_id,
                    file_name=name,
                    content=content,
                    mapping=form.mapping(),
                )
            )

        if attempted(form, work):
            return redirect("import-preview", portfolio_id, made[0].pk)
    context = frame(portfolio, CURRENT, form=form, step=1, brokers=_brokers(), own_presets=own)
    return render(request, "portfolios/imports/start.html", context, status=BAD if form.errors else 200)


def _brokers() -> dict[str, list[str]]:
    """List the brokers whose files are known, and the files of each."""
    found: dict[str, list[str]] = {}
    for one in registry.PRESETS:
        found.setdefault(one.broker, []).append(one.file)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_preview(request: HttpRequest, portfolio_id: UUID, import_id: UUID) -> HttpResponse:
    """Show every row with its verdict, and what can still be decided; or what an import did."""
    if request.method == "POST":
        return _remapped(request, portfolio_id, import_id)
    portfolio = get(request.user, portfolio_id)
    batch = selectors.get(request.user, portfolio_id, import_id)
    if batch.status in WAITING:
        return waiting(request, portfolio, batch)
    if is_polled(request):
        return finished()
    context = frame(portfolio, CURRENT, **_shown(request, portfolio, batch))
    if is_htmx(request):
        return render(request, "portfolios/imports/_rows.html", context)
    return render(request, "portfolios/imports/preview.html", context | _forms(request, batch))


def _remapped(request: HttpRequest, portfolio_id: UUID, import_id: UUID) -> HttpResponse:
    """Read the file anew as the one form that was sent says."""
    portfolio = get_writable(request.user, portfolio_id)
    batch = selectors.get(request.user, portfolio_id, import_id)
    services.require_status(batch, TransactionImport.Status.PREVIEWED)
    forms = _forms(request, batch)
    form: LayoutForm | UnclearForm = forms["layout_form" if "layout" in request.POST else "unclear_form"]

    def work() -> None:
        services.requeue_import(
            user=request.user, portfolio_id=portfolio_id, import_id=import_id, mapping=form.mapping()
        )

    if form.is_valid() and attempted(form, work):
        messages.success(request, _("The file was read again."))
        return redirect("import-preview", portfolio_id, import_id)
    context = frame(portfolio, CURRENT, **_shown(request, portfolio, batch), **forms)
    return render(request, "portfolios/imports/preview.html", context, status=BAD)


def _forms(request: HttpRequest, batch: TransactionImport) -> dict[str, Any]:
    """Make the forms of a preview; the one that was sent is bound."""
    if batch.status != TransactionImport.Status.PREVIEWED:
        return {}
    ids = {key for one in batch.summary["unresolved"] for key in one["choices"]}
    known = selectors.choices_by_id(request.user, batch.portfolio_id, ids)
    sent = request.POST if request.method == "POST" else None
    return {
        "layout_form": LayoutForm(sent if sent and "layout" in sent else None, batch=batch),
        "unclear_form": UnclearForm(
            sent if sent and "unclear" in sent else None, batch=batch, user=request.user, known=known
        ),
    }


def _shown(request: HttpRequest, portfolio: Portfolio, batch: TransactionImport) -> dict[str, Any]:
    asked = request.GET.get("verdict", "")
    verdict = asked if asked in VERDICTS else ""
    page = Paginator(_Rows(batch, verdict), ROWS_A_PAGE).get_page(request.GET.get("page"))
    url = reverse("import-preview", args=[portfolio.pk, batch.pk])
    counts = batch.summary["counts"]
    return {
        "batch": batch,
        "step": 2 if batch.status == TransactionImport.Status.PREVIEWED else 3,
        "counts": counts,
        "importable": counts["new"] + counts["warning"],
        "findings": selectors.messages_of(batch.summary["findings"]),
        "filters": _filters(counts, url, verdict),
        "page": page,
        "rows": [_row(row) for row in page],
        "page_url": f"{url}?{urlencode({'verdict': verdict}) + '&' if verdict else ''}page=",
        "result": batch.summary.get("result"),
        "undone": batch.summary.get("undone"),
        "failure": batch.summary.get("failure", ""),
    }


def _filters(counts: dict[str, int], url: str, verdict: str) -> list[dict[str, Any]]:
    found = [{"label": _("All"), "count": sum(counts.values()), "url": url, "current": not verdict}]
    found += [
        {"label": label, "count": counts[name], "url": f"{url}?verdict={name}", "current": name == verdict}
        for name, label in VERDICTS.items()
        if counts[name] or name == verdict
    ]
    return found


def _row(row: dict[str, Any]) -> ShownRow:
    quantity, price = _decimal(row, "quantity"), _decimal(row, "price")
    counted = bool(row.get("instrument") or row.get("creates") or row.get("label"))
    return ShownRow(
        line=row["line"],
        verdict=row["verdict"],
        verdict_label=_ROW_VERDICTS[row["verdict"]],
        badge=_BADGES.get(row["verdict"], ""),
        day=date.fromisoformat(row["day"]) if "day" in row else None,
        kind=_KINDS.get(row.get("kind", ""), ""),
        label=row.get("label", ""),
        creates=row.get("creates", False),
        quantity=quantity,
        price=price,
        amount=None if quantity is None or price is None else quantity * price,
        currency=row.get("currency", ""),
        fee=_decimal(row, "fee"),
        fee_currency=row.get("fee_currency", ""),
        tax=_decimal(row, "tax"),
        tax_currency=row.get("tax_currency", ""),
        counted=counted,
        findings=selectors.messages_of(row["findings"]),
        cells=Truncator(" · ".join(cell for cell in row.get("cells", ()) if cell.strip())).chars(CELLS_SHOWN),
    )


def _decimal(row: dict[str, Any], name: str) -> Decimal | None:
    return Decimal(row[name]) if name in row else None


@require_POST
@login_required
def import_apply(request: HttpRequest, portfolio_id: UUID, import_id: UUID) -> HttpResponse:
    """Bring the rows into the portfolio."""
    get_writable(request.user, portfolio_id)
    batch = selectors.get(request.user, portfolio_id, import_id)
    given: dict[str, Any] = {"actor": actor_of(request), "portfolio_id": portfolio_id, "import_id": import_id}
    try:
        if services.has_many_rows(batch):
            services.queue_apply(**given, strict="strict" in request.POST)
            return redirect("import-preview", portfolio_id, import_id)
        batch = services.apply_import(**given, strict="strict" in request.POST)
    except (Conflict, ValidationFailed, TooLarge) as refusal:
        messages.error(request, str(refusal.detail))
    else:
        count = batch.summary["result"]["imported"]
        words = ngettext("%(count)s transaction is in.", "%(count)s transactions are in.", count)
        messages.success(request, words % {"count": count})
    return redirect("import-preview", portfolio_id, import_id)


@require_POST
@login_required
def import_undo(request: HttpRequest, portfolio_id: UUID, import_id: UUID) -> HttpResponse:
    """Take the rows out again."""
    get_writable(request.user, portfolio_id)
    batch = selectors.get(request.user, portfolio_id, import_id)
    given: dict[str, Any] = {"actor": actor_of(request), "portfolio_id": portfolio_id, "import_id": import_id}
    try:
        if services.brought_many_rows(batch):
            services.queue_undo(**given)
            return redirect("import-preview", portfolio_id, import_id)
        batch = services.undo_import(**given)
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        count = batch.summary["undone"]["removed"]
        words = ngettext(
            "%(count)s transaction is out again.", "%(count)s transactions are out again.", count
        )
        messages.success(request, words % {"count": count})
    return redirect("import-preview", portfolio_id, import_id)


@require_POST
@login_required
def import_discard(request: HttpRequest, portfolio_id: UUID, import_id: UUID) -> HttpResponse:
    """Throw a preview away."""
    services.discard_import(actor=actor_of(request), portfolio_id=portfolio_id, import_id=import_id)
    messages.success(request, _("The preview is gone. Nothing was imported."))
    return redirect("import-list", portfolio_id)


_ONE = "<uuid:import_id>/"
urlpatterns = [
    path("", import_start, name="import-start"),
    path("all/", import_list, name="import-list"),
    path(_ONE, import_preview, name="import-preview"),
    path(f"{_ONE}apply/", import_apply, name="import-apply"),
    path(f"{_ONE}undo/", import_undo, name="import-undo"),
    path(f"{_ONE}discard/", import_discard, name="import-discard"),
]

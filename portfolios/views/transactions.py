"""The transactions of a portfolio: list, add, change, delete, undo, history."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.ids import uuid7
from core.money import MINOR_UNITS
from core.pages import actor_of, attempted, is_htmx
from portfolios.forms import FilterForm, TransactionForm
from portfolios.forms.lots import LotsForm
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import entries
from portfolios.selectors.portfolios import get, get_transaction, get_writable
from portfolios.services import transactions as services
from portfolios.services.inputs import TransactionInput
from portfolios.views import sale_lots
from portfolios.views.common import can_write, frame, is_fragment, toast

ROWS_A_PAGE = 50
BAD = 400
MARK = "form:"


@require_safe
@login_required
def transaction_list(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """List transactions, newest first, page by page and filtered."""
    portfolio = get(request.user, portfolio_id)
    context = frame(portfolio, "transaction-list", **_listing(request, portfolio))
    if is_htmx(request):
        return render(request, "portfolios/transactions/_list.html", context)
    context |= {"deleted": _deleted(request), "new": can_write(portfolio) and "new" in request.GET}
    if context["new"]:
        context |= _form_context(portfolio, _empty_form(request, portfolio))
    return render(request, "portfolios/transactions/list.html", context)


def _deleted(request: HttpRequest) -> UUID | None:
    """Read which transaction was deleted just now, on a page without scripts."""
    try:
        return UUID(request.GET.get("deleted", ""))
    except ValueError:
        return None


def _listing(request: HttpRequest, portfolio: Portfolio) -> dict[str, Any]:
    form = FilterForm(request.GET, traded=entries.traded(portfolio))
    form.is_valid()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    page = Paginator(entries.listed(portfolio, **asked), ROWS_A_PAGE).get_page(request.GET.get("page"))
    query = urlencode({name: str(value) for name, value in asked.items()})
    url = reverse("transaction-list", args=[portfolio.pk])
    return {
        "filters": form,
        "filtered": bool(asked),
        "page": page,
        "rows": [entries.shown(row) for row in page],
        "page_url": f"{url}?{query}{'&' if query else ''}page=",
        "list_url": f"{url}?{query}",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def transaction_create(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Add a transaction; the same form sent twice adds one."""
    portfolio = get_writable(request.user, portfolio_id)
    if request.method != "POST":
        form = _empty_form(request, portfolio)
        return _answer_form(request, portfolio, form)
    form = TransactionForm(request.POST, user=request.user, portfolio=portfolio)
    lots, asked = sale_lots.lots_of(request, form), sale_lots.asked(request)
    if form.is_valid() and not asked and sale_lots.is_taken(form, lots):
        item = form.as_input(fingerprint=_mark(request), lots=lots.picks() if lots else ())
        if attempted(form, lambda: _add(request, portfolio, item), form.moved()):
            text = _("Added: %(what)s.") % {"what": _told(form)}
            return _done(request, portfolio, text)
    return _answer_form(request, portfolio, form, lots)


def _empty_form(request: HttpRequest, portfolio: Portfolio) -> TransactionForm:
    kinds = set(Transaction.Kind.values)
    kind = request.GET.get("kind", "")
    initial = {"kind": kind if kind in kinds else Transaction.Kind.BUY}
    return TransactionForm(user=request.user, portfolio=portfolio, initial=initial)


def _mark(request: HttpRequest) -> str:
    """Read the mark of this one form, by which a second sending is known."""
    try:
        return f"{MARK}{UUID(request.POST.get('token', ''))}"
    except ValueError:
        return ""


def _add(request: HttpRequest, portfolio: Portfolio, item: TransactionInput) -> None:
    mark = item.fingerprint
    if mark and entries.was_sent(portfolio.pk, mark):
        return
    try:
        services.add_transactions(actor=actor_of(request), portfolio_id=portfolio.pk, inputs=[item])
    except IntegrityError:
        if not (mark and entries.was_sent(portfolio.pk, mark)):
            raise


def _told(form: TransactionForm) -> str:
    values = form.cleaned_data
    kind = str(Transaction.Kind(values["kind"]).label)
    parts = [kind, str(values["instrument"] or ""), date_format(values["day"], "DATE_FORMAT")]
    return " ".join(part for part in parts if part)


def _form_context(
    portfolio: Portfolio, form: TransactionForm, lots: LotsForm | None = None, **more: Any
) -> dict[str, Any]:
    return {
        **sale_lots.shown(portfolio, lots),
        "form": form,
        "token": uuid7(),
        "currencies": sorted(MINOR_UNITS),
        "action": reverse("transaction-create", args=[portfolio.pk]),
        "draft": f"transaction-{portfolio.pk}",
        **more,
    }


def _answer_form(
    request: HttpRequest, portfolio: Portfolio, form: TransactionForm, lots: LotsForm | None = None
) -> HttpResponse:
    status = BAD if form.errors else 200
    context = frame(portfolio, "transaction-list", **_form_context(portfolio, form, lots))
    if is_htmx(request):
        return render(request, "portfolios/transactions/_form.html", context, status=status)
    return render(request, "portfolios/transactions/form.html", context, status=status)


def _done(request: HttpRequest, portfolio: Portfolio, text: str) -> HttpResponse:
    if is_htmx(request):
        return toast(HttpResponse(""), text)
    messages.success(request, text)
    return redirect("transaction-list", portfolio.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def transaction_edit(request: HttpRequest, portfolio_id: UUID, transaction_id: UUID) -> HttpResponse:
    """Change a transaction in its row, or on a page of its own."""
    portfolio = get_writable(request.user, portfolio_id)
    row = get_transaction(request.user, portfolio_id, transaction_id)
    row.portfolio = portfolio
    if request.method != "POST":
        form = TransactionForm.of(row, user=request.user)
        return _answer_edit(request, row, form, sale_lots.lots_chosen(row))
    form = TransactionForm.of(row, user=request.user, data=request.POST)
    lots, asked = sale_lots.lots_of(request, form, row), sale_lots.asked(request)
    ready = form.is_valid() and not asked and sale_lots.is_taken(form, lots)
    if ready and attempted(form, lambda: _change(request, row, form, lots), form.moved()):
        text = _("Saved: %(what)s.") % {"what": _told(form)}
        if is_htmx(request):
            return toast(transaction_row(request, portfolio_id, transaction_id), text, changed=False)
        messages.success(request, text)
        return redirect("transaction-list", portfolio_id)
    return _answer_edit(request, row, form, lots)


def _change(request: HttpRequest, row: Transaction, form: TransactionForm, lots: LotsForm | None) -> None:
    chosen = {} if lots is None else {"lots": lots.picks()}
    services.change_transaction(
        actor=actor_of(request),
        transaction_id=row.pk,
        portfolio_id=row.portfolio_id,
        changes=form.changes() | chosen,
        version=form.cleaned_data["version"],
    )


def _answer_edit(
    request: HttpRequest, row: Transaction, form: TransactionForm, lots: LotsForm | None = None
) -> HttpResponse:
    keys = [row.portfolio_id, row.pk]
    more = {
        "entry": row,
        "action": reverse("transaction-edit", args=keys),
        "cancel": reverse("transaction-row", args=keys),
        "draft": "",
    }
    context = frame(row.portfolio, "transaction-list", **_form_context(row.portfolio, form, lots, **more))
    piece = "_edit.html" if is_htmx(request) else "form.html"
    return render(request, f"portfolios/transactions/{piece}", context, status=BAD if form.errors else 200)


@require_safe
@login_required
def row_piece(request: HttpRequest, portfolio_id: UUID, transaction_id: UUID) -> HttpResponse:
    """Show one row of the list again, as Cancel does."""
    return transaction_row(request, portfolio_id, transaction_id)


def transaction_row(request: HttpRequest, portfolio_id: UUID, transaction_id: UUID) -> HttpResponse:
    """Render one row of the list."""
    row = get_transaction(request.user, portfolio_id, transaction_id)
    context = frame(get(request.user, portfolio_id), "transaction-list", row=entries.shown(row))
    return render(request, "portfolios/transactions/_row.html", context)


@require_POST
@login_required
def transaction_delete(request: HttpRequest, portfolio_id: UUID, transaction_id: UUID) -> HttpResponse:
    """Take a transaction out of the book; the page offers undo."""
    get_writable(request.user, portfolio_id)
    services.delete_transaction(
        actor=actor_of(request), transaction_id=transaction_id, portfolio_id=portfolio_id
    )
    if is_htmx(request):
        undo = reverse("transaction-restore", args=[portfolio_id, transaction_id])
        return toast(HttpResponse(""), _("The transaction is deleted."), undo=undo, changed=False)
    url = reverse("transaction-list", args=[portfolio_id])
    return redirect(f"{url}?{urlencode({'deleted': transaction_id})}")


@require_POST
@login_required
def transaction_restore(request: HttpRequest, portfolio_id: UUID, transaction_id: UUID) -> HttpResponse:
    """Bring a deleted transaction back."""
    get_writable(request.user, portfolio_id)
    services.restore_transaction(
        actor=actor_of(request), transaction_id=transaction_id, portfolio_id=portfolio_id
    )
    messages.success(request, _("The transaction is back."))
    return redirect("transaction-list", portfolio_id)


@require_safe
@login_required
def transaction_history(request: HttpRequest, portfolio_id: UUID, transaction_id: UUID) -> HttpResponse:
    """Show what a transaction was before each change."""
    portfolio = get(request.user, portfolio_id)
    row, changes = entries.history(request.user, portfolio_id, transaction_id)
    names = {name: field.label for name, field in TransactionForm.base_fields.items()} | {"time": _("Date")}
    told = [(one, [(names.get(name, name), *pair) for name, *pair in one.fields]) for one in changes]
    context = frame(
        portfolio,
        "transaction-list",
        entry=row,
        changes=told,
        base="components/drawer.html" if is_fragment(request, "drawer") else "portfolios/_drawer_page.html",
    )
    return render(request, "portfolios/transactions/history.html", context)

"""The page on which a portfolio's benchmark is chosen."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.pages import actor_of, attempted
from portfolios.forms.benchmark import BenchmarkForm
from portfolios.selectors import benchmarks
from portfolios.selectors.portfolios import get_writable
from portfolios.services.benchmarks import choose_benchmark
from portfolios.views.asking import ask, asking_context
from portfolios.views.common import frame
from portfolios.views.performance import same_flows_context
from portfolios.views.words import range_text

BAD = 400


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def benchmark(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Choose an instrument or a blend to compare with, and see what a period was beside it."""
    owned = get_writable(request.user, portfolio_id)
    form = BenchmarkForm(request.POST or None, user=request.user, benchmark=benchmarks.chosen(owned))
    if request.method == "POST" and form.is_valid():
        parts = form.parts()
        if attempted(
            form,
            lambda: choose_benchmark(actor=actor_of(request), portfolio_id=portfolio_id, parts=parts),
        ):
            messages.success(request, _("The benchmark is kept."))
            return redirect("portfolio-performance", portfolio_id)
    asking, kept = ask(request, [owned], scopes=False), benchmarks.chosen(owned)
    context = frame(
        owned,
        "portfolio-performance",
        form=form,
        **asking_context(asking),
        range_words=range_text(asking.window.name),
        same_flows=same_flows_context(asking, kept) if kept else None,
    )
    status = BAD if form.errors else asking.status
    return render(request, "portfolios/benchmark.html", context, status=status)

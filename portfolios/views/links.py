"""The public links of a portfolio, for its owner: make one, see how often it was opened, end it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import NotFound
from core.pages import actor_of, attempted
from portfolios.forms.links import PublicLinkForm
from portfolios.selectors import sharing as selectors
from portfolios.selectors.links import LinkView, links
from portfolios.services import sharing as services
from portfolios.services.sharing import IssuedLink
from portfolios.views.common import frame

BAD = 400
CURRENT = "portfolio-sharing"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def public_links(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """List the links, and make one; its address stands in the answer to the form, and nowhere else."""
    portfolio = selectors.get_owned(request.user, portfolio_id)
    form = PublicLinkForm(request.POST or None)
    issued: list[IssuedLink] = []
    if (
        request.method == "POST"
        and form.is_valid()
        and attempted(
            form,
            lambda: issued.append(
                services.create_link(
                    actor=actor_of(request), portfolio_id=portfolio_id, data=form.data_of_link
                )
            ),
            moved={"expires_at": "lifetime"},
        )
    ):
        form = PublicLinkForm()
    address = reverse("public-portfolio", args=[issued[0].token]) if issued else ""
    now = clock.now()
    context = frame(
        portfolio,
        CURRENT,
        form=form,
        links=[LinkView(one, now) for one in links(portfolio)],
        address=request.build_absolute_uri(address) if address else "",
        issued=issued[0].link if issued else None,
    )
    return render(request, "portfolios/sharing/links.html", context, status=BAD if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def revoke(request: HttpRequest, portfolio_id: UUID, link_id: UUID) -> HttpResponse:
    """Ask whether a link is to end, and end it."""
    portfolio = selectors.get_owned(request.user, portfolio_id)
    link = links(portfolio).filter(pk=link_id).first()
    if link is None:
        raise NotFound
    if request.method == "POST":
        services.revoke_link(actor=actor_of(request), portfolio_id=portfolio_id, link_id=link_id)
        messages.success(request, _("The link opens nothing any more."))
        return redirect("portfolio-links", portfolio_id)
    return render(request, "portfolios/sharing/link_revoke.html", frame(portfolio, CURRENT, link=link))

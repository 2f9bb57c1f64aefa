"""Who shares a portfolio: its members, invitations to it, leaving it and handing it over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.selectors import is_email_verified
from core import clock
from core.errors import Conflict, DomainError, NotFound, RateLimited, ValidationFailed
from core.models import Role
from core.pages import actor_of, attempted, is_htmx
from portfolios.errors import AddressUnproven
from portfolios.forms import HandOverForm, InviteForm
from portfolios.models import Portfolio, PortfolioInvitation
from portfolios.selectors import sharing as selectors
from portfolios.selectors.links import LinkView, links
from portfolios.selectors.portfolios import get
from portfolios.services import sharing as services
from portfolios.views.common import frame, toast

BAD = 400
CURRENT = "portfolio-sharing"
TOLD = (Conflict, RateLimited, AddressUnproven, ValidationFailed)


@require_safe
@login_required
def sharing(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show who shares the portfolio, and to its owner who is invited."""
    context = _context(request, get(request.user, portfolio_id), InviteForm())
    return render(request, "portfolios/sharing/page.html", context)


@require_POST
@login_required
def invite(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Invite somebody by e-mail."""
    portfolio = selectors.get_owned(request.user, portfolio_id)
    form = InviteForm(request.POST)
    if form.is_valid() and attempted(
        form,
        lambda: services.invite_member(
            actor=actor_of(request), portfolio_id=portfolio_id, **form.cleaned_data
        ),
    ):
        text = _("%(email)s is invited.") % {"email": form.cleaned_data["email"]}
        return _answer(request, portfolio_id, text)
    context = _context(request, portfolio, form)
    template = "portfolios/sharing/_people.html" if is_htmx(request) else "portfolios/sharing/page.html"
    return render(request, template, context, status=BAD)


@require_POST
@login_required
def resend(request: HttpRequest, portfolio_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Mail a new link."""
    return _done(
        request,
        portfolio_id,
        lambda: services.resend_invitation(
            actor=actor_of(request), portfolio_id=portfolio_id, invitation_id=invitation_id
        ),
        _("A new link is on its way; the former one opens nothing any more."),
    )


@require_POST
@login_required
def withdraw(request: HttpRequest, portfolio_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    return _done(
        request,
        portfolio_id,
        lambda: services.withdraw_invitation(
            actor=actor_of(request), portfolio_id=portfolio_id, invitation_id=invitation_id
        ),
        _("The invitation is withdrawn."),
    )


@require_POST
@login_required
def role(request: HttpRequest, portfolio_id: UUID, user_id: UUID) -> HttpResponse:
    """Make a member a viewer or an editor."""
    return _done(
        request,
        portfolio_id,
        lambda: services.change_role(
            actor=actor_of(request),
            portfolio_id=portfolio_id,
            user_id=user_id,
            role=request.POST.get("role", ""),
        ),
        _("The role is changed."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def remove(request: HttpRequest, portfolio_id: UUID, user_id: UUID) -> HttpResponse:
    """Ask, then end a membership: the owner anybody's, everybody else their own."""
    portfolio = get(request.user, portfolio_id)
    leaves = user_id == request.user.pk
    if not leaves:
        portfolio = selectors.get_owned(request.user, portfolio_id)
    member = next(
        (one for one in selectors.members(request.user, portfolio_id) if one.user_id == user_id), None
    )
    if member is None:
        raise NotFound
    if request.method == "POST":
        services.remove_member(actor=actor_of(request), portfolio_id=portfolio_id, user_id=user_id)
        names = {"name": member.name, "portfolio": portfolio.name}
        text = _("You left “%(portfolio)s”.") if leaves else _("%(name)s is no member any more.")
        messages.success(request, text % names)
        return redirect("portfolio-list") if leaves else redirect(CURRENT, portfolio_id)
    context = frame(portfolio, CURRENT, member=member, leaves=leaves)
    return render(request, "portfolios/sharing/remove.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def hand_over(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Make another member the owner, after the portfolio's name was typed."""
    portfolio = selectors.get_owned(request.user, portfolio_id)
    others = [one for one in selectors.members(request.user, portfolio_id) if not one.is_you]
    heirs = [(str(one.user_id), f"{one.name} ({one.email})") for one in others]
    form = HandOverForm(request.POST or None, portfolio=portfolio, heirs=heirs)
    if request.method == "POST" and form.is_valid():
        heir = UUID(form.cleaned_data["user_id"])
        if attempted(
            form,
            lambda: services.hand_over_portfolio(
                actor=actor_of(request), portfolio_id=portfolio_id, user_id=heir
            ),
        ):
            messages.success(request, _("The portfolio is handed over; you are an editor of it now."))
            return redirect(CURRENT, portfolio_id)
    context = frame(portfolio, CURRENT, form=form, heirs=heirs)
    return render(request, "portfolios/sharing/owner.html", context, status=BAD if form.errors else 200)


def _done(request: HttpRequest, portfolio_id: UUID, work: Callable[[], Any], text: str) -> HttpResponse:
    """Do the work and say so; what is refused for a reason that the owner can act on is said too."""
    try:
        work()
    except TOLD as error:
        return _answer(request, portfolio_id, _words(error), level="error")
    return _answer(request, portfolio_id, text)


def _words(error: DomainError) -> str:
    return str(error.detail)


def _answer(request: HttpRequest, portfolio_id: UUID, text: str, *, level: str = "success") -> HttpResponse:
    if is_htmx(request):
        context = _context(request, get(request.user, portfolio_id), InviteForm())
        response = render(request, "portfolios/sharing/_people.html", context)
        return toast(response, text, level=level, changed=False)
    messages.add_message(request, messages.ERROR if level == "error" else messages.SUCCESS, text)
    return redirect(CURRENT, portfolio_id)


def _context(request: HttpRequest, portfolio: Portfolio, form: InviteForm) -> dict[str, Any]:
    owns = getattr(portfolio, "role", "") == Role.OWNER
    waiting = selectors.invitations(portfolio) if owns else []
    now = clock.now()
    return frame(
        portfolio,
        CURRENT,
        owns=owns,
        members=selectors.members(request.user, portfolio.pk),
        invitations=[{"row": one, "expired": selectors.state_of(one) == "expired"} for one in waiting],
        links=[LinkView(one, now) for one in links(portfolio)] if owns else [],
        form=form,
        roles=PortfolioInvitation.ROLES,
        may_invite=owns and is_email_verified(request.user),  # type: ignore[arg-type]  # signed in
        you=request.user.pk,
    )

"""What the pages of portfolios share."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import WRITERS, Role
from core.templatetags.pieces import url_or_nothing
from portfolios.models import Portfolio
from portfolios.selectors import sharing, valuation

FIRST_TABS = (
    ("portfolio", gettext_lazy("Overview")),
    ("portfolio-performance", gettext_lazy("Performance")),
    ("portfolio-risk", gettext_lazy("Risk")),
    ("portfolio-holdings", gettext_lazy("Holdings")),
    ("portfolio-realised", gettext_lazy("Realised gains")),
    ("portfolio-income", gettext_lazy("Income")),
    ("transaction-list", gettext_lazy("Transactions")),
)


def is_fragment(request: HttpRequest, kind: str) -> bool:
    """Tell whether our own script asks for a piece of a page (see static/js/page.js)."""
    return request.headers.get("X-Fragment") == kind


def can_write(portfolio: Portfolio) -> bool:
    """Tell whether the user for whom the portfolio was read may change it."""
    return getattr(portfolio, "role", None) in WRITERS and portfolio.managed_by is None


def shared_context(user: Any) -> dict[str, Any]:
    """Tell what others share with the user, and what they are invited to."""
    return {
        "shared": valuation.shared_with_user(user),
        "received": [(one, sharing.caller_of(one)) for one in sharing.invitations_to(user)],
    }


def toast(
    response: HttpResponse, text: str, *, undo: str = "", changed: bool = True, level: str = "success"
) -> HttpResponse:
    """Let the page say what happened; with `changed`, what lists transactions asks anew."""
    said: dict[str, Any] = {"toast": {"text": text, "level": level, "undo": undo}}
    if changed:
        said["transactions-changed"] = ""
    response["HX-Trigger"] = json.dumps(said)
    return response


def tabs_of(portfolio: Portfolio, current: str) -> list[dict[str, Any]]:
    """List the pages of one portfolio that this user may open."""
    pages = [(name, str(label)) for name, label in FIRST_TABS]
    if portfolio.managed_by is None:
        pages += [("portfolio-rebalancing", _("Rebalancing")), ("portfolio-quality", _("Quality"))]
    if can_write(portfolio):
        pages += [("import-list", _("Imports"))]
    if portfolio.managed_by is None:
        pages += [("portfolio-sharing", _("Sharing"))]
    if can_write(portfolio):
        pages += [("portfolio-settings", _("Settings"))]
    found = [(name, label, url_or_nothing(name, portfolio.pk)) for name, label in pages]
    badges = {"portfolio-quality": quality_badge(portfolio)}
    return [
        {"name": label, "url": url, "current": name == current, "badge": badges.get(name)}
        for name, label, url in found
        if url
    ]


def quality_badge(portfolio: Portfolio) -> dict[str, Any] | None:
    """Tell how much the last quality checks found that distorts figures; None: nothing."""
    run = getattr(portfolio, "quality_run", None)
    if run is None or not run.high + run.medium:
        return None
    return {"count": run.high + run.medium, "kind": "bad" if run.high else "warn"}


def frame(portfolio: Portfolio, current: str, **more: Any) -> dict[str, Any]:
    """Make the context that every page of one portfolio has."""
    return {
        "portfolio": portfolio,
        "currency": portfolio.currency,
        "may_write": can_write(portfolio),
        "is_shared": getattr(portfolio, "role", Role.OWNER) != Role.OWNER,
        "tabs": tabs_of(portfolio, current),
        "here": reverse("portfolio", args=[portfolio.pk]),
        "frame_template": "portfolios/_frame.html",
        "title": portfolio.name,
        **more,
    }

"""What the pages of several portfolios together share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import NotFound
from portfolios.models import Portfolio
from portfolios.selectors.portfolios import visible_to
from portfolios.selectors.scopes import portfolios_of
from portfolios.views.asking import Asking


def named_group(request: HttpRequest) -> list[Portfolio]:
    """Answer the portfolios that the address names; without any all real ones of the user's own.

    Raises:
        NotFound: one is not there, or somebody else's.
        ValidationFailed: there is none, or they are of different markets.
    """
    texts = [text.strip() for value in request.GET.getlist("portfolios") for text in value.split(",")]
    try:
        ids = [UUID(text) for text in texts if text]
    except ValueError as error:
        raise NotFound from error
    return portfolios_of(request.user, ids)


def group_frame(request: HttpRequest, asking: Asking, current: str) -> dict[str, Any]:
    """Make the context that every page of several portfolios has."""
    chosen = {one.pk for one in asking.portfolios}
    offered = visible_to(request.user).filter(kind=Portfolio.Kind.REAL).order_by("name", "pk")
    number = len(asking.portfolios)
    pages = (("performance", _("Performance")), ("risk", _("Risk")))
    return {
        "frame_template": "portfolios/_several.html",
        "title": ngettext("%(number)s portfolio", "%(number)s portfolios", number) % {"number": number},
        "members": [(one, one.pk in chosen) for one in offered],
        "names": ", ".join(one.name for one in asking.portfolios),
        "may_write": False,
        "tabs": [
            {
                "name": label,
                "url": asking.address(name, range=asking.window.name),
                "current": current == f"group-{name}",
            }
            for name, label in pages
        ],
    }

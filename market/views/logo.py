"""The logo of an instrument, served by us."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import NotFound
from market.selectors.instruments import get
from market.selectors.profiles import logo_of


@require_safe
@login_required
def instrument_logo(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Answer the picture, which no page can take for anything else.

    Raises:
        NotFound: there is no such instrument, or no logo of it here (yet).
    """
    logo = logo_of(get(request.user, uuid))
    if logo is None:
        raise NotFound(_("There is no logo of this here."))
    return HttpResponse(
        logo.body,
        content_type=logo.media_type,
        headers={
            "Cache-Control": "private, max-age=86400",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )

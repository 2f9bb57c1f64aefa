"""Pages of alerts in the search box."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.models import Clause
from alerts.selectors.alerts import alerts_of
from alerts.selectors.waits import title
from core.ports import SearchHit


def find(user: Any, text: str, limit: int) -> list[SearchHit]:
    """Find the user's alerts by symbol or note, and the pages of alerts by their names."""
    pages = {
        _("Alerts"): reverse("alert-list"),
        _("New alert"): reverse("alert-create"),
    }
    named = [(name, url) for name, url in pages.items() if text.casefold() in name.casefold()]
    found = [SearchHit(title=name, subtitle="", url=url, kind=_("Pages")) for name, url in named]
    return [*found, *_alerts(user, text, limit - len(found))]


def _alerts(user: Any, text: str, limit: int) -> list[SearchHit]:
    rows = alerts_of(user)
    named = Q(instrument__symbol__iexact=text) | Q(note__icontains=text)
    named |= Q(pk__in=Clause.objects.filter(instrument__symbol__iexact=text).values("alert"))
    return [
        SearchHit(
            title=title(one),
            subtitle=str(one.get_state_display()),
            url=reverse("alert", args=[one.uuid]),
            kind=_("Alerts"),
        )
        for one in rows.filter(named)[:limit]
    ]

"""What the admin's dashboard tells of portfolios."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.ports import Panel, PanelRow
from portfolios.models import Portfolio, TransactionImport


def imports() -> Panel:
    """Count the portfolios, the files brought in this week, and those left half way."""
    week = clock.now() - timedelta(days=7)
    counts = TransactionImport.objects.filter(created_at__gte=week).aggregate(
        applied=Count("pk", filter=Q(status="applied")), waiting=Count("pk", filter=Q(status="previewed"))
    )
    listing = reverse("admin:portfolios_transactionimport_changelist")
    portfolios = reverse("admin:portfolios_portfolio_changelist")
    return Panel(
        title=str(_("Portfolios")),
        rows=[
            PanelRow(
                _("Real portfolios"), str(Portfolio.objects.filter(kind="real").count()), url=portfolios
            ),
            PanelRow(_("Imports applied in 7 days"), str(counts["applied"]), url=listing),
            PanelRow(_("Previews not applied in 7 days"), str(counts["waiting"]), url=listing),
        ],
    )

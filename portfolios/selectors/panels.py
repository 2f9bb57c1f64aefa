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
    return Panel(
        title=str(_("Imports of transactions")),
        rows=[
            PanelRow(_("Real portfolios"), str(Portfolio.objects.filter(kind="real").count())),
            PanelRow(
                _("Imports applied in 7 days"), str(counts["applied"]), url=f"{listing}?status__exact=applied"
            ),
            PanelRow(
                _("Previews not applied in 7 days"),
                str(counts["waiting"]),
                url=f"{listing}?status__exact=previewed",
            ),
        ],
    )

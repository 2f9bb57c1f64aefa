"""Portfolios in the admin: staff look, the ledger is written by its owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from core.adminsite import ReadOnlyAdmin, ReadOnlyInline
from portfolios.models import Portfolio, PortfolioMember, Transaction, TransactionImport, TransactionRevision

if TYPE_CHECKING:  # Django's inlines are generic to mypy only
    _MemberInline = admin.TabularInline[PortfolioMember, Portfolio]
    _RevisionInline = admin.TabularInline[TransactionRevision, Transaction]
else:
    _MemberInline = _RevisionInline = admin.TabularInline


class MemberInline(ReadOnlyInline):
    """Who may reach the portfolio."""

    model = PortfolioMember
    fields = ["user", "role", "created_at"]


@admin.register(Portfolio)
class PortfolioAdmin(ReadOnlyAdmin):
    """Portfolios with the number of their transactions."""

    list_display = ["name", "owner", "currency", "kind", "tracks_cash", "entries", "updated_at"]
    list_filter = ["kind", "tracks_cash", "is_sample", "currency"]
    search_fields = ["name", "id", "members__user__email"]
    inlines = [MemberInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count transactions and name owners in the same query."""
        entries = Transaction.objects.filter(portfolio=OuterRef("pk"), deleted_at=None).order_by()
        owners = PortfolioMember.objects.filter(portfolio=OuterRef("pk"), role="owner")
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                entries=Coalesce(
                    Subquery(entries.values("portfolio").annotate(n=Count("pk")).values("n")), 0
                ),
                owner=Subquery(owners.values("user__email")[:1]),
            )
        )
        return rows

    @admin.display(ordering="owner")
    def owner(self, portfolio: Any) -> str:
        """Name the owner."""
        return str(portfolio.owner or "–")

    @admin.display(ordering="entries")
    def entries(self, portfolio: Any) -> int:
        """Count the live transactions."""
        return int(portfolio.entries)


class RevisionInline(ReadOnlyInline):
    """What the transaction was before."""

    model = TransactionRevision
    fields = ["version", "changed_at", "changed_by", "state"]


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    """The ledgers, read-only, deleted entries too."""

    list_display = ["day", "kind", "instrument", "quantity", "price", "currency", "portfolio", "deleted_at"]
    list_filter = ["kind", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["instrument", "portfolio"]
    search_fields = ["id__exact", "external_id", "portfolio__name", "instrument__symbol"]
    date_hierarchy = "time"
    inlines = [RevisionInline]


@admin.register(TransactionImport)
class TransactionImportAdmin(ReadOnlyAdmin):
    """Files that were brought in."""

    list_display = ["file_name", "portfolio", "status", "created_at", "applied_at"]
    list_filter = ["status"]
    list_select_related = ["portfolio"]
    search_fields = ["file_name", "portfolio__name"]
    exclude = ["rows", "source"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave files and rows, which are megabytes, where they are."""
        rows: QuerySet[Any] = super().get_queryset(request).defer("rows", "source")
        return rows

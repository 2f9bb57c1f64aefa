"""Portfolios in the admin: staff look, the ledger is written by its owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.adminsite import ReadOnlyAdmin, ReadOnlyInline, search
from core.adminsite.filters import PeriodFilter
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
    list_filter = ["kind", "tracks_cash", "is_sample"]
    search_fields = ["=id"]
    search_help_text = _("A portfolio's id, or the address or id of one of its members.")
    ordering = ["-id"]
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by id, or by who is a member."""
        found, many = super().get_search_results(request, queryset, search_term)
        members = PortfolioMember.objects.filter(user__in=search.people_of(search_term.strip()))
        shared = list(members.values_list("portfolio_id", flat=True)[: search.MOST_FOUND_ELSEWHERE])
        return (queryset.filter(pk__in=shared), False) if shared else (found, many)

    @admin.display(description=_("owner"))
    def owner(self, portfolio: Any) -> str:
        """Name the owner."""
        return str(portfolio.owner or "–")

    @admin.display(description=_("entries"))
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

    # a sort by any column would read the whole table
    sortable_by = ()
    list_display = ["day", "kind", "instrument", "quantity", "price", "currency", "portfolio", "deleted_at"]
    list_filter = ["kind", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["instrument", "portfolio"]
    search_fields = ["=id", "=portfolio", "=import_batch", "=instrument__symbol"]
    search_help_text = _("The id of an entry, a portfolio or an import, or a whole symbol.")
    # newest entered first: an id tells when it was made
    ordering = ["-id"]
    inlines = [RevisionInline]


@admin.register(TransactionImport)
class TransactionImportAdmin(ReadOnlyAdmin):
    """Files that were brought in."""

    list_display = ["file_name", "portfolio", "status", "created_at", "applied_at"]
    list_filter = ["status", ("created_at", PeriodFilter)]
    list_select_related = ["portfolio"]
    search_fields = ["=id", "=portfolio", "=user_id", "=sha256", "^file_name"]
    search_help_text = _("The id of an import, a portfolio or a person, or the beginning of a file's name.")
    ordering = ["-id"]
    exclude = ["rows", "source"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave files and rows, which are megabytes, where they are."""
        rows: QuerySet[Any] = super().get_queryset(request).defer("rows", "source")
        return rows

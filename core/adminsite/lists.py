"""Lists of the admin that stay fast over millions of rows, and lists of rows that nobody edits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.adminsite import search

if TYPE_CHECKING:  # Django's admins are generic to mypy only
    _ModelAdmin = admin.ModelAdmin[Model]
    _TabularInline = admin.TabularInline[Model, Model]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _TabularInline = admin.TabularInline
    _Paginator = Paginator

# further than this nobody pages; filters and search lead to older rows
MOST_COUNTED = 5_000
MOST_SELECTED = 200
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}([0-9a-f]{12})")


def short(text: str) -> SafeString:
    """Write ids by their last twelve digits, which differ; the whole text shows on pointing at it."""
    return format_html('<span title="{}">{}</span>', text, _UUID.sub(r"…\1", text) or "–")


class CappedPaginator(_Paginator):
    """Count no further than anybody pages, so that a list of millions opens at once."""

    @property
    def count(self) -> int:
        """Count up to 5,000 rows."""
        return min(self._counted, MOST_COUNTED)

    @property
    def _counted(self) -> int:
        if "_rows_counted" not in self.__dict__:
            rows = cast("QuerySet[Any]", self.object_list).order_by().values("pk")
            self.__dict__["_rows_counted"] = rows[: MOST_COUNTED + 1].count()
        return int(self.__dict__["_rows_counted"])

    def page(self, number: Any) -> Any:
        """Find the keys of a later page first: what stands before it is skipped without being joined."""
        found = super().page(number)
        if found.number > 1:
            rows = cast("QuerySet[Any]", self.object_list)
            first, last = found.start_index() - 1, found.end_index()
            keys = list(rows.values_list("pk", flat=True)[first:last])
            found.object_list = rows.filter(pk__in=keys)
        return found

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than are counted."""
        return self._counted > MOST_COUNTED

    @property
    def about(self) -> int | None:
        """Estimate the rows of the whole table, as PostgreSQL last saw it; None where it never looked."""
        table = cast("QuerySet[Any]", self.object_list).model._meta.db_table  # noqa: SLF001  # Django's own way
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
            (estimate,) = cursor.fetchone()
        return int(estimate) if estimate >= 0 else None


class FastList(_ModelAdmin):
    """A list with a bounded cost: it counts up to a limit, pages up to it, and searches by indexes.

    `search_fields` are as in Django (``=`` exact, ``^`` the beginning, else anywhere), read by
    `core.adminsite.search`; `search_people` names keys to a person, who is found by address or id.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = MOST_SELECTED
    search_people: Sequence[str] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the whole term, in each field that can hold it."""
        term = search_term.strip()
        if not term:
            return queryset, False
        fields = [str(one) for one in self.get_search_fields(request)]
        return search.find(queryset, term, fields, self.search_people), False


class ReadOnlyAdmin(FastList):
    """Show rows that nobody edits: ledgers, audit, prices."""

    actions: Any = None

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


class ReadOnlyInline(_TabularInline):
    """Show rows below their parent that nobody edits."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show every field as text: what no form can hold is shown too."""
        return self.get_fields(request, obj) if self.fields else super().get_readonly_fields(request, obj)

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

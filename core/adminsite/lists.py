"""Lists of the admin that stay fast over millions of rows, and lists of rows that nobody edits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import InvalidPage, Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
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

    @cached_property
    def _counted(self) -> int:
        if isinstance(self.object_list, list):
            return len(self.object_list)
        rows = cast("QuerySet[Any]", self.object_list).order_by().values("pk")
        return rows[: MOST_COUNTED + 1].count()

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than are counted."""
        return self._counted > MOST_COUNTED


class FastChangeList(ChangeList):
    """A page of a list: its keys are found first, by conditions that are asked once, and then its rows."""

    def get_results(self, request: HttpRequest) -> None:
        """Find the rows of the page and how many there are, up to a limit."""
        keys: Any = self.queryset.values_list("pk", flat=True)
        if self.is_narrowed:  # the conditions may cost much: ask them once, for count and page together
            keys = list(keys[: MOST_COUNTED + 1])
        self.paginator = self.model_admin.get_paginator(request, keys, self.list_per_page)
        self.result_count: int = self.paginator.count
        self.show_full_result_count, self.full_result_count = False, None
        self.show_admin_actions = True
        self.can_show_all = self.result_count <= self.list_max_show_all
        self.multi_page = self.result_count > self.list_per_page
        if self.show_all and self.can_show_all:
            chosen = list(keys[: self.result_count])
        else:
            chosen = list(self._page_of(self.paginator))
        rows = self.root_queryset.filter(pk__in=chosen).order_by(*self.queryset.query.order_by)
        self.result_list = self.apply_select_related(rows)

    def _page_of(self, paginator: Any) -> Any:
        try:
            return paginator.page(self.page_num).object_list
        except InvalidPage as error:
            raise IncorrectLookupParameters from error

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter leaves rows out."""
        return bool(self.query or self.has_active_filters)

    @cached_property
    def about(self) -> int | None:
        """Estimate the rows of the whole table, as PostgreSQL last saw it; None where it never looked."""
        with connection.cursor() as cursor:
            table = self.model._meta.db_table  # noqa: SLF001  # Django's own way
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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """List by keys first."""
        return FastChangeList

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

    template = "admin/read_only_rows.html"
    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show every field as text: what no form can hold is shown too."""
        return self.get_fields(request, obj) if self.fields else super().get_readonly_fields(request, obj)

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

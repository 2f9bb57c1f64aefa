"""Filters of the admin's lists that ask the questions of staff and read no whole table for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter
from django.db import connection, models
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from core import clock

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST_VALUES = 100
UTC = ZoneInfo("UTC")
_DISTINCT = sql.SQL("""
WITH RECURSIVE found (value) AS (
    (SELECT {column} FROM {table} ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM {table} WHERE {column} > found.value ORDER BY {column} LIMIT 1)
    FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value IS NOT NULL LIMIT {most}
""")


class ValuesFilter(FieldListFilter):
    """Choose one of a column's values; they are found by jumping through its index, not by reading it."""

    def __init__(  # noqa: PLR0917  # Django's signature
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        self.lookup = field_path
        super().__init__(field, request, params, model, model_admin, field_path)
        given = self.used_parameters.get(self.lookup)
        self.chosen = given[-1] if isinstance(given, list) else given
        self.values = distinct(field.model._meta.db_table, field.column)  # noqa: SLF001  # Django's own way

    def expected_parameters(self) -> list[str | None]:
        """Name the parameter."""
        return [self.lookup]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """List the values, after that which leaves the filter out."""
        yield {
            "selected": self.chosen is None,
            "query_string": changelist.get_query_string(remove=[self.lookup]),
            "display": _("All"),
        }
        for value in self.values:
            yield {
                "selected": self.chosen == value,
                "query_string": changelist.get_query_string({self.lookup: value}),
                "display": value or _("(none)"),
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows with the chosen value."""
        return queryset if self.chosen is None else queryset.filter(**{self.lookup: self.chosen})


def distinct(table: str, column: str) -> list[str]:
    """List the values of an indexed column, at most 100, one index lookup each."""
    names = {
        "table": sql.Identifier(table),
        "column": sql.Identifier(column),
        "most": sql.Literal(MOST_VALUES),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT.format(**names))
        return [value for (value,) in cursor.fetchall()]


class PeriodFilter(FieldListFilter):
    """Keep rows of a period: today, some days, or from one day to another (UTC, both included)."""

    template = "admin/filters/period.html"

    def __init__(  # noqa: PLR0917  # Django's signature
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        self.first, self.last = f"{field_path}__from", f"{field_path}__to"
        super().__init__(field, request, params, model, model_admin, field_path)
        self.start, self.end = self._day(self.first), self._day(self.last)
        self.with_time = isinstance(field, models.DateTimeField)
        # what else is asked of the list, so that the form keeps it
        self.others = [
            (name, value) for name, value in request.GET.items() if name not in {self.first, self.last, "p"}
        ]

    def _day(self, name: str) -> date | None:
        given = self.used_parameters.pop(name, None)
        text = given[-1] if isinstance(given, list) else given
        try:
            return parse_date(str(text)) if text else None
        except ValueError:
            return None

    def expected_parameters(self) -> list[str | None]:
        """Name the two parameters."""
        return [self.first, self.last]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """List the usual periods."""
        today = clock.today("UTC")
        for days, words in ((None, _("Any time")), (0, _("Today")), (6, _("7 days")), (29, _("30 days"))):
            start = None if days is None else today - timedelta(days=days)
            yield {
                "selected": self.start == start and self.end is None,
                "query_string": changelist.get_query_string(
                    {} if start is None else {self.first: start.isoformat()}, [self.first, self.last]
                ),
                "display": words,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows from the first day to the last."""
        if self.start is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": self._bound(self.start)})
        if self.end is not None:
            queryset = queryset.filter(
                **{f"{self.field_path}__lt": self._bound(self.end + timedelta(days=1))}
            )
        return queryset

    def _bound(self, day: date) -> date | datetime:
        return datetime.combine(day, time.min, UTC) if self.with_time else day


class QuestionFilter(admin.SimpleListFilter):
    """Choose one of the questions that staff ask; `ask` keeps the rows that answer it."""

    questions: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """List the questions."""
        return list(self.questions)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows that answer the chosen one."""
        chosen = self.value()
        known = {name for name, _words in self.questions}
        return self.ask(str(chosen), queryset) if chosen in known else queryset

    def ask(self, question: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows that answer a question."""
        raise AssertionError("each filter asks its own")

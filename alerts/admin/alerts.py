"""People's alerts in the admin: how they stand for support, what they wait for for auditors."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, Clause, Notification, Trigger
from core.adminsite import ReadOnlyAdmin, ReadOnlyInline
from core.adminsite.filters import PeriodFilter
from core.adminsite.lists import short

if TYPE_CHECKING:  # Django's inlines are generic to mypy only
    _ClauseInline = admin.TabularInline[Clause, Alert]
    _TriggerInline = admin.TabularInline[Trigger, Alert]
else:
    _ClauseInline = _TriggerInline = admin.TabularInline

# who may look at clauses sees what an alert is about; support does not
SEES_MORE: Final = "alerts.view_clause"
MOST_TRIGGERS: Final = 50
_ASKED: Final = ("direction", "level", "upper", "percent", "minutes", "days", "slow_days")


class ClauseInline(ReadOnlyInline):
    """What a rule asks, and what it was when it was last looked at."""

    model = Clause
    fields = ["number", "kind", "instrument", "portfolio", "asks", "holds", "seen"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read what clauses are about along with them."""
        return super().get_queryset(request).select_related("instrument", "portfolio")

    @admin.display(description=_("asks"))
    def asks(self, clause: Clause) -> str:
        """Tell the numbers of it that are set, by their names."""
        told = ((str(label_for_field(name, Clause)), getattr(clause, name)) for name in _ASKED)
        return ", ".join(f"{name} {_number(value)}" for name, value in told if value not in {None, ""})


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Alerts: whose, in which state, and how often they fired."""

    list_display = ["key", "owner", "instrument", "joined", "state", "fired", "fired_at", "expires_at"]
    list_filter = ["state", "joined", ("created_at", PeriodFilter)]
    list_select_related = ["owner", "instrument"]
    search_fields = ["=uuid", "=instrument__symbol"]
    search_people = ["owner"]
    search_help_text = _("An alert's id, a whole symbol, or a person's address or id.")
    ordering = ["-id"]
    sortable_by = ()
    inlines = [ClauseInline]

    def get_fields(self, request: HttpRequest, _obj: Any = None) -> Any:
        """Leave what a person waits for to those who may see it."""
        stands = [
            "uuid", "owner", "world", "joined", "instrument", "state", "repeats", "cooldown_minutes",
            "fired", "fired_at", "rearm_at", "expires_at", "created_at", "updated_at",
        ]  # fmt: skip
        more = ["waits_for", "rearm", "note", "last_fired"]
        return [*stands, *more] if request.user.has_perm(SEES_MORE) else stands

    @admin.display(description=_("id"))
    def key(self, alert: Alert) -> str:
        """Show the end of its id."""
        return short(str(alert.uuid))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show the clauses of what has some."""
        is_rule = obj is not None and obj.joined != Alert.Joined.ONE
        return super().get_inlines(request, obj) if is_rule else []

    @admin.display(description=_("waits for"))
    def waits_for(self, alert: Alert) -> str:
        """Tell what a plain alert waits for, in quote units."""
        return f"{alert.get_condition_display()} {_number(alert.level)}" if alert.level is not None else "–"

    @admin.display(description=_("the last times"))
    def last_fired(self, alert: Alert) -> str:
        """Tell what fired it the last times."""
        rows = Trigger.objects.filter(alert=alert)[:MOST_TRIGGERS]
        told = (
            f"{row.number}. {row.at:%Y-%m-%d %H:%M:%S} UTC: {_number(row.previous)} → {_number(row.price)}"
            f" ({row.source or '–'}), +{(row.recorded_at - row.at).total_seconds():.1f} s"
            for row in rows
        )
        return "\n".join(told) or "–"


def _number(value: Any) -> str:
    """Write a decimal without the zeros of its column; anything else as it is, and nothing as a dash."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else "–" if value is None else str(value)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """That people were told something, and whether they read it; never what."""

    list_display = ["id", "user", "kind", "event", "created_at", "read_at"]
    list_filter = ["kind", ("read_at", admin.EmptyFieldListFilter), ("created_at", PeriodFilter)]
    list_select_related = ["user"]
    search_fields = ["=id"]
    search_people = ["user"]
    search_help_text = _("A notification's number, or a person's address or id.")
    fields = ["id", "user", "kind", "event", "created_at", "read_at"]
    ordering = ["-id"]
    sortable_by = ()

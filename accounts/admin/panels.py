"""What the dashboard tells of people and of what they and staff did."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.models import RefusedSignIns, User
from core import clock
from core.models import AuditEvent
from core.ports import Columns, Panel, PanelRow, admin_panels

DAYS = 14
QUIET, LOUD = 50, 3
LOOKED_AT, SHOWN = 200, 6
# what happens all day long; the log has it, the dashboard shows what is seldom
ROUTINE = frozenset(
    {
        "user.signed_in", "user.signed_out", "user.signed_up", "portfolio.created", "transaction.created",
        "transaction.updated", "transaction.deleted", "bars.stored",
    }
)  # fmt: skip


def register() -> None:
    """Answer the dashboard's port."""
    admin_panels.register("sign-ups", sign_ups, needs=["accounts.view_user"])
    admin_panels.register("sign-ins", refused_sign_ins, needs=["accounts.view_user"])
    admin_panels.register("audit", recent_audit, needs=["core.view_auditevent", "accounts.view_user"])


def sign_ups() -> Panel:
    """Count the sign-ups of the last day and week, and draw those of two weeks."""
    rows = [
        PanelRow(_("Last 24 hours"), str(selectors.sign_ups_within(timedelta(days=1))), url=_since(1)),
        PanelRow(_("Last 7 days"), str(selectors.sign_ups_within(timedelta(days=7))), url=_since(7)),
    ]
    return Panel(_("Sign-ups"), rows, by_day(_("Sign-ups by day"), _joined()))


def _since(days: int) -> str:
    first = clock.today("UTC") - timedelta(days=days)
    return reverse("admin:accounts_user_changelist") + f"?date_joined__from={first.isoformat()}"


def refused_sign_ins() -> Panel:
    """Draw the refused sign-ins of two weeks; many more than usual today need a look."""
    counts: dict[date, int] = {}
    blocked = 0
    today = clock.today("UTC")
    for row in RefusedSignIns.objects.filter(day__gt=today - timedelta(days=DAYS)):
        counts[row.day] = counts.get(row.day, 0) + row.count
        blocked += row.count if (row.day, row.kind) == (today, RefusedSignIns.Kind.BLOCKED) else 0
    now = counts.get(today, 0)
    usual = (sum(counts.values()) - now) / (DAYS - 1)
    state = "warn" if now > max(QUIET, LOUD * usual) else "good"
    rows = [
        PanelRow(_("Refused today"), str(now), state),
        PanelRow(_("of which for too many attempts"), str(blocked)),
        PanelRow(_("Refused on a usual day"), f"{usual:.0f}"),
    ]
    return Panel(_("Refused sign-ins"), rows, by_day(_("Refused sign-ins by day"), counts))


def by_day(label: str, counts: dict[date, int]) -> Columns:
    """Draw counts of the last 14 days (UTC), a day without any as none."""
    today = clock.today("UTC")
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return Columns(label, [(date_format(day, "M j"), counts.get(day, 0)) for day in days])


def _joined() -> dict[date, int]:
    first = clock.now() - timedelta(days=DAYS)
    rows = User.objects.filter(date_joined__gte=first).order_by().values_list(TruncDate("date_joined"))
    return dict(rows.annotate(Count("pk")))


def recent_audit() -> Panel:
    """Show the newest things done that are not routine, and who did them."""
    newest = list(
        AuditEvent.objects.order_by("-at").only("at", "actor_id", "actor_label", "verb")[:LOOKED_AT]
    )
    seldom = [event for event in newest if event.verb not in ROUTINE][:SHOWN]
    people = User.objects.in_bulk([one.actor_id for one in seldom if one.actor_id is not None])
    return Panel(_("Recent audit"), [_row(event, people) for event in seldom])


def _row(event: AuditEvent, people: dict[UUID, User]) -> PanelRow:
    person = people.get(event.actor_id) if event.actor_id else None
    who = person.email if person else event.actor_label.removeprefix("system:")
    ago = _("%(time)s ago") % {"time": timesince(event.at, depth=1)}
    return PanelRow(f"{event.verb}, {who}", ago, url=reverse("admin:core_auditevent_change", args=[event.pk]))

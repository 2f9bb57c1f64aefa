"""Channels and what is on its way to them in the admin; what is secret or said never shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.models import Attempt, Channel, Delivery, Outbox
from alerts.selectors.reasons import own
from alerts.services import operations
from core import clock
from core.actor import Actor
from core.adminsite import ReadOnlyAdmin, ReadOnlyInline
from core.adminsite.actions import ReasonedAction, ReasonedActions
from core.adminsite.filters import PeriodFilter
from core.adminsite.lists import short

if TYPE_CHECKING:  # Django's inlines are generic to mypy only
    _AttemptInline = admin.TabularInline[Attempt, Delivery]
else:
    _AttemptInline = admin.TabularInline


def _disable(actor: Actor, row: Channel, reason: str) -> None:
    operations.disable_channel(actor=actor, channel_id=row.pk, reason=reason)


def _enable(actor: Actor, row: Channel, reason: str) -> None:
    operations.enable_channel(actor=actor, channel_id=row.pk, reason=reason)


def _again(actor: Actor, row: Delivery, reason: str) -> None:
    operations.send_again(actor=actor, delivery_id=row.pk, reason=reason)


def _drop(actor: Actor, row: Delivery, reason: str) -> None:
    operations.drop_delivery(actor=actor, delivery_id=row.pk, reason=reason)


def _pause(actor: Actor, _row: Outbox, reason: str) -> None:
    operations.pause_outbox(actor=actor, reason=reason)


def _resume(actor: Actor, _row: Outbox, reason: str) -> None:
    operations.resume_outbox(actor=actor, reason=reason)


def masked(hint: str) -> str:
    """Show of an address where it is, and of anything that is no host its two ends."""
    name, at, host = hint.partition("@")
    if name and at:
        return f"{name[:1]}…@{host}"
    server, dot, place = hint.partition(" · ")
    if dot:
        return f"{server} · {masked(place)}"
    if "." in hint:
        return hint
    return f"{hint[:2]}…{hint[-2:]}" if len(hint) > 6 else "…" * bool(hint)  # noqa: PLR2004  # ends that hide


@admin.register(Channel)
class ChannelAdmin(ReasonedActions, ReadOnlyAdmin):
    """Where notifications go, and why it stopped."""

    reasoned = (
        ReasonedAction(
            "disable",
            _("Stop…"),
            _("Nothing goes to these any more, and their people are told elsewhere:"),
            operations.CHANNELS,
            _disable,
            is_destructive=True,
        ),
        ReasonedAction(
            "enable",
            _("Let go on…"),
            _("The failures of these are forgotten, and notifications go there again:"),
            operations.CHANNELS,
            _enable,
        ),
    )
    list_display = [
        "key", "owner", "kind", "leads_to", "state", "why", "failures", "waits", "used_at",
    ]  # fmt: skip
    list_filter = ["state", "kind", "is_account"]
    list_select_related = ["owner"]
    search_fields = ["=uuid"]
    search_people = ["owner"]
    search_help_text = _("A channel's id, or a person's address or id.")
    ordering = ["-id"]
    sortable_by = ()
    fields = [
        "uuid", "owner", "kind", "is_account", "leads_to", "topics", "digest", "state", "why",
        "stopped_by_staff_at", "verified_at", "failures", "failing_since", "waits", "hour_began", "hour_sent",
        "used_at", "created_at", "updated_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count what waits for each."""
        waiting = Delivery.objects.filter(channel=OuterRef("pk"), state=Delivery.State.PENDING).order_by()
        count = Subquery(waiting.values("channel").annotate(n=Count("pk")).values("n"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(waiting=Coalesce(count, 0))
        return rows

    def offered_for(self, request: HttpRequest, row: Channel) -> list[ReasonedAction]:
        """Leave out what would change nothing."""
        useless = {
            "disable": row.stopped_by_staff_at is not None,
            "enable": row.state != Channel.State.DISABLED,
        }
        return [one for one in super().offered_for(request, row) if not useless[one.name]]

    @admin.display(description=_("id"))
    def key(self, channel: Channel) -> str:
        """Show the end of its id."""
        return short(str(channel.uuid))

    @admin.display(description=_("leads to"))
    def leads_to(self, channel: Channel) -> str:
        """Tell where it goes, without telling who could be reached there."""
        return gettext("the account's address") if channel.is_account else masked(channel.hint) or "–"

    @admin.display(description=_("why it stopped"))
    def why(self, channel: Channel) -> str:
        """Tell why; what the other side said may name the address, and is its person's to read."""
        return own(channel.reason) or (
            "–" if not channel.reason else gettext("what is sent there is refused")
        )

    @admin.display(description=_("deliveries that wait"))
    def waits(self, channel: Any) -> int:
        """Count what waits for it."""
        return int(channel.waiting)


class StandingFilter(admin.SimpleListFilter):
    """What of the waiting is due, in somebody's hands, or to be sent later."""

    title = _("what waits")
    parameter_name = "waits"

    def lookups(self, _request: HttpRequest, _admin: Any) -> Iterator[tuple[str, Any]]:
        """Name them."""
        yield from (
            ("due", _("due now")),
            ("taken", _("being sent")),
            ("later", _("tried again or sent later")),
            ("gathered", _("gathered for a summary")),
        )

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep one of them."""
        now = clock.now()
        asked = {
            "due": Q(due_at__lte=now),
            "taken": Q(due_at__gt=now, lease__isnull=False),
            "later": Q(due_at__gt=now, lease=None),
            "gathered": Q(gathered=True),
        }
        value = self.value()
        if value not in asked:
            return queryset
        return queryset.filter(asked[str(value)], state=Delivery.State.PENDING)


class AttemptInline(ReadOnlyInline):
    """Each try and what came of it; what the other side said often names the address, and never shows."""

    model = Attempt
    fields = ["number", "at", "took_ms", "outcome", "status", "why"]

    @admin.display(description=_("reason"))
    def why(self, attempt: Attempt) -> str:
        """Tell what we say of it ourselves."""
        return own(attempt.detail) or "–"


@admin.register(Delivery)
class DeliveryAdmin(ReasonedActions, ReadOnlyAdmin):
    """What waits, what failed, and who has what in hand; not what it says."""

    reasoned = (
        ReasonedAction(
            "again",
            _("Send again…"),
            _("These are due now, with all their tries, alone, each under its own key:"),
            operations.DELIVERIES,
            _again,
        ),
        ReasonedAction(
            "drop",
            _("Do not send…"),
            _("These are not sent; what they told stays in the page of their people:"),
            operations.DELIVERIES,
            _drop,
            is_destructive=True,
        ),
    )
    list_display = [
        "key", "kind", "owner", "state", "attempts", "came", "due_at", "taken", "purpose", "created_at",
    ]  # fmt: skip
    list_filter = ["state", StandingFilter, "channel__kind", "purpose", ("created_at", PeriodFilter)]
    list_select_related = ["channel__owner"]
    search_fields = ["=uuid", "=channel__uuid"]
    search_people = ["channel__owner"]
    search_help_text = _("The id of a delivery or of a channel, or a person's address or id.")
    ordering = ["-id"]
    sortable_by = ()
    fields = [
        "uuid", "channel", "kind", "owner", "purpose", "about", "state", "attempts", "due_at", "taken",
        "gathered", "came", "created_at", "done_at",
    ]  # fmt: skip
    inlines = [AttemptInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Tell with each what came of its last try."""
        last = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-number", "-pk")
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                last_outcome=Subquery(last.values("outcome")[:1]),
                last_status=Subquery(last.values("status")[:1]),
            )
        )
        return rows

    def offered_for(self, request: HttpRequest, row: Delivery) -> list[ReasonedAction]:
        """Leave out what would be refused."""
        fits = {"pending": {"drop"}, "failed": {"again"}, "dropped": {"again"}}.get(row.state, set())
        return [one for one in super().offered_for(request, row) if one.name in fits]

    @admin.display(description=_("id"))
    def key(self, row: Delivery) -> str:
        """Show the end of its id."""
        return short(str(row.uuid))

    @admin.display(description=_("kind of channel"))
    def kind(self, row: Delivery) -> str:
        """Tell the kind of its channel."""
        return str(row.channel.get_kind_display())

    @admin.display(description=_("person"))
    def owner(self, row: Delivery) -> str:
        """Name whose it is."""
        return str(row.channel.owner)

    @admin.display(description=_("last outcome"))
    def came(self, row: Any) -> str:
        """Tell why it was not sent, or what came of the last try; never what the other side said."""
        last = " ".join(str(one) for one in (row.last_outcome, row.last_status) if one is not None)
        return own(row.error) or last or "–"

    @admin.display(description=_("about"))
    def about(self, row: Delivery) -> str:
        """Tell the kind of what it tells, not the words."""
        told = row.notification
        return "–" if told is None else f"{told.get_kind_display()}: {told.event}"

    @admin.display(description=_("being sent"), boolean=True)
    def taken(self, row: Delivery) -> bool:
        """Tell whether a worker has it in hand."""
        is_leased = row.state == Delivery.State.PENDING and row.lease is not None
        return is_leased and row.due_at > clock.now()


@admin.register(Outbox)
class OutboxAdmin(ReasonedActions, ReadOnlyAdmin):
    """The switch of all deliveries."""

    reasoned = (
        ReasonedAction(
            "pause",
            _("Pause all deliveries…"),
            _("Nothing leaves until it goes on; what is told meanwhile waits and is not lost:"),
            operations.OUTBOX,
            _pause,
            is_destructive=True,
        ),
        ReasonedAction(
            "go_on",
            _("Go on…"),
            _("What waited leaves now, the oldest first:"),
            operations.OUTBOX,
            _resume,
        ),
    )
    list_display = ["stands", "paused_at", "reason", "waits"]
    search_fields = ["reason"]
    sortable_by = ()
    fields = ["stands", "paused_at", "reason", "waits"]

    def offered_for(self, request: HttpRequest, row: Outbox) -> list[ReasonedAction]:
        """Offer the other state."""
        useless = "pause" if row.paused_at else "go_on"
        return [one for one in super().offered_for(request, row) if one.name != useless]

    @admin.display(description=_("deliveries"))
    def stands(self, row: Outbox) -> str:
        """Tell whether they leave."""
        return gettext("are paused") if row.paused_at else gettext("leave")

    @admin.display(description=_("waiting"))
    def waits(self, _row: Outbox) -> int:
        """Count what waits."""
        return Delivery.objects.filter(state=Delivery.State.PENDING).count()

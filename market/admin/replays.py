"""Worlds that play history again, in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.adminsite.actions import ReasonedAction
from core.adminsite.forms import ServiceForm
from core.worlds import now_in
from market.admin.instruments import ServiceAdmin
from market.models import Instrument, Replay
from market.services import replay as services

if TYPE_CHECKING:
    _Form = forms.ModelForm[Replay]
else:
    _Form = forms.ModelForm


_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class ReplayForm(ServiceForm, _Form):
    """A world to make, or how fast one plays."""

    name = forms.CharField(label=_("Name"), max_length=80)
    # of one input each: the admin's own has two, of which none has a label
    starts_at = forms.DateTimeField(label=_("Starts"), widget=_MOMENT)
    ends_at = forms.DateTimeField(
        label=_("Ends"), required=False, widget=_MOMENT, help_text=_("Empty: it plays up to now.")
    )
    symbols = forms.CharField(
        label=_("Symbols"),
        required=False,
        help_text=_("Of public instruments, parted by spaces; empty: all of them."),
    )

    class Meta:
        model = Replay
        fields = ("starts_at", "ends_at", "speed")

    def clean_symbols(self) -> list[Instrument]:
        """Find the instruments.

        Raises:
            ValidationError: a symbol is of none.
        """
        words = {one.upper() for one in self.cleaned_data["symbols"].split()}
        found = list(Instrument.objects.filter(owner=None, symbol__in=words).order_by("pk"))
        missing = sorted(words - {one.symbol for one in found})
        if missing:
            raise forms.ValidationError(gettext("No instrument has this symbol: %s") % ", ".join(missing))
        return found

    def validate_unique(self) -> None:
        """Leave it to the service."""

    def apply(self) -> Replay:
        """Make the world, or change its speed."""
        values = self.cleaned_data
        if not self.instance._state.adding:  # noqa: SLF001  # Django's documented way to tell a new row
            return services.set_speed(actor=self.actor, world_id=self.instance.pk, speed=values["speed"])
        data = services.ReplayData(
            name=values["name"],
            starts_at=values["starts_at"],
            ends_at=values["ends_at"],
            speed=values["speed"],
            instruments=values["symbols"],
        )
        return services.create_replay(actor=self.actor, data=data)


def _pause(actor: Actor, row: Replay, reason: str) -> None:
    services.pause_replay(actor=actor, world_id=row.pk, reason=reason)


def _resume(actor: Actor, row: Replay, reason: str) -> None:
    services.resume_replay(actor=actor, world_id=row.pk, reason=reason)


def _end(actor: Actor, row: Replay, reason: str) -> None:
    services.end_replay(actor=actor, world_id=row.pk, reason=reason)


@admin.register(Replay)
class ReplayAdmin(ServiceAdmin):
    """Replays: made here, held and ended by actions that ask why."""

    form: Any = ReplayForm
    reasoned = (
        ReasonedAction("resume", _("Go on…"), _("These play on from here:"), services.CHANGE, _resume),
        ReasonedAction("pause", _("Pause…"), _("The clocks of these stand:"), services.CHANGE, _pause),
        ReasonedAction(
            "finish",
            _("End…"),
            _("These end for good; their prices stay:"),
            services.CHANGE,
            _end,
            is_destructive=True,
        ),
    )
    search_fields = ["world__name"]
    list_display = ["world", "state", "shows", "speed", "starts_at", "ends_at", "played_to"]
    list_select_related = ["world"]
    ordering = ["-world"]
    fieldsets = (
        (None, {"fields": ("name", "symbols", "starts_at", "ends_at", "speed")}),
        (_("Now"), {"fields": ("state", "shows", "played_to", "ended_at")}),
    )
    readonly_fields = ["state", "shows", "played_to", "ended_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let only the speed of one that is there be changed."""
        fixed = [] if obj is None else ["world", "starts_at", "ends_at"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the name and the symbols of a new one only."""
        if obj is None:
            return self.fieldsets[:1]
        return ((None, {"fields": ("world", "starts_at", "ends_at", "speed")}), self.fieldsets[1])

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Take away the fields of a new one from one that is there."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None:
            for name in ("name", "symbols"):
                form.base_fields.pop(name, None)
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the worlds along with them."""
        rows: QuerySet[Any] = super().get_queryset(request).select_related("world")
        return rows

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave one that has ended as it is."""
        ended = obj is not None and obj.ended_at is not None
        return not ended and super().has_change_permission(request, obj)

    def offered_for(self, request: HttpRequest, row: Replay) -> list[ReasonedAction]:
        """Offer what would change something."""
        useless = "resume" if row.world.clock_speed else "pause"
        offered = [one for one in super().offered_for(request, row) if one.name != useless]
        return [] if row.ended_at else offered

    @admin.display(description=_("state"))
    def state(self, row: Replay) -> str:
        """Tell whether it plays."""
        if row.ended_at:
            return gettext("ended")
        return gettext("plays") if row.world.clock_speed else gettext("stands")

    @admin.display(description=_("shows"))
    def shows(self, row: Replay) -> str:
        """Tell what its clock shows (UTC)."""
        return f"{now_in(row.world):%Y-%m-%d %H:%M:%S}"

"""How often an alert fires, how long it waits, and what it says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.forms import DAYS_TO_WAIT
from alerts.models import Alert
from alerts.services.alerts import LONGEST_NOTE, end_of
from core import clock
from core.forms import DayField

ONCE, EVERY_TIME = "once", "every"
USUAL, ON_A_DAY, NEVER = "usual", "on", "never"
USUAL_REST: Final = 15
RESTS: Final = (
    (1, _("1 minute")),
    (USUAL_REST, _("15 minutes")),
    (60, _("1 hour")),
    (60 * 4, _("4 hours")),
    (60 * 24, _("1 day")),
    (60 * 24 * 7, _("1 week")),
    (60 * 24 * 30, _("30 days")),
)


class OptionsForm(forms.Form):
    """What an alert is besides what it waits for; it is about one thing, or `joined` says of how many."""

    joined = forms.ChoiceField(
        label=_("Fires when"),
        choices=((Alert.Joined.ALL, _("all of it is so")), (Alert.Joined.ANY, _("any of it is so"))),
        required=False,
        widget=forms.Select(attrs={"data-redraws": ""}),
    )
    repeats = forms.ChoiceField(
        label=_("Fires"), choices=((ONCE, _("once")), (EVERY_TIME, _("every time"))), required=False
    )
    cooldown_minutes = forms.TypedChoiceField(
        label=_("Then rests"), choices=RESTS, coerce=int, initial=USUAL_REST, required=False
    )
    rearm = forms.ChoiceField(
        label=_("And fires again"),
        choices=(
            (Alert.Rearm.RETURN, _("once it was no longer so in between")),
            (Alert.Rearm.HOLDS, _("as long as it is so")),
        ),
        required=False,
    )
    ends = forms.ChoiceField(
        label=_("Ends"),
        choices=(
            (USUAL, _("in 90 days")),
            (ON_A_DAY, _("on a day")),
            (NEVER, _("never: it waits as long as it takes")),
        ),
        required=False,
    )
    ends_on = DayField(label=_("Last day"), required=False)
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("You read it when the alert fires."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # templates mark what is optional; all but the note have a default
            field.depends = name != "note"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for the day where it ends on one."""
        values = super().clean() or {}
        if values.get("ends") == ON_A_DAY and values.get("ends_on") is None and "ends_on" not in self.errors:
            self.add_error("ends_on", gettext("Choose the day."))
        return values

    def how_joined(self) -> str:
        """Tell how the clauses of a rule count; of one alone it makes no difference."""
        return str(self.cleaned_data["joined"] or Alert.Joined.ALL.value)

    def values(self) -> dict[str, Any]:
        """Take what was typed as the services name it."""
        typed = self.cleaned_data
        return {
            "note": typed["note"],
            "repeats": typed["repeats"] == EVERY_TIME,
            "cooldown_minutes": typed["cooldown_minutes"] or USUAL_REST,
            "rearm": typed["rearm"] or Alert.Rearm.RETURN.value,
            "expires_at": self._end(),
        }

    def _end(self) -> datetime | None:
        """Tell the instant of the end: of a day, in the reader's time zone, with the day itself."""
        typed = self.cleaned_data
        if typed["ends"] == NEVER:
            return None
        if typed["ends"] == ON_A_DAY:
            return end_of(typed["ends_on"], timezone.get_current_timezone())
        return clock.now() + timedelta(days=DAYS_TO_WAIT)


def options_of(alert: Alert) -> dict[str, Any]:
    """Tell what the form shows of an alert that is there."""
    ends = alert.expires_at
    # the last instant of its last day, so that a day that is not changed stays
    last = None if ends is None else timezone.localtime(ends - timedelta(microseconds=1)).date()
    return {
        "joined": alert.joined,
        "repeats": EVERY_TIME if alert.repeats else ONCE,
        "cooldown_minutes": alert.cooldown_minutes,
        "rearm": alert.rearm,
        "ends": NEVER if last is None else ON_A_DAY,
        "ends_on": last,
        "note": alert.note,
    }

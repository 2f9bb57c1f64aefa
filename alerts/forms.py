"""Forms of the pages of alerts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.domain.conditions import Condition
from alerts.models import Alert
from alerts.services.alerts import LONGEST_NOTE, AlertData
from core import clock
from core.forms import DayField, NumberField
from portfolios.forms import InstrumentField

# how long an alert waits where nothing else is chosen
DAYS_TO_WAIT: Final = 90
ONCE, EVERY_TIME = "once", "every"
FIRES: Final = ((ONCE, _("once")), (EVERY_TIME, _("every time")))
RESTS: Final = (
    (1, _("1 minute")),
    (15, _("15 minutes")),
    (60, _("1 hour")),
    (60 * 4, _("4 hours")),
    (60 * 24, _("1 day")),
    (60 * 24 * 7, _("1 week")),
)
ENDS: Final = (
    ("usual", _("in 90 days")),
    ("on", _("on a day")),
    ("never", _("never: it waits as long as it takes")),
)


class AtForm(forms.Form):
    """A level of an instrument that was clicked on its chart, per unit in its currency."""

    condition = forms.ChoiceField(label=_("When the price"), choices=Alert.CONDITIONS)
    level = NumberField(label=_("Level"))

    def asked(self) -> Condition:
        """Tell the condition that was chosen."""
        return Condition(self.cleaned_data["condition"])


class AlertForm(forms.Form):
    """An alert on a price: what it waits for, and how often and how long."""

    instrument = InstrumentField(label=_("Instrument"))
    condition = forms.ChoiceField(label=_("When the price"), choices=Alert.CONDITIONS)
    level = NumberField(label=_("Level"))
    repeats = forms.ChoiceField(label=_("Fires"), choices=FIRES, required=False)
    cooldown_minutes = forms.TypedChoiceField(
        label=_("Then rests"), choices=RESTS, coerce=int, required=False
    )
    ends = forms.ChoiceField(label=_("Ends"), choices=ENDS, required=False)
    ends_on = DayField(label=_("Last day"), required=False)
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("You read it when the alert fires."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["instrument"]
        if isinstance(field, InstrumentField):
            field.user = user

    def clean(self) -> dict[str, Any]:
        """Ask for the day where it ends on one."""
        values = super().clean() or {}
        if values.get("ends") == "on" and values.get("ends_on") is None and "ends_on" not in self.errors:
            self.add_error("ends_on", gettext("Choose the day."))
        return values

    def data_of_alert(self) -> AlertData:
        """Take what was typed as the service wants it."""
        typed = self.cleaned_data
        return AlertData(
            condition=Condition(typed["condition"]),
            level=typed["level"],
            note=typed["note"],
            repeats=typed["repeats"] == EVERY_TIME,
            cooldown_minutes=typed["cooldown_minutes"] or RESTS[1][0],
            expires_at=self._end(),
        )

    def _end(self) -> datetime | None:
        """Tell the instant of the end: of a day, in the reader's time zone, with the day itself."""
        typed = self.cleaned_data
        if typed["ends"] == "never":
            return None
        if typed["ends"] == "on":
            following = typed["ends_on"] + timedelta(days=1)
            return timezone.make_aware(datetime.combine(following, time.min))
        return clock.now() + timedelta(days=DAYS_TO_WAIT)

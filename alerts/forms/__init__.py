"""Forms of the pages of alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.domain.conditions import Condition
from alerts.models import Alert
from core import clock
from core.forms import NumberField

# how long an alert waits where nothing else is chosen
DAYS_TO_WAIT: Final = 90
SPANS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class AtForm(forms.Form):
    """A level of an instrument that was clicked on its chart, per unit in its currency."""

    condition = forms.ChoiceField(label=_("When the price"), choices=Alert.CONDITIONS)
    level = NumberField(label=_("Level"))

    def asked(self) -> Condition:
        """Tell the condition that was chosen."""
        return Condition(self.cleaned_data["condition"])


class SnoozeForm(forms.Form):
    """Until when an alert waits for nothing: for a while from now, or to an instant in one's own time."""

    span = forms.ChoiceField(choices=[(name, name) for name in SPANS], required=False)
    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        help_text=_("In your own time zone. What happens meanwhile does not fire it."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        values = super().clean() or {}
        if not values.get("span") and not values.get("until") and not self.errors:
            self.add_error("until", gettext("Choose a day and a time."))
        return values

    def ends(self) -> datetime:
        """Tell the instant."""
        until: datetime | None = self.cleaned_data["until"]
        return until or clock.now() + SPANS[self.cleaned_data["span"]]

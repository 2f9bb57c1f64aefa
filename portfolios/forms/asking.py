"""The question on top of pages of figures: of what, over which period, how counted and measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, NumberField

DATES: Final = "dates"
CHARGES: Final = (
    ("", _("As usual")),
    ("after", _("After fees and taxes")),
    ("before-taxes", _("After fees, before taxes")),
    ("before", _("Before fees and taxes")),
)
# Percent a year.
LEAST_RATE, MOST_RATE = Decimal(-99), Decimal(1000)
# A value and its label, or a group of them under a label.
Choices = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Offered:
    """What a page lets its reader choose: nothing to choose among leaves the field out."""

    scopes: Choices
    spans: Choices
    rates: bool = False


class AskForm(forms.Form):
    """A question in the address: every field has a default, and what is typed wrongly is named."""

    scope = forms.ChoiceField(label=_("Of"), required=False)
    charges = forms.ChoiceField(label=_("Counted"), required=False, choices=CHARGES)
    range = forms.ChoiceField(label=_("Period"), required=False)
    risk_free = NumberField(label=_("Risk-free rate, % a year"), required=False)
    target = NumberField(label=_("Target, % a year"), required=False)

    def __init__(self, values: Mapping[str, str], offered: Offered) -> None:
        super().__init__(values)
        self.fields["from"] = DayField(label=_("From the close of"), required=False)
        self.fields["to"] = DayField(label=_("To the close of"), required=False)
        for name, choices in (("scope", offered.scopes), ("range", offered.spans)):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices
        left_out = [] if offered.scopes else ["scope", "charges"]
        left_out += [] if offered.rates else ["risk_free", "target"]
        for name in left_out:
            del self.fields[name]
        self.order_fields(["scope", "charges", "range", "from", "to", "risk_free", "target"])
        for field in self.fields.values():
            # templates mark what is optional; here everything has a default
            field.depends = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for both days of a period of one's own, and for rates that can be."""
        values = super().clean() or {}
        for name in ("from", "to") if values.get("range") == DATES else ():
            if values.get(name) is None and name not in self.errors:
                self.add_error(name, gettext("Choose the day."))
        for name in ("risk_free", "target"):
            rate = values.get(name)
            if rate is not None and not LEAST_RATE <= rate <= MOST_RATE:
                self.add_error(name, gettext("Must be between −99 and 1000."))
        return values

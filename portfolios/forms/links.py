"""The form of a public link."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from core import clock
from portfolios.models import PublicLink
from portfolios.services.sharing import LinkInput

NEVER = "never"
LIFETIMES = [
    ("7", _("7 days")),
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("A year")),
    (NEVER, _("Never; I will revoke it myself")),
]


class PublicLinkForm(forms.Form):
    """What a link shows to whoever has it, and until when."""

    label = forms.CharField(
        label=_("Title of the page"),
        max_length=PublicLink.LABEL_LENGTH,
        required=False,
        help_text=_("Left empty, the portfolio’s name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shows = forms.ChoiceField(
        label=_("It shows"),
        choices=PublicLink.Shows.choices,
        help_text=_("Percentages only: no amount, quantity or price is anywhere in it."),
    )
    names = forms.ChoiceField(
        label=_("Names of holdings"),
        choices=PublicLink.Names.choices,
        help_text=_("Instruments that you made yourself are called “Private holding” unless you show all."),
    )
    lifetime = forms.ChoiceField(label=_("It ends after"), choices=LIFETIMES, initial="90")

    @property
    def data_of_link(self) -> LinkInput:
        """Say what was chosen."""
        clean = self.cleaned_data
        lasts: str = clean["lifetime"]
        ends = None if lasts == NEVER else clock.now() + timedelta(days=int(lasts))
        return LinkInput(clean["label"], clean["shows"], clean["names"], ends)

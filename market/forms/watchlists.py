"""Forms of watchlists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import ValidationFailed
from market.models import Instrument
from market.models.watchlists import NAME_LENGTH
from market.selectors import instruments


class NameForm(forms.Form):
    """The name of a list."""

    name = forms.CharField(
        label=_("Name"), max_length=NAME_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class AddForm(forms.Form):
    """An instrument for a list: the one that was picked, or what was typed of it; `at`: its place."""

    symbol = forms.CharField(required=False, max_length=100)
    instrument = forms.UUIDField(required=False)
    at = forms.IntegerField(required=False, min_value=0)

    def chosen(self, user: Any) -> Instrument:
        """Find the instrument.

        Raises:
            NotFound: the user sees no such instrument.
            ValidationFailed: nothing has the symbol or ISIN that was typed, or several do.
        """
        picked = self.cleaned_data.get("instrument")
        if picked:
            return instruments.get(user, picked)
        typed = self.cleaned_data.get("symbol", "").strip()
        found = instruments.by_symbol(user, typed) if typed else None
        if found is None:
            message = gettext("No instrument has the symbol or ISIN “%(typed)s”.") % {"typed": typed}
            raise ValidationFailed.of("symbol", message)
        return found


class MoveForm(forms.Form):
    """Where an instrument goes on its list: `to` counts from 0."""

    instrument = forms.UUIDField()
    to = forms.IntegerField(min_value=0)

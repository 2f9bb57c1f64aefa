"""Form fields that every app's forms may use: numbers and currencies as people type them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import ValidationFailed
from core.fields import CURRENCY_CODE
from core.money import parse_decimal, plain

NUMBER_FAULTS: Final = {
    "ambiguous": _("This can be read in two ways. Write 1234 or 1.234, without a thousands comma."),
    "too-large": _("At most 20 digits before the decimal point."),
    "too-fine": _("At most 18 digits after the decimal point."),
}
NOT_A_NUMBER: Final = _("Enter a number, such as 12.5 or 12,5.")


class NumberField(forms.CharField):
    """A decimal as people write it: with a point or a comma, with or without thousands."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(max_length=60, widget=forms.TextInput(attrs=attrs), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a decimal with a point and without trailing zeros."""
        return plain(value) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Any:
        """Read the number; nothing typed is None."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_decimal(text, "number")
        except ValidationFailed as error:
            raise forms.ValidationError(NUMBER_FAULTS.get(error.errors[0].code, NOT_A_NUMBER)) from error


class CodeField(forms.CharField):
    """A currency's code; lower case is taken too."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false", "list": "currencies", "size": "5"}
        super().__init__(
            max_length=12, widget=forms.TextInput(attrs=attrs), validators=[CURRENCY_CODE], **kwargs
        )

    def to_python(self, value: Any) -> str:
        """Fold to upper case."""
        return str(super().to_python(value) or "").upper()


class DayField(forms.DateField):
    """A calendar date, typed or picked."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)

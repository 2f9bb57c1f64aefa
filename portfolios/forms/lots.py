"""The lots that a sale takes, as somebody types them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.forms import NumberField
from core.templatetags.figures import decimal_text
from portfolios.selectors.relief import OpenLot
from portfolios.services.inputs import LotPick

PLACES = 8


class LotsForm(forms.Form):
    """How many units a sale takes of each lot; shown first is what it would take anyway."""

    def __init__(self, *args: Any, lots: list[OpenLot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lots = lots
        for lot in lots:
            label = _("Bought %(day)s: take of %(quantity)s") % {
                "day": date_format(lot.acquired, "DATE_FORMAT"),
                "quantity": decimal_text(lot.quantity, PLACES),
            }
            self.fields[str(lot.acquisition)] = NumberField(
                label=label, required=False, initial=lot.taken or None
            )

    def rows(self) -> list[tuple[OpenLot, forms.BoundField]]:
        """List the lots, each with its field."""
        return [(lot, self[str(lot.acquisition)]) for lot in self._lots]

    def picks(self) -> tuple[LotPick, ...]:
        """Tell what was chosen; a lot that is left empty is not taken."""
        typed: dict[str, Decimal | None] = self.cleaned_data
        pairs = [(lot.acquisition, typed[str(lot.acquisition)]) for lot in self._lots]
        return tuple(LotPick(transaction=key, quantity=units) for key, units in pairs if units)

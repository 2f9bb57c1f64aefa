"""Admin forms that ask the services, so that staff meet the same rules as everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django import forms

from core.adminsite.forms import ServiceForm
from market.models import CorporateAction, Instrument
from market.services.actions import ActionData, record_corporate_action
from market.services.instruments import InstrumentData, create_instrument, update_instrument

if TYPE_CHECKING:
    _InstrumentForm = forms.ModelForm[Instrument]
    _ActionForm = forms.ModelForm[CorporateAction]
else:
    _InstrumentForm = _ActionForm = forms.ModelForm


class InstrumentForm(ServiceForm, _InstrumentForm):
    """A public instrument."""

    class Meta:
        model = Instrument
        fields = (
            "symbol", "name", "kind", "currency", "quote_unit", "exchange", "isin", "sector", "country",
            "coin_id", "is_fictional",
        )  # fmt: skip

    def apply(self) -> Instrument:
        """Create the instrument, or change it."""
        exchange = self.cleaned_data.get("exchange")
        values = {**self.cleaned_data, "exchange": exchange.mic if exchange else ""}
        if self.instance._state.adding:  # noqa: SLF001  # Django's documented way to tell a new row
            return create_instrument(actor=self.actor, data=InstrumentData(**values), public=True)
        return update_instrument(actor=self.actor, uuid=self.instance.uuid, changes=values)


class ActionForm(ServiceForm, _ActionForm):
    """A corporate action of a public instrument."""

    class Meta:
        model = CorporateAction
        fields = (
            "instrument", "kind", "ex_date", "pay_date", "target", "numerator", "denominator", "amount",
            "currency", "cost_share", "cash_in_lieu", "pays_out", "new_symbol",
        )  # fmt: skip

    def apply(self) -> CorporateAction:
        """Record the action."""
        values = dict(self.cleaned_data)
        instrument_uuid: UUID = values.pop("instrument").uuid
        target = values.pop("target", None)
        data = ActionData(**values, target=target.uuid if target else None)
        return record_corporate_action(
            actor=self.actor, instrument_uuid=instrument_uuid, data=data, source="staff"
        )

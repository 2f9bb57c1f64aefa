"""Forms of the page of rebalancing: what to plan, the targets, the lot sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import NumberField
from market.models import Instrument
from portfolios.domain.exact import ZERO, exact
from portfolios.domain.rebalancing import CASH, Asset, Funding
from portfolios.forms import InstrumentField
from portfolios.selectors.rebalancing import Asked, group_of
from portfolios.selectors.tags import labels
from portfolios.services.targets import TargetInput

NEW_ROWS = 3
FUNDINGS = (
    (Funding.TRADES.value, _("Sales, cash and new money")),
    (Funding.CASH.value, _("Cash and new money, no sales")),
    (Funding.NEW_MONEY.value, _("New money only")),
)


class PlanForm(forms.Form):
    """What the plan may use."""

    funding = forms.ChoiceField(label=_("Pay with"), choices=FUNDINGS, required=False)
    new_money = NumberField(label=_("New money"), required=False)
    tax_rate = NumberField(
        label=_("Tax on gains, %"), required=False, help_text=_("Of what sales gain, to see what is due.")
    )

    def clean(self) -> dict[str, Any]:
        """Refuse what is less than nothing."""
        values = super().clean() or {}
        for name in ("new_money", "tax_rate"):
            if (values.get(name) or ZERO) < 0:
                self.add_error(name, gettext("Must be 0 or more."))
        return values

    def asked(self, by: str) -> Asked:
        """Tell what is asked for; what was typed wrongly counts as not given."""
        values = self.cleaned_data if self.is_valid() else {}
        return Asked(
            by=by,
            funding=Funding(values.get("funding") or Funding.TRADES),
            new_money=values.get("new_money") or ZERO,
            tax_rate=_fraction(values.get("tax_rate")),
        )


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group that may have a target: its weight as a fraction (None: none yet) and what to buy for it."""

    key: str
    label: str
    weight: Decimal | None
    instrument: Instrument | None


class TargetsForm(forms.Form):
    """The target of each group in percent, and groups that are not held yet by what to buy of them."""

    def __init__(
        self, *args: Any, by: str, groups: Sequence[GroupRow], user: Any, besides: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.groups, self._buys = by, groups, by != "instrument"
        self._tags = labels(user.pk, by)
        for at, one in enumerate(groups):
            self._weight(f"weight-{at}", one.label, one.weight)
            if self._buys and one.key != CASH:
                self._pick(
                    f"buy-{at}",
                    gettext("Buy for %(group)s") % {"group": one.label},
                    one.instrument,
                    user,
                    besides,
                )
        for at in range(NEW_ROWS):
            self._pick(f"new-{at}", gettext("Instrument"), None, user, besides)
            self._weight(f"new-weight-{at}", gettext("Target, %"), None)

    def _weight(self, name: str, label: str, weight: Decimal | None) -> None:
        with exact():
            shown = None if weight is None else weight * 100
        self.fields[name] = NumberField(label=label, required=False, initial=shown)

    def _pick(self, name: str, label: str, initial: Instrument | None, user: Any, besides: Any) -> None:
        field = InstrumentField(label=label, required=False, initial=initial)
        field.user, field.besides = user, besides
        self.fields[name] = field

    def rows(self) -> Iterator[tuple[GroupRow, BoundField, BoundField | None]]:
        """List the groups with their fields."""
        for at, one in enumerate(self.groups):
            yield one, self[f"weight-{at}"], self[f"buy-{at}"] if f"buy-{at}" in self.fields else None

    def new_rows(self) -> list[tuple[BoundField, BoundField]]:
        """List the fields of groups that are not held yet."""
        return [(self[f"new-{at}"], self[f"new-weight-{at}"]) for at in range(NEW_ROWS)]

    def targets(self) -> list[TargetInput]:
        """Tell the targets that were typed; a group without a number has none."""
        values, found = self.cleaned_data, []
        for at, one in enumerate(self.groups):
            weight = _fraction(values.get(f"weight-{at}"))
            if weight:
                bought = values.get(f"buy-{at}") if self._buys else one.instrument
                found.append(TargetInput(key=one.key, weight=weight, instrument=bought))
        for at in range(NEW_ROWS):
            weight, instrument = _fraction(values.get(f"new-weight-{at}")), values.get(f"new-{at}")
            if weight and instrument:
                key = group_of(self.by, instrument, self._tags)
                found.append(TargetInput(key=key, weight=weight, instrument=instrument))
        return found

    def clean(self) -> dict[str, Any]:
        """Ask for the instrument where a new group has only a number."""
        values = super().clean() or {}
        for at in range(NEW_ROWS):
            if (
                values.get(f"new-weight-{at}")
                and not values.get(f"new-{at}")
                and f"new-{at}" not in self.errors
            ):
                self.add_error(f"new-{at}", gettext("Choose what to buy."))
        return values


class LotsForm(forms.Form):
    """In which steps instruments trade."""

    def __init__(self, *args: Any, assets: Sequence[tuple[Instrument, Asset]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.assets = assets
        for instrument, asset in assets:
            self.fields[f"lot-{asset.key}"] = NumberField(
                label=instrument.symbol, required=False, initial=asset.lot
            )

    def changed(self) -> list[tuple[Instrument, Decimal | None]]:
        """List the instruments whose lot size is another; None: the usual one again."""
        return [
            (instrument, self.cleaned_data[f"lot-{asset.key}"])
            for instrument, asset in self.assets
            if self.cleaned_data[f"lot-{asset.key}"] != asset.lot
        ]


def _fraction(percent: Decimal | None) -> Decimal | None:
    with exact():
        return None if percent is None else percent / 100

"""One thing that an alert waits for: the fields that its kind asks for, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.domain.conditions import Condition
from alerts.domain.rules import NEEDS, PARAMETERS, WHOLE, Bounds, Fault, Kind, Need, Subject, faults
from alerts.forms.kinds import DIRECTIONS, KINDS, USUAL_DIRECTIONS, label_of
from alerts.models import Clause
from alerts.services.rules import ClauseData
from core.errors import NotFound, ValidationFailed
from core.forms import NumberField
from core.money import plain
from market.models import Instrument
from market.selectors import instruments
from portfolios.forms import InstrumentField
from portfolios.models import Portfolio
from portfolios.selectors import portfolios

FIRST: Final = Kind.CROSSES
PLAIN: Final = frozenset(one.value for one in Condition)


def kind_of(text: str) -> Kind:
    """Read a kind; what makes no sense is the first."""
    return Kind(text) if text in set(Kind) else FIRST


class ClauseForm(forms.Form):
    """What a clause says of an instrument (levels for one unit, in its currency), or of a portfolio.

    The kind, of what is posted or of `initial`, decides which fields there are.
    """

    kind = forms.ChoiceField(label=_("What"), choices=KINDS, widget=forms.Select(attrs={"data-redraws": ""}))

    def __init__(self, user: Any, data: Any = None, *, number: int, initial: Mapping[str, Any]) -> None:
        super().__init__(data, prefix=f"c{number}", initial=dict(initial))
        self.user, self.number = user, number
        posted = data.get(f"c{number}-kind", "") if data is not None else initial.get("kind", "")
        self.asked = kind_of(str(posted))
        self.initial.setdefault("kind", self.asked.value)
        need = NEEDS[self.asked]
        self._add_subject(need)
        if need.directions:
            words = DIRECTIONS.get(self.asked, USUAL_DIRECTIONS)
            choices = [(one.value, words[one]) for one in need.directions]
            self.fields["direction"] = forms.ChoiceField(label=_("Which way"), choices=choices)
        for name in PARAMETERS:
            if name in need.parameters:
                self._add_parameter(name, need.parameters[name])

    def _add_subject(self, need: Need) -> None:
        if need.subject is not Subject.INSTRUMENT:
            rows = portfolios.visible_to(self.user).filter(kind=Portfolio.Kind.REAL)
            self.fields["portfolio"] = forms.ModelChoiceField(
                label=_("Portfolio"), queryset=rows, empty_label=_("Choose one")
            )
        if need.subject is not Subject.PORTFOLIO:
            field = InstrumentField(label=_("Instrument"))
            field.user = self.user
            self.fields["instrument"] = field
        self.order_fields(["portfolio", "instrument", "kind"])

    def _add_parameter(self, name: str, bounds: Bounds) -> None:
        label = label_of(self.asked, name)
        if name in WHOLE:
            self.fields[name] = forms.IntegerField(
                label=label,
                min_value=int(bounds.lowest),
                max_value=int(bounds.highest),
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )
        else:
            self.fields[name] = NumberField(label=label)
        if bounds.usual is not None:
            self.initial.setdefault(name, bounds.usual if name not in WHOLE else int(bounds.usual))

    @property
    def subjects(self) -> list[Any]:
        """The fields of what it is about."""
        return [self[name] for name in ("portfolio", "instrument") if name in self.fields]

    @property
    def parameters(self) -> list[Any]:
        """The fields of what its kind has to be told."""
        return [self[name] for name in ("direction", *PARAMETERS) if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Hold the parameters against what the kind bears."""
        typed = super().clean() or {}
        if self.errors:
            return typed
        given = {name: typed.get(name) for name in PARAMETERS}
        instrument: Instrument | None = typed.get("instrument")
        if instrument is not None:
            for name in ("level", "upper"):
                given[name] = in_quote_units(given[name], instrument)
        for name, fault in faults(self.asked, given, typed.get("direction", "")):
            self.add_error(name if name in self.fields else None, self._complaint(name, fault))
        return typed

    def _complaint(self, name: str, fault: Fault) -> str:
        if fault is Fault.NOT_ABOVE:
            return gettext("It must be above the other one.")
        bounds = NEEDS[self.asked].parameters.get(name)
        if fault is Fault.OUT_OF_RANGE and bounds is not None and name not in {"level", "upper"}:
            return gettext("Must be between %(lowest)s and %(highest)s.") % {
                "lowest": plain(bounds.lowest),
                "highest": plain(bounds.highest),
            }
        return gettext("Enter an amount above zero.")

    def said(self) -> ClauseData:
        """Take what was typed as the service wants it."""
        typed = self.cleaned_data
        instrument, portfolio = typed.get("instrument"), typed.get("portfolio")
        return ClauseData(
            kind=self.asked,
            instrument=instrument.uuid if instrument else None,
            portfolio=portfolio.pk if portfolio else None,
            direction=typed.get("direction", ""),
            **{name: typed.get(name) for name in PARAMETERS},
        )


def in_quote_units(price: Any, instrument: Instrument) -> Any:
    """Take a price for one unit as the instrument is quoted."""
    return price / instrument.quote_unit if isinstance(price, Decimal) else price


def typed_before(user: Any, data: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Take what stands in a clause's fields as what another form of it begins with, nothing of it checked."""
    prefix = f"c{number}-"
    found: dict[str, Any] = {
        name: data[prefix + name]
        for name in ("kind", "direction", "portfolio", *PARAMETERS)
        if data.get(prefix + name)
    }
    instrument = chosen(user, data.get(f"{prefix}instrument_uuid", ""), data.get(f"{prefix}instrument", ""))
    if instrument is not None:
        found["instrument"] = instrument
    return found


def chosen(user: Any, key: str, text: str = "") -> Instrument | None:
    """Find the instrument that was picked, or whose symbol was typed; None where there is none."""
    try:
        return (
            instruments.get(user, UUID(key)) if key else instruments.by_symbol(user, text) if text else None
        )
    except (ValueError, NotFound, ValidationFailed):
        return None  # the form says so when it is sent


def told_of(clause: Clause) -> dict[str, Any]:
    """Tell what the form shows of a clause that is there."""
    found: dict[str, Any] = {"kind": clause.kind, "direction": clause.direction}
    found |= {name: getattr(clause, name) for name in PARAMETERS}
    if clause.instrument is not None:
        found["instrument"] = clause.instrument
        for name in ("level", "upper"):
            if found[name] is not None:
                found[name] = (found[name] * clause.instrument.quote_unit).normalize()
    if clause.portfolio is not None:
        found["portfolio"] = clause.portfolio.pk
    return {name: value for name, value in found.items() if value not in {None, ""}}

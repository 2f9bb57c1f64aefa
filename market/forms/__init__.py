"""Forms of the pages of the market."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import ValidationFailed
from core.forms import CodeField, DayField, NumberField
from market.domain.bars import BarRow
from market.domain.basis import Adjustment, AdjustmentBasis
from market.domain.price_files import pasted
from market.domain.price_files.faults import UnreadableFileError
from market.models import CorporateAction, Instrument
from market.selectors import instruments
from market.selectors.listing import FICTIONAL, OWN, REAL, SORTS, Filter
from market.services import texts
from market.services.actions import ActionData
from market.services.rates import RateRow

MOST_TEXT: Final = 2_000_000
SHOWN_FAULTS: Final = 20
_PLACE: Final = re.compile(r"\[(\d+)\]")


class ListForm(forms.Form):
    """What to list of the instruments."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": _("Symbol, name or ISIN"),
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *Instrument.Kind.choices]
    )
    scope = forms.ChoiceField(
        label=_("Which"),
        required=False,
        choices=[
            ("", _("All instruments")),
            (OWN, _("My own")),
            (REAL, _("Without fictional ones")),
            (FICTIONAL, _("Fictional ones")),
        ],
    )
    sort = forms.ChoiceField(
        required=False, choices=[(f"{mark}{name}", name) for name in SORTS for mark in ("", "-")]
    )

    def wanted(self) -> Filter:
        """Tell what is asked for; what makes no sense is not asked for."""
        self.is_valid()
        typed = self.cleaned_data
        return Filter(
            text=typed.get("q", ""),
            kind=typed.get("kind", ""),
            scope=typed.get("scope", ""),
            sort=typed.get("sort", ""),
        )


class InstrumentForm(forms.Form):
    """An instrument of one's own."""

    symbol = forms.CharField(label=_("Symbol"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=Instrument.Kind.choices)
    currency = CodeField(label=_("Currency"))
    quote_unit = NumberField(
        label=_("Quote unit"),
        required=False,
        help_text=_("How much of the currency a quoted 1 is: 0.01 where prices are in pence, else 1."),
    )
    exchange = forms.ChoiceField(label=_("Exchange"), required=False)
    isin = forms.CharField(label=_("ISIN"), max_length=12, required=False)
    sector = forms.CharField(label=_("Sector"), max_length=80, required=False)
    country = forms.CharField(
        label=_("Country"), max_length=2, required=False, help_text=_("Two letters, such as CH.")
    )
    symbol_since = DayField(
        label=_("New symbol since"),
        required=False,
        help_text=_("When it was renamed. Empty corrects a wrong symbol, as if it had always been so."),
    )

    def __init__(self, *args: Any, renaming: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["exchange"]
        if isinstance(field, forms.ChoiceField):
            venues = [(one.mic, f"{one.mic} · {one.name}") for one in instruments.exchanges()]
            field.choices = [("", _("None")), *venues]
        if not renaming:
            del self.fields["symbol_since"]

    @classmethod
    def of(cls, row: Instrument, data: Any = None) -> InstrumentForm:
        """Make the form that changes `row`."""
        names = ("symbol", "name", "kind", "currency", "quote_unit", "isin", "sector", "country")
        initial = {name: getattr(row, name) for name in names}
        return cls(data, initial=initial | {"exchange": row.exchange_id or ""}, renaming=True)

    def values(self) -> dict[str, Any]:
        """Tell the instrument's fields as the services take them."""
        typed = dict(self.cleaned_data)
        typed.pop("symbol_since", None)
        unit = typed.pop("quote_unit")
        return typed if unit is None else {**typed, "quote_unit": unit}


class PricesForm(forms.Form):
    """Prices that are pasted: lines of date and close, or a whole table."""

    text = forms.CharField(
        label=_("Prices"),
        max_length=MOST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "One line a day: date and close; or date, open, high, low, close and volume; or a table with "
            "a header. A day that is there already is replaced."
        ),
    )
    adjusted = forms.ChoiceField(
        label=_("Adjusted for"),
        required=False,
        choices=[(Adjustment.NONE.value, _("Nothing: as traded")), (Adjustment.SPLIT.value, _("Splits"))],
        help_text=_(
            "Most websites show prices adjusted for splits. Those adjusted for dividends too cannot be used."
        ),
    )
    as_of = DayField(
        label=_("Adjusted as of"),
        required=False,
        help_text=_("The day on which you saved or copied them: they know the splits up to it."),
    )

    SHOWN_FOR = {"as_of": Adjustment.SPLIT.value}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("adjusted", "as_of"):
            depending: Any = self.fields[name]
            depending.depends = True  # one has a default, the other is needed or not by it

    def shown_fields(self) -> list[tuple[Any, str]]:
        """List the fields, each with the choice that it is for."""
        return [(field, self.SHOWN_FOR.get(field.name, "")) for field in self]

    def clean(self) -> dict[str, Any]:
        """Ask for the day of what is adjusted, and drop it elsewhere."""
        values = super().clean() or self.cleaned_data
        if values.get("adjusted") != Adjustment.SPLIT.value:
            self.errors.pop("as_of", None)
            values["as_of"] = None
        elif not values.get("as_of") and "as_of" not in self.errors:
            self.add_error("as_of", gettext("Say as of which day."))
        return values

    def basis(self) -> AdjustmentBasis:
        """Tell what the prices are adjusted for."""
        return AdjustmentBasis(self.cleaned_data["as_of"])

    def clean_text(self) -> str:
        """Read the lines.

        Raises:
            django.forms.ValidationError: it cannot be read, or some lines are wrong; names each.
        """
        text: str = self.cleaned_data["text"]
        try:
            self.read = pasted.read(text, clock.today("UTC"), adjusted=self._says_adjusted())
        except UnreadableFileError as error:
            raise forms.ValidationError(texts.unreadable(error)) from error
        faults = [(one.line, f"{texts.fault(one.fault)} ({one.about})") for one in self.read.rejects]
        if faults:
            raise forms.ValidationError(_lines(faults))
        return text

    def _says_adjusted(self) -> bool:
        return bool(self.data.get("adjusted") == Adjustment.SPLIT.value)

    def rows(self) -> list[BarRow]:
        """Tell the bars that were read."""
        return self.read.rows

    def complain(self, error: ValidationFailed) -> None:
        """Say what the service refused, by the lines of the text."""
        faults = []
        for one in error.errors:
            if one.field in self.fields:
                self.add_error(one.field, str(one.message))
                continue
            found = _PLACE.match(one.field)
            place = int(found[1]) if found else 0
            faults.append((self.read.lines[place], self._in_lines(one.code, place) or one.message))
        if faults or not self.errors:
            self.add_error("text", _lines(faults) if faults else str(error.detail))

    def _in_lines(self, code: str, place: int) -> str:
        if code != "twice":
            return ""
        days = [row.day for row in self.read.rows]
        return gettext("The same day as in line %(line)s") % {
            "line": self.read.lines[days.index(days[place])]
        }


def _lines(faults: list[tuple[int, str]]) -> list[str]:
    said = [
        gettext("Line %(line)s: %(fault)s.") % {"line": line, "fault": fault.rstrip(".")}
        for line, fault in faults[:SHOWN_FAULTS]
    ]
    more = len(faults) - len(said)
    return [*said, gettext("And %(number)s more.") % {"number": more}] if more else said


_UNITS: Final = "split stock_dividend spin_off merger"
_GIVEN: Final = "spin_off merger"


class ActionForm(forms.Form):
    """A corporate action of one's own instrument; which fields a kind has, `SHOWN_FOR` says."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CorporateAction.Kind.choices)
    ex_date = DayField(label=_("Ex-date"), help_text=_("The first day on which it counts."))
    target = forms.CharField(
        label=_("Into"),
        max_length=60,
        required=False,
        help_text=_("The symbol of what the holders get. Empty where a merger pays cash only."),
    )
    numerator = NumberField(label=_("New units"), required=False)
    denominator = NumberField(label=_("for old units"), required=False)
    amount = NumberField(
        label=_("Amount per unit"),
        required=False,
        help_text=_("A dividend before tax, a merger’s cash, a delisting’s last price: 0 if worthless."),
    )
    cost_share = NumberField(
        label=_("Share of the cost, in percent"),
        required=False,
        help_text=_(
            "Spin-off: what moves to the new units. Merger for both: what stays with the shares; empty "
            "takes it from the prices."
        ),
    )
    cash_in_lieu = NumberField(
        label=_("Cash for a whole new unit"),
        required=False,
        help_text=_("Where fractions are paid out. Empty keeps them."),
    )
    currency = CodeField(label=_("Currency"), required=False)
    pay_date = DayField(label=_("Paid on"), required=False)
    new_symbol = forms.CharField(label=_("New symbol"), max_length=40, required=False)
    pays_out = forms.BooleanField(
        label=_("The holders were paid this, and hold nothing any more"), required=False
    )

    SHOWN_FOR = {
        "target": _GIVEN,
        "numerator": _UNITS,
        "denominator": _UNITS,
        "amount": "dividend merger delisting",
        "cost_share": _GIVEN,
        "cash_in_lieu": _UNITS,
        "currency": "split stock_dividend dividend spin_off merger delisting",
        "pay_date": "dividend merger",
        "new_symbol": "symbol_change",
        "pays_out": "delisting",
    }

    def __init__(self, *args: Any, user: object = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        for name in ("target", "numerator", "denominator", "amount", "cost_share", "new_symbol"):
            depending: Any = self.fields[name]
            depending.depends = True  # needed or not by the kind: its label claims neither

    def shown_fields(self) -> list[tuple[Any, str]]:
        """List the fields, each with the kinds that it is for."""
        return [(field, self.SHOWN_FOR.get(field.name, "")) for field in self]

    def clean(self) -> dict[str, Any]:
        """Drop what the kind does not have, and find the instrument that the holders get."""
        values = super().clean() or self.cleaned_data
        kind = values.get("kind", "")
        for name, kinds in self.SHOWN_FOR.items():
            if kind and kind not in kinds.split():
                self.errors.pop(name, None)
                values[name] = {"pays_out": False}.get(name, "" if name in _TEXTS else None)
        if symbol := (values.get("target") or "").strip():
            values["target"] = self._found(symbol)
        if values.get("cost_share") is not None:
            values["cost_share"] = values["cost_share"] / 100
        return values

    def _found(self, symbol: str) -> Instrument | None:
        try:
            found = instruments.by_symbol(self._user, symbol)
        except ValidationFailed as error:
            self.add_error("target", str(error.detail))
            return None
        if found is None:
            self.add_error("target", gettext("You see no instrument with this symbol."))
        return found

    def action(self) -> ActionData:
        """Make the service's input."""
        target = self.cleaned_data["target"]
        return ActionData(**{**self.cleaned_data, "target": target.uuid if target else None})


_TEXTS: Final = ("currency", "new_symbol", "target")


class RateForm(forms.Form):
    """A rate of one's own: what one unit of a currency was worth on a day."""

    base = CodeField(label=_("Currency"))
    quote = CodeField(label=_("In currency"))
    date = DayField(label=_("Date"))
    rate = NumberField(label=_("Rate"), help_text=_("What one unit of the first is worth in the second."))

    MOVED = {"[0].base": "base", "[0].quote": "quote", "[0].date": "date", "[0].rate": "rate"}

    def row(self) -> RateRow:
        """Make the service's input."""
        typed = self.cleaned_data
        return RateRow(typed["base"], typed["quote"], typed["date"], typed["rate"])


class RateKeyForm(forms.Form):
    """Which rate of one's own is meant."""

    base = CodeField()
    quote = CodeField()
    date = forms.DateField()

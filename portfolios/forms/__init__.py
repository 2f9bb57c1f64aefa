"""Forms of the pages of portfolios."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import NotFound, ValidationFailed
from core.forms import CodeField, DayField, NumberField
from core.money import MINOR_UNITS
from market.domain.bars import EARLIEST
from market.models import Instrument
from market.selectors import instruments
from portfolios.domain import rules
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, PortfolioInvitation, Transaction
from portfolios.selectors.portfolios import named_in
from portfolios.services.inputs import LotPick, TransactionInput

ZERO, ONE = Decimal(0), Decimal(1)
# Which fields a kind of transaction has besides day, currency, fee, tax and note.
UNITS = "buy sell dividend transfer_in transfer_out"
AMOUNTS = "deposit withdrawal dividend interest fee tax"
INSTRUMENTS = "buy sell dividend interest fee tax transfer_in transfer_out"
CHARGED = "buy sell dividend interest deposit withdrawal transfer_in transfer_out"
# The most days after which a holding is long.
LONGEST = 3660
# Where a fault of the service stands in the form.
MOVED = {"time": "day"}


class PickerWidget(forms.MultiWidget):
    """A text field that suggests instruments, and the UUID of the one that was chosen."""

    template_name = "portfolios/forms/picker.html"
    use_fieldset = False

    def __init__(self) -> None:
        text = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-no-draft": ""})
        super().__init__({"": text, "uuid": forms.HiddenInput()})

    def decompress(self, value: Any) -> list[Any]:
        """Show an instrument by its symbol."""
        return [value.symbol, str(value.uuid)] if isinstance(value, Instrument) else ["", ""]

    def id_for_label(self, id_: str) -> str:
        """Point the label at the text."""
        return f"{id_}_0" if id_ else id_


class InstrumentField(forms.MultiValueField):
    """An instrument that the user may see: chosen from the suggestions, or typed as symbol or ISIN.

    `besides` are others' that the user meets in the portfolio.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.user: Any = None
        self.besides: Any = ()
        parts = (forms.CharField(required=False, max_length=60), forms.UUIDField(required=False))
        super().__init__(fields=parts, require_all_fields=False, widget=PickerWidget(), **kwargs)

    def compress(self, data_list: list[Any]) -> Instrument | None:
        """Find the instrument.

        Raises:
            django.forms.ValidationError: there is none, or several have the symbol.
        """
        text, key = (data_list or ["", None])[:2]
        try:
            found = instruments.get(self.user, key, self.besides) if key else None
            if found is None and text:
                found = instruments.by_symbol(self.user, text, besides=self.besides)
        except NotFound:
            found = None
        except ValidationFailed as error:
            raise forms.ValidationError(error.detail) from error
        if found is None and (text or key):
            raise forms.ValidationError(
                _("There is no instrument “%(text)s”. Choose one from the list, or create your own."),
                params={"text": text or key},
            )
        return found


class PortfolioForm(forms.Form):
    """A portfolio's settings."""

    name = forms.CharField(label=_("Name"), max_length=100)
    currency = forms.ChoiceField(
        label=_("Currency"), help_text=_("Everything in it is reported in this currency.")
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("It decides when a day ends."))
    tracks_cash = forms.BooleanField(
        label=_("Track cash"),
        required=False,
        help_text=_("Without it each purchase counts as money paid in, and each sale as money taken out."),
    )
    cost_method = forms.ChoiceField(
        label=_("Which shares are sold first"),
        choices=Portfolio.CostMethod.choices,
        help_text=_("It decides what a sale is taken to have cost, and so what it gained."),
    )
    fees_in_basis = forms.BooleanField(
        label=_("Count fees as part of the cost"),
        required=False,
        help_text=_("Then a purchase's fee and tax raise its cost, and a sale's fee lowers what it brought."),
    )
    allow_short = forms.BooleanField(
        label=_("Allow short positions"),
        required=False,
        help_text=_("A sale of more than is held is refused without it, and opens a short position with it."),
    )
    tax_year_start = forms.ChoiceField(
        label=_("Tax years begin on"), choices=Portfolio.TaxYear.choices, required=False
    )
    long_after_days = forms.IntegerField(
        label=_("A holding is long after how many days"),
        required=False,
        min_value=1,
        max_value=LONGEST,
        help_text=_("Left empty, after a year. Some laws tax a gain differently then."),
    )
    benchmark = InstrumentField(
        label=_("Benchmark"),
        required=False,
        help_text=_("An instrument to compare with, such as an index fund."),
    )
    note = forms.CharField(label=_("Note"), max_length=400, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = sorted({*MINOR_UNITS, str(self.initial.get("currency") or "EUR")})
        self._choices("currency", [(code, code) for code in codes])
        self._choices("time_zone", [(name, name.replace("_", " ")) for name in sorted(clock.time_zones())])
        _of(self, "benchmark").user = user

    def clean_tax_year_start(self) -> str:
        """Keep the calendar year where none is chosen."""
        return str(self.cleaned_data["tax_year_start"] or Portfolio.TaxYear.JANUARY)

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=PortfolioInvitation.ROLES)


class HandOverForm(forms.Form):
    """Who is to own the portfolio, and its name, typed."""

    user_id = forms.ChoiceField(label=_("New owner"))
    confirm = forms.CharField(label=_("Name of the portfolio"), help_text=_("Type it to confirm."))

    def __init__(self, *args: Any, portfolio: Portfolio, heirs: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = portfolio.name
        self.fields["confirm"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        field = self.fields["user_id"]
        if isinstance(field, forms.ChoiceField):
            field.choices = heirs

    def clean_confirm(self) -> str:
        """Make sure that this is the portfolio that is meant."""
        value: str = self.cleaned_data["confirm"].strip()
        if value != self._name.strip():
            raise forms.ValidationError(_("That is not its name."))
        return value


class TransactionForm(forms.Form):
    """One transaction as somebody types it. Amounts in `currency`; days in the portfolio's time zone."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Transaction.Kind.choices)
    day = DayField(label=_("Date"))
    instrument = InstrumentField(label=_("Instrument"), required=False)
    quantity = NumberField(label=_("Quantity"), required=False)
    price = NumberField(label=_("Price per unit"), required=False)
    amount = NumberField(label=_("Amount"), required=False)
    currency = CodeField(label=_("Currency"), required=False)
    fee = NumberField(label=_("Fee"), required=False)
    tax = NumberField(label=_("Tax"), required=False)
    note = forms.CharField(label=_("Note"), max_length=400, required=False)
    at = forms.TimeField(
        label=_("Time of day"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    fx_rate = NumberField(
        label=_("Exchange rate"),
        required=False,
        help_text=_("Your bank's: what one unit of the currency was in the portfolio's."),
    )
    fee_currency = CodeField(label=_("Currency of the fee"), required=False)
    tax_currency = CodeField(label=_("Currency of the tax"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    SHOWN_FOR = {
        "instrument": INSTRUMENTS,
        "quantity": UNITS,
        "price": UNITS,
        "amount": AMOUNTS,
        "fee": CHARGED,
        "tax": CHARGED,
        "fee_currency": CHARGED,
        "tax_currency": CHARGED,
    }
    MAIN = ["kind", "day", "instrument", "quantity", "price", "amount", "currency", "fee", "tax", "note"]
    MORE = ["at", "fx_rate", "fee_currency", "tax_currency"]

    def __init__(self, *args: Any, user: Any, portfolio: Portfolio, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.portfolio = portfolio
        _of(self, "instrument").user = user
        _of(self, "instrument").besides = named_in(portfolio.pk)
        for name in ("instrument", "quantity", "price", "amount"):
            _of(self, name).depends = True  # needed or not by the kind: its label claims neither
        today = clock.today(portfolio.time_zone)
        self.fields["day"].initial = today
        self.fields["day"].widget.attrs["max"] = today.isoformat()

    @classmethod
    def of(cls, row: Transaction, **kwargs: Any) -> TransactionForm:
        """Make the form that changes `row`."""
        local = row.time.astimezone(ZoneInfo(row.portfolio.time_zone))
        money = row.kind in rules.MONEY_ONLY
        initial = {
            "kind": row.kind,
            "day": local.date(),
            "at": None if local.time() == time.min else local.time().replace(second=0, microsecond=0),
            "instrument": row.instrument,
            "quantity": None if money else row.quantity,
            "price": None if money else row.price,
            "amount": row.quantity if money else None,
            "currency": row.currency,
            "fee": row.fee or None,
            "tax": row.tax or None,
            "fee_currency": "" if row.fee_currency == row.currency else row.fee_currency,
            "tax_currency": "" if row.tax_currency == row.currency else row.tax_currency,
            "fx_rate": row.fx_rate,
            "note": row.note,
            "version": row.version,
        }
        return cls(initial=initial, portfolio=row.portfolio, **kwargs)

    def main_fields(self) -> list[tuple[Any, str]]:
        """List the fields that always stand there, each with the kinds that it is for."""
        return [(self[name], self.SHOWN_FOR.get(name, "")) for name in self.MAIN]

    def more_fields(self) -> list[tuple[Any, str]]:
        """List the fields that few need."""
        return [(self[name], self.SHOWN_FOR.get(name, "")) for name in self.MORE]

    def more_open(self) -> bool:
        """Tell whether one of those that few need has something to say."""
        return any(self[name].errors or self[name].value() for name in self.MORE)

    def clean_day(self) -> date:
        """Refuse the days far away: some have no instant in UTC, before the year 1 or after 9999."""
        day: date = self.cleaned_data["day"]
        if day < EARLIEST:
            raise forms.ValidationError(_("This is too long ago."), code="too-early")
        if day > clock.today(self.portfolio.time_zone):
            raise forms.ValidationError(_("This is in the future."), code="future")
        return day

    def clean(self) -> dict[str, Any]:
        """Turn an amount into quantity and price, and drop what the kind does not have."""
        values = super().clean() or self.cleaned_data
        kind = values.get("kind", "")
        for name, kinds in self.SHOWN_FOR.items():
            if kind and kind not in kinds.split():
                values[name] = None
                self.errors.pop(name, None)
        self._fold_amount(values, kind)
        return values

    def _fold_amount(self, values: dict[str, Any], kind: str) -> None:
        amount = values.get("amount")
        counted = values.get("quantity") is not None or values.get("price") is not None
        if amount is not None and counted:
            self.add_error("amount", gettext("Give either an amount, or a quantity and a price."))
        elif amount is not None:
            values["quantity"], values["price"] = amount, ONE
        elif values.get("quantity") is None and not {"quantity", "amount"} & set(self.errors):
            money = kind in rules.MONEY_ONLY
            self.add_error(
                "amount" if money else "quantity",
                gettext("Enter the amount.") if money else gettext("Enter how many."),
            )

    def values(self) -> dict[str, Any]:
        """Tell the transaction's fields as the services take them."""
        typed = self.cleaned_data
        instrument: Instrument | None = typed["instrument"]
        fallback = instrument.currency if instrument else self.portfolio.currency
        return {
            "kind": EntryKind(typed["kind"]),
            "time": self._instant(typed["day"], typed["at"]),
            "instrument": instrument,
            "quantity": typed["quantity"],
            "price": typed["price"],
            "currency": typed["currency"] or fallback,
            "fee": typed["fee"] or ZERO,
            "fee_currency": typed["fee_currency"] or "",
            "tax": typed["tax"] or ZERO,
            "tax_currency": typed["tax_currency"] or "",
            "fx_rate": typed["fx_rate"],
            "note": typed["note"],
        }

    def changes(self) -> dict[str, Any]:
        """Tell the fields for a change; the instant stays as it was, to the second, unless it was edited."""
        values = self.values()
        if not {"day", "at"} & set(self.changed_data):
            del values["time"]
        return values

    def as_input(self, *, fingerprint: str = "", lots: tuple[LotPick, ...] = ()) -> TransactionInput:
        """Make the service's input; `fingerprint` marks the one form that was sent."""
        return TransactionInput(**self.values(), fingerprint=fingerprint, lots=lots)

    def moved(self) -> dict[str, str]:
        """Tell under which field of the form a fault of the service stands."""
        money = self.cleaned_data.get("amount") is not None
        return {**MOVED, **({"quantity": "amount", "price": "amount"} if money else {})}

    def _instant(self, day: date, at: time | None) -> datetime:
        zone = ZoneInfo(self.portfolio.time_zone)
        return datetime.combine(day, at or time.min, tzinfo=zone).astimezone(UTC)


class FilterForm(forms.Form):
    """What to list of the transactions."""

    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *Transaction.Kind.choices]
    )
    instrument = forms.ChoiceField(label=_("Instrument"), required=False)
    start = DayField(label=_("From"), required=False)
    end = DayField(label=_("To"), required=False)

    def __init__(self, *args: Any, traded: list[Instrument], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["instrument"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("All instruments")), *((str(one.uuid), one.symbol) for one in traded)]


class OwnInstrumentForm(forms.Form):
    """An instrument of one's own, made on the way."""

    symbol = forms.CharField(label=_("Symbol"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=Instrument.Kind.choices)
    currency = CodeField(label=_("Currency"))


def _of(form: forms.Form, name: str) -> Any:
    """Answer a form's field, which is not of Django's own kinds."""
    return form.fields[name]

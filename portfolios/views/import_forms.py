"""What is typed and chosen in the import wizard, and the mapping that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import CodeField
from market.models import Instrument
from portfolios.domain.brokers import registry
from portfolios.domain.csv_import.columns import Field
from portfolios.domain.csv_import.text import DELIMITERS, ENCODINGS, MAX_BYTES
from portfolios.forms import InstrumentField
from portfolios.models import ImportPreset, Transaction, TransactionImport

MOST_SHOWN = 100
SKIP = "skip"
OWN = "own:"
# What these hold are coins, so that what nobody knows there is one.
COIN_PRESETS = frozenset({"coinbase", "kraken"})
CREATE = "create:"
_FIELDS = {
    Field.DATE: gettext_lazy("Date (and time)"),
    Field.TIME: gettext_lazy("Time of day"),
    Field.TYPE: gettext_lazy("Kind"),
    Field.SYMBOL: gettext_lazy("Symbol"),
    Field.ISIN: gettext_lazy("ISIN"),
    Field.NAME: gettext_lazy("Instrument's name"),
    Field.EXCHANGE: gettext_lazy("Exchange (MIC)"),
    Field.QUANTITY: gettext_lazy("Units"),
    Field.PRICE: gettext_lazy("Price per unit"),
    Field.CURRENCY: gettext_lazy("Currency"),
    Field.AMOUNT: gettext_lazy("Amount before costs"),
    Field.NET: gettext_lazy("Amount after costs"),
    Field.AMOUNT_CURRENCY: gettext_lazy("Currency of the amount"),
    Field.FEE: gettext_lazy("Fee"),
    Field.FEE_CURRENCY: gettext_lazy("Currency of the fee"),
    Field.TAX: gettext_lazy("Tax"),
    Field.TAX_CURRENCY: gettext_lazy("Currency of the tax"),
    Field.FX_RATE: gettext_lazy("Exchange rate"),
    Field.NOTE: gettext_lazy("Note"),
    Field.ID: gettext_lazy("Id at the broker"),
    Field.GROUP: gettext_lazy("Group of legs"),
    Field.INSTRUMENT: gettext_lazy("Instrument's id here"),
}
_ORDERS = {"dmy": gettext_lazy("Day first: 31.12.2024"), "mdy": gettext_lazy("Month first: 12/31/2024")}
_ACCEPTED = ".csv,.tsv,.txt,.xml,.json,text/csv,text/plain,text/xml,application/json"
_MARKS = {".": gettext_lazy("Point: 1,234.50"), ",": gettext_lazy("Comma: 1.234,50")}
_DELIMITER_NAMES = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Bar"),
}


def presets() -> list[tuple[str, Any]]:
    """List what a file can be read as: by its content, by its columns, or as a broker's."""
    named = [(one.key, one.name) for one in registry.PRESETS]
    return [("", _("Recognise it")), (registry.PLAIN, _("Any table, by its columns")), *named]


class UploadForm(forms.Form):
    """A file, or its text."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": _ACCEPTED, "class": "drop-file"}),
        help_text=gettext_lazy("Choose it or drop it here. At most 20 MB and 200,000 rows."),
    )
    preset = forms.ChoiceField(label=gettext_lazy("Read it as"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Or paste the lines"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "data-no-draft": ""}),
    )

    def __init__(self, *given: Any, own: Sequence[ImportPreset] = (), **named: Any) -> None:
        """`own` are the person's presets, offered first."""
        super().__init__(*given, **named)
        field = self.fields["preset"]
        assert isinstance(field, forms.ChoiceField)
        first, *others = presets()
        mine = [(f"{OWN}{one.pk}", one.name) for one in own]
        field.choices = [first, (_("Your presets"), mine), *others] if mine else [first, *others]

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two, and refuse a large file before it is read."""
        values: dict[str, Any] = self.cleaned_data
        file = values.get("file")
        if not file and not (values.get("text") or "").strip():
            raise forms.ValidationError(_("Choose a file, or paste its lines."))
        if file and file.size > MAX_BYTES:
            self.add_error("file", _("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES >> 20})
        return values

    def upload(self) -> tuple[str, bytes]:
        """Answer the file's name and content."""
        file = self.cleaned_data.get("file")
        if file:
            return file.name, file.read()
        return _("Pasted text"), self.cleaned_data["text"].encode()

    def mapping(self) -> dict[str, Any]:
        """Make the mapping that was chosen before anything was read."""
        chosen = str(self.cleaned_data.get("preset") or "")
        if chosen.startswith(OWN):
            return {"saved": chosen.removeprefix(OWN)}
        return {"preset": chosen} if chosen else {}


class LayoutForm(forms.Form):
    """What each column of the file holds, and how it writes dates and numbers."""

    preset = forms.ChoiceField(label=gettext_lazy("Read as"), required=False)
    date_order = forms.ChoiceField(label=gettext_lazy("Dates"), required=False)
    decimal = forms.ChoiceField(label=gettext_lazy("Decimal mark"), required=False)
    delimiter = forms.ChoiceField(label=gettext_lazy("Delimiter"), required=False)
    encoding = forms.ChoiceField(label=gettext_lazy("Letters"), required=False)
    header_line = forms.IntegerField(
        label=gettext_lazy("Line with the names"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("0 where there is none."),
    )
    default_currency = CodeField(label=gettext_lazy("Currency of rows without one"), required=False)

    def __init__(self, data: Any = None, *, batch: TransactionImport) -> None:
        self.layout: Mapping[str, Any] = batch.summary["layout"]
        self._before: Mapping[str, Any] = batch.mapping
        initial = {**batch.mapping, "default_currency": batch.mapping.get("currency", "")}
        super().__init__(data, initial=initial, prefix="layout")
        choices: dict[str, list[tuple[str, Any]]] = {
            "date_order": list(_ORDERS.items()),
            "decimal": list(_MARKS.items()),
            "delimiter": [(mark, _DELIMITER_NAMES[mark]) for mark in DELIMITERS],
            "encoding": [(name, name) for name in ENCODINGS],
            "preset": presets()[1:],
        }
        for name, options in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", self._guessed(name, dict(options))), *options]
        options = [("", _("Not used")), *((field.value, label) for field, label in _FIELDS.items())]
        for position, column in enumerate(self.layout["columns"]):
            self.fields[f"column_{position}"] = forms.ChoiceField(
                label=column["name"],
                required=False,
                choices=options,
                initial=column["field"] or "",
                widget=forms.Select(attrs={"class": "input"}),
            )

    def _guessed(self, name: str, labels: Mapping[str, Any]) -> str:
        """Name the choice that leaves it to the guess, by what was guessed."""
        if self._before.get(name) or self.layout.get(name) not in labels:
            return _("Guess it")
        return _("Guessed: %(what)s") % {"what": labels[self.layout[name]]}

    def columns(self) -> list[tuple[Any, Mapping[str, Any]]]:
        """Pair each column's field with what is known of it."""
        shown = self.layout["columns"]
        return [(self[f"column_{position}"], column) for position, column in enumerate(shown)]

    def general(self) -> list[Any]:
        """List the fields that concern the file as a whole."""
        return [self[name] for name in self.base_fields]

    def clean(self) -> dict[str, Any]:
        """Refuse two columns for one thing."""
        taken: dict[str, str] = {}
        for position, column in enumerate(self.layout["columns"]):
            chosen = self.cleaned_data.get(f"column_{position}")
            if chosen and chosen in taken:
                words = {"label": _FIELDS[Field(chosen)], "other": taken[chosen]}
                self.add_error(f"column_{position}", _("“%(other)s” is “%(label)s” already.") % words)
            elif chosen:
                taken[chosen] = column["name"]
        return self.cleaned_data

    def mapping(self) -> dict[str, Any]:
        """Make the part of the mapping that was chosen; what stands as guessed stays a guess."""
        values = self.cleaned_data
        found: dict[str, Any] = {
            "date_order": values["date_order"], "decimal": values["decimal"],
            "delimiter": values["delimiter"], "encoding": values["encoding"],
            "header_line": values["header_line"], "currency": values["default_currency"],
            "preset": values["preset"],
        }  # fmt: skip
        rereads = ("delimiter", "encoding", "header_line", "preset")
        if any((found[name] or None) != (self._before.get(name) or None) for name in rereads):
            return found | {"columns": {}}
        return found | {"columns": self._chosen_columns()}

    def _chosen_columns(self) -> dict[str, str | None]:
        """Keep to what was chosen before, and what differs now; the rest stays a guess."""
        chosen: dict[str, str | None] = dict(self._before.get("columns") or {})
        shown = enumerate(self.layout["columns"])
        now = [(column, self.cleaned_data[f"column_{position}"]) for position, column in shown]
        changed = [(column, field) for column, field in now if field != (column["field"] or "")]
        chosen |= {column["field"]: None for column, _field in changed if column["field"]}
        return chosen | {field: column["name"] for column, field in changed if field}


class UnclearForm(forms.Form):
    """What the file calls instruments and kinds that nobody could tell."""

    def __init__(self, data: Any = None, *, batch: TransactionImport, user: Any, known: Any) -> None:
        self.unresolved = batch.summary["unresolved"][:MOST_SHOWN]
        self.words = batch.summary["kinds"][:MOST_SHOWN]
        self._before: Mapping[str, Any] = batch.mapping
        self._kind = str(Instrument.Kind.CRYPTO if self._of_coins(batch) else Instrument.Kind.STOCK)
        self.unknown = [one for one in batch.summary["unresolved"] if one["code"] == "unknown-symbol"]
        super().__init__(data, prefix="unclear")
        for position, entry in enumerate(self.unresolved):
            self._add_instrument(position, entry, known, user)
        # what a broker's own rules do not know has no columns to book it by
        by_columns = batch.summary["layout"].get("preset", registry.PLAIN) == registry.PLAIN
        meanings = Transaction.Kind.choices if by_columns else []
        kinds = [("", _("Not decided")), *meanings, (SKIP, _("Leave these rows out"))]
        for position, word in enumerate(self.words):
            self.fields[f"kind_{position}"] = forms.ChoiceField(
                label=word["word"], required=False, choices=kinds
            )

    @staticmethod
    def _of_coins(batch: TransactionImport) -> bool:
        return batch.summary["layout"].get("preset") in COIN_PRESETS

    def _add_instrument(
        self, position: int, entry: Mapping[str, Any], known: Mapping[str, Instrument], user: Any
    ) -> None:
        before = (self._before.get("symbols") or {}).get(entry["label"])
        listed = [known[key] for key in entry["choices"] if key in known]
        self.fields[f"what_{position}"] = forms.ChoiceField(
            label=_("What is %(label)s?") % {"label": entry["label"]},
            required=False,
            choices=_what(listed),
            initial=f"{CREATE}{before.get('kind', 'stock')}" if isinstance(before, dict) else before or "",
        )
        pick = InstrumentField(label=_("Another instrument"), required=False)
        pick.user = user
        self.fields[f"pick_{position}"] = pick
        self.fields[f"currency_{position}"] = CodeField(
            label=_("Currency, if created"), required=False, initial=entry["currency"]
        )

    def instruments(self) -> list[tuple[Mapping[str, Any], Any, Any, Any]]:
        """List each label with its three fields."""
        return [
            (entry, self[f"what_{at}"], self[f"pick_{at}"], self[f"currency_{at}"])
            for at, entry in enumerate(self.unresolved)
        ]

    def kinds(self) -> list[tuple[Mapping[str, Any], Any]]:
        """List each word for a kind with its field."""
        return [(word, self[f"kind_{at}"]) for at, word in enumerate(self.words)]

    def mapping(self) -> dict[str, Any]:
        """Make the parts of the mapping that were decided, beside those decided before."""
        symbols = dict(self._before.get("symbols") or {})
        for position, entry in enumerate(self.unresolved):
            symbols.pop(entry["label"], None)
            decided = self._decided(position)
            if decided is not None:
                symbols[entry["label"]] = decided
        if "create_all" in self.data:
            for entry in self.unknown:
                made = {"create": True, "kind": self._kind, "currency": entry["currency"]}
                symbols.setdefault(entry["label"], made)
        kinds = dict(self._before.get("kinds") or {})
        for position, word in enumerate(self.words):
            if kind := self.cleaned_data[f"kind_{position}"]:
                kinds[word["word"]] = kind
        return {"symbols": symbols, "kinds": kinds}

    def _decided(self, position: int) -> Any:
        picked = self.cleaned_data[f"pick_{position}"]
        what = self.cleaned_data[f"what_{position}"]
        if picked is not None:
            return str(picked.uuid)
        if what.startswith(CREATE):
            currency = self.cleaned_data[f"currency_{position}"]
            return {"create": True, "kind": what.removeprefix(CREATE), "currency": currency}
        return what or None


def _what(listed: list[Instrument]) -> list[tuple[str, Any]]:
    names = [
        (
            str(one.uuid),
            " · ".join(part for part in (one.symbol, one.name, one.exchange_id, one.currency) if part),
        )
        for one in listed
    ]
    own = [
        (f"{CREATE}{kind}", _("Create my own: %(kind)s") % {"kind": label})
        for kind, label in Instrument.Kind.choices
    ]
    return [("", _("Not decided")), *names, *own, (SKIP, _("Leave these rows out"))]

"""The form of a portfolio's benchmark: up to five instruments with their weights."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import NumberField
from portfolios.forms import InstrumentField
from portfolios.selectors.benchmarks import Benchmark, Part

ROWS = 5
HUNDRED = Decimal(100)


class BenchmarkForm(forms.Form):
    """Instruments and their weights in percent; a single one needs no weight, none takes it away."""

    def __init__(self, *args: Any, user: Any, benchmark: Benchmark | None, **kwargs: Any) -> None:
        kept = benchmark.parts if benchmark else []
        super().__init__(*args, **kwargs)
        for at, part in enumerate(kept):
            self.initial[f"instrument_{at}"] = part.instrument
            self.initial[f"weight_{at}"] = part.weight * HUNDRED
        self.rows = max(ROWS, len(kept))
        for at in range(self.rows):
            found = InstrumentField(
                label=gettext("Instrument %(number)s") % {"number": at + 1}, required=False
            )
            found.user = user
            self.fields[f"instrument_{at}"] = found
            self.fields[f"weight_{at}"] = NumberField(
                label=gettext("Weight %(number)s, %%") % {"number": at + 1}, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Name the rows that lack a half."""
        values = super().clean() or {}
        filled = [at for at in range(self.rows) if values.get(f"instrument_{at}")]
        for at in range(self.rows):
            weight = values.get(f"weight_{at}")
            if at in filled and weight is None and len(filled) > 1:
                self.add_error(f"weight_{at}", _("Give its weight."))
            if at not in filled and weight is not None and not self.errors.get(f"instrument_{at}"):
                self.add_error(f"instrument_{at}", _("Choose an instrument."))
        return values

    def parts(self) -> list[Part]:
        """Tell what was chosen."""
        values = self.cleaned_data
        filled = [at for at in range(self.rows) if values.get(f"instrument_{at}")]
        return [
            Part(values[f"instrument_{at}"], (values[f"weight_{at}"] or HUNDRED) / HUNDRED) for at in filled
        ]

    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """List the fields row by row."""
        return [(self[f"instrument_{at}"], self[f"weight_{at}"]) for at in range(self.rows)]

"""Model fields that the whole platform shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
    _CharField = models.CharField[Any, Any]
else:
    _DecimalField, _CharField = models.DecimalField, models.CharField

CURRENCY_CODE = RegexValidator(r"^[A-Z][A-Z0-9]{2,11}$", _("Use a currency code such as EUR or BTC."))


class NumericField(_DecimalField):
    """Money, prices, quantities and rates: PostgreSQL ``numeric(38,18)``, never binary floating point."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 38)
        kwargs.setdefault("decimal_places", 18)
        super().__init__(*args, **kwargs)


class CurrencyField(_CharField):
    """A currency by its ISO 4217 code, or a coin by its ticker (fees can be paid in coins)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 12)
        super().__init__(*args, **kwargs)
        self.validators.append(CURRENCY_CODE)

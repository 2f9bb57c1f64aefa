"""Serializer fields that the whole API shares."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.fields import CURRENCY_CODE
from core.money import plain

INTEGER_DIGITS = 20
DECIMAL_PLACES = 18
MAX_TEXT = 100
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_SMALLEST = Decimal(1).scaleb(-DECIMAL_PLACES)
_WIDE = Context(prec=INTEGER_DIGITS + DECIMAL_PLACES)


@extend_schema_field({"type": "string", "format": "decimal", "example": "12.5"})
class NumericSerializerField(serializers.Field[Decimal, Any, str, Any]):
    """A decimal of at most 20 digits before and 18 after the point; answered as a string.

    Reads JSON strings and numbers; never passes through binary floating point.
    """

    default_error_messages = {
        "invalid": _("Enter a number."),
        "digits": _("At most 20 digits before and 18 after the decimal point."),
        "min": _("Must be at least %(limit)s."),
        "positive": _("Must be greater than 0."),
    }

    def __init__(self, *, minimum: Decimal | None = None, positive: bool = False, **kwargs: Any) -> None:
        self.minimum, self.positive = minimum, positive
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """Read a number from JSON."""
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("invalid")
        text = str(data).strip()
        if len(text) > MAX_TEXT:
            self.fail("digits")
        if not _NUMBER.fullmatch(text):
            self.fail("invalid")
        value = Decimal(text)
        self._check(value)
        return value

    def _check(self, value: Decimal) -> None:
        if value and value.adjusted() >= INTEGER_DIGITS:
            self.fail("digits")
        # the default context has 28 digits and would refuse the 38 that the column holds
        if value != _WIDE.quantize(value, _SMALLEST):
            self.fail("digits")
        if self.positive and value <= 0:
            self.fail("positive")
        if self.minimum is not None and value < self.minimum:
            raise serializers.ValidationError(
                self.error_messages["min"] % {"limit": plain(self.minimum)}, code="min"
            )

    def to_representation(self, value: Decimal) -> str:
        """Write the number without exponent and trailing zeros."""
        return plain(value)


@extend_schema_field({"type": "number", "example": 150.0})
class NumberSerializerField(NumericSerializerField):
    """The same, answered as a JSON number: for the endpoints of the published contract."""

    def to_representation(self, value: Decimal) -> Any:
        """Leave the decimal to the renderer, which writes it digit by digit."""
        return value


class CurrencySerializerField(serializers.CharField):
    """A currency code; read in any case, kept in capitals."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 12)
        super().__init__(**kwargs)
        self.validators.append(CURRENCY_CODE)

    def to_internal_value(self, data: Any) -> str:
        """Read the code. "GBp", as London's pence are often written, is GBX and never pounds."""
        text = super().to_internal_value(data)
        return "GBX" if text == "GBp" else text.upper()

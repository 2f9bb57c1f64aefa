"""JSON shapes of clauses: what they ask, and what they saw."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from alerts.domain.rules import AMOUNTS, PARAMETERS, WHOLE, Direction, Kind
from alerts.models import Alert, Clause
from alerts.services.rules import ClauseData
from core.api.fields import NumericSerializerField
from core.api.serializers import StrictSerializer
from core.money import plain

KINDS: Final = [(one.value, one.value) for one in Kind]
DIRECTIONS: Final = [(one.value, one.value) for one in Direction]


def _number(**kwargs: Any) -> NumericSerializerField:
    return NumericSerializerField(default=None, allow_null=True, **kwargs)


def _whole() -> serializers.IntegerField:
    return serializers.IntegerField(default=None, allow_null=True, min_value=1, max_value=100_000)


class ClauseSerializer(StrictSerializer[Any]):
    """One thing that can be so or not; docs/algorithms/alerts.md tells what each kind needs.

    `level` and `upper` are for one unit in `currency`, 5 `percent` is 5 %. `holds`: it was so when it was
    last looked at.
    """

    kind = serializers.ChoiceField(choices=KINDS)
    instrument = serializers.UUIDField(default=None, allow_null=True)
    portfolio = serializers.UUIDField(default=None, allow_null=True)
    direction = serializers.ChoiceField(choices=DIRECTIONS, default="", allow_blank=True)
    level = _number()
    upper = _number()
    percent = _number()
    minutes = _whole()
    days = _whole()
    slow_days = _whole()
    symbol = serializers.CharField(read_only=True, allow_null=True)
    currency = serializers.CharField(read_only=True, allow_null=True)
    holds = serializers.BooleanField(read_only=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Write what `clauses_of` told already."""
        shown: dict[str, Any] = instance
        return shown


def asked(values: dict[str, Any]) -> ClauseData:
    """Take a clean clause as the service wants it."""
    return ClauseData(**{**values, "kind": Kind(values["kind"])})


def clauses_of(alert: Alert) -> list[dict[str, Any]]:
    """Tell the clauses of an alert; a plain one has one of its own."""
    if alert.instrument is None:
        return [clause_shape(one) for one in alert.clauses.all()]
    only = Clause(kind=alert.condition, instrument=alert.instrument, level=alert.level)
    return [clause_shape(only)]


def clause_shape(clause: Clause) -> dict[str, Any]:
    """Tell a clause: prices for one unit."""
    instrument, portfolio = clause.instrument, clause.portfolio
    unit = Decimal(1) if instrument is None else instrument.quote_unit
    currency = portfolio.currency if portfolio else None
    shown: dict[str, Any] = {
        "kind": clause.kind,
        "instrument": None if instrument is None else str(instrument.uuid),
        "portfolio": None if portfolio is None else str(portfolio.pk),
        "direction": clause.direction,
        "symbol": None if instrument is None else instrument.symbol,
        "currency": currency if instrument is None else instrument.currency,
        "holds": clause.holds,
    }
    for name in PARAMETERS:
        value = getattr(clause, name)
        if name in AMOUNTS and value is not None:
            value *= unit
        shown[name] = value if value is None or name in WHOLE else plain(value)
    return shown


class FactSerializer(serializers.Serializer[Any]):
    """What one clause of a rule saw when the rule fired, and what it asked then.

    `so`: it was so, `last`: it came last. Prices are for one unit in `currency`; `value` is the figure of a
    portfolio, as docs/algorithms/alerts.md defines it. What a kind does not have is null.
    """

    number = serializers.IntegerField(required=False)
    kind = serializers.CharField()
    so = serializers.BooleanField()
    last = serializers.BooleanField()
    instrument = serializers.UUIDField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    portfolio = serializers.UUIDField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    direction = serializers.CharField(allow_null=True)
    level = NumericSerializerField(allow_null=True)
    upper = NumericSerializerField(allow_null=True)
    percent = NumericSerializerField(allow_null=True)
    minutes = serializers.IntegerField(allow_null=True)
    days = serializers.IntegerField(allow_null=True)
    slow_days = serializers.IntegerField(allow_null=True)
    price = NumericSerializerField(allow_null=True, help_text=_("where its price was"))
    reference = NumericSerializerField(allow_null=True, help_text=_("what that was compared with"))
    value = NumericSerializerField(allow_null=True)
    amount = NumericSerializerField(allow_null=True, help_text=_("of a dividend, per unit"))
    ex_date = serializers.DateField(allow_null=True)
    quoted_at = serializers.DateTimeField(allow_null=True, help_text=_("when the last quote was"))

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Write what was kept, prices for one unit."""
        kept: dict[str, Any] = instance
        unit = Decimal(kept.get("unit", "1"))
        shown: dict[str, Any] = {str(name): kept.get(str(name)) for name in self.fields}
        for name in ("level", "upper", "price", "reference"):
            if shown[name] is not None:
                shown[name] = plain(Decimal(shown[name]) * unit)
        return shown

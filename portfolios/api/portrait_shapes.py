"""The shape of what a public link shows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.fields import NumericSerializerField
from core.ranges import RANGES
from portfolios.models import PublicLink
from portfolios.selectors.portraits import GROUPINGS

RATIO = _("A fraction with four decimals: 0.05 is 5 %.")
REASONS = _("Why a figure is null, by its name.")


def _ratio() -> NumericSerializerField:
    return NumericSerializerField(allow_null=True, help_text=RATIO)


def _amount() -> NumericSerializerField:
    return NumericSerializerField(allow_null=True, help_text=_("Null where the link shows percentages only."))


class PublicPerformanceSerializer(serializers.Serializer[Any]):
    """Returns of a period; the annualised one from a year on."""

    range = serializers.ChoiceField(choices=RANGES)
    ranges = serializers.ListField(child=serializers.CharField(), help_text=_("Those that have data."))
    start = serializers.DateField()
    end = serializers.DateField()
    time_weighted = _ratio()
    time_weighted_annualised = _ratio()
    money_weighted = _ratio()
    reasons = serializers.DictField(child=serializers.CharField(), help_text=REASONS)


class PublicRiskSerializer(serializers.Serializer[Any]):
    """How much and how deep it moved; the days are of the deepest fall."""

    volatility = _ratio()
    sharpe = _ratio()
    max_drawdown = _ratio()
    drawdown = _ratio()
    reasons = serializers.DictField(child=serializers.CharField(), help_text=REASONS)
    fell_from = serializers.DateField(allow_null=True)
    fell_to = serializers.DateField(allow_null=True)
    recovered = serializers.DateField(allow_null=True)


class PublicSliceSerializer(serializers.Serializer[Any]):
    """One group of an allocation."""

    key = serializers.CharField()
    share = _ratio()
    value = _amount()


class PublicSpreadSerializer(serializers.Serializer[Any]):
    """How the value is spread; the shares add up to 1."""

    by = serializers.ChoiceField(choices=GROUPINGS)
    items = PublicSliceSerializer(many=True)


class PublicHoldingSerializer(serializers.Serializer[Any]):
    """A holding; `symbol` is empty where its name is kept back, and for cash."""

    symbol = serializers.CharField()
    name = serializers.CharField()
    weight = _ratio()
    gain_ratio = _ratio()
    quality = serializers.CharField(help_text=_("How sure the price is; empty for cash."))
    price_as_of = serializers.DateField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    quantity = _amount()
    price = _amount()
    value = _amount()
    unrealised = _amount()


class PublicPointSerializer(serializers.Serializer[Any]):
    """A day of the chart; the index stands at 100 when the period begins."""

    date = serializers.DateField()
    index = NumericSerializerField(allow_null=True)
    value = _amount()


class PublicAmountsSerializer(serializers.Serializer[Any]):
    """Amounts in the portfolio's currency; opening, flows and gain are the period's, and make the closing."""

    total = NumericSerializerField()
    cash = NumericSerializerField()
    day_change = NumericSerializerField()
    opening = NumericSerializerField()
    net_flows = NumericSerializerField()
    gain = NumericSerializerField()
    closing = NumericSerializerField()


class PortraitSerializer(serializers.Serializer[Any]):
    """A portfolio by its public link; `amounts` null where it shows percentages only."""

    title = serializers.CharField()
    shows = serializers.ChoiceField(choices=PublicLink.Shows.choices)
    currency = serializers.CharField()
    date = serializers.DateField()
    ended = serializers.BooleanField(
        help_text=_("Prices end before today: it is shown as on the last of them.")
    )
    as_of = serializers.DateField(allow_null=True, help_text=_("Day of the oldest price used."))
    stale = serializers.BooleanField(help_text=_("That is more than a week before the date."))
    incomplete = serializers.BooleanField(
        help_text=_("Something held has no price or rate, and is left out.")
    )
    performance = PublicPerformanceSerializer()
    risk = PublicRiskSerializer()
    allocation = PublicSpreadSerializer(many=True)
    holdings = PublicHoldingSerializer(many=True, allow_null=True)
    series = PublicPointSerializer(many=True)
    amounts = PublicAmountsSerializer(allow_null=True)

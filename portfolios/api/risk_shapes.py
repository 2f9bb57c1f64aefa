"""Shapes of risk figures in the OpenAPI document; `portfolios.payloads.risk` writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.fields import NumericSerializerField
from core.api.serializers import StrictSerializer
from portfolios.api.serializers import InstrumentField
from portfolios.domain.observations import Frequency
from portfolios.selectors.risk import ALONE, BESIDE, FALLING


def _null(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: NumericSerializerField(allow_null=True) for name in names}


def _shape(name: str, doc: str, fields: dict[str, Any]) -> type[serializers.Serializer[Any]]:
    return type(name, (serializers.Serializer,), {**fields, "__doc__": doc})


def _reasons() -> dict[str, Any]:
    return {"reasons": serializers.DictField(child=serializers.CharField())}


DrawdownSerializer = _shape(
    "DrawdownSerializer",
    "One fall below a high: from the last day at the high to the lowest; `recovered` null: not yet.",
    {
        "depth": NumericSerializerField(),
        "from": serializers.DateField(),
        "to": serializers.DateField(),
        "recovered": serializers.DateField(allow_null=True),
        "days": serializers.IntegerField(),
    },
)
MonthSerializer = _shape(
    "MonthSerializer",
    "What a month, or (`month` null) a year, earned; `partial`: the period covers only a part of it.",
    {
        "year": serializers.IntegerField(),
        "month": serializers.IntegerField(allow_null=True),
        **_null(("time_weighted",)),
        "partial": serializers.BooleanField(),
        "reason": serializers.CharField(allow_null=True),
    },
)
BenchmarkPartSerializer = _shape(
    "BenchmarkPartSerializer",
    "One instrument of a benchmark.",
    {
        "instrument": serializers.UUIDField(),
        "symbol": serializers.CharField(),
        "weight": NumericSerializerField(),
    },
)
_BENCHMARK = {"name": serializers.CharField(), "parts": BenchmarkPartSerializer(many=True)}
BenchmarkFiguresSerializer = _shape(
    "BenchmarkFiguresSerializer",
    "The benchmark's own figures over the same observations.",
    {
        **_BENCHMARK,
        "known_from": serializers.DateField(allow_null=True),
        **_null((*ALONE, *FALLING)),
        **_reasons(),
    },
)
BenchmarkSerializer = _shape("BenchmarkSerializer", "An instrument, or a blend of several.", _BENCHMARK)


class BenchmarkPartChoiceSerializer(StrictSerializer[Any]):
    """An instrument by its id, and its weight as a fraction."""

    instrument = InstrumentField()
    weight = NumericSerializerField(positive=True)


class BenchmarkChoiceSerializer(StrictSerializer[Any]):
    """What to compare with; an empty list is nothing."""

    parts = serializers.ListField(child=BenchmarkPartChoiceSerializer(), max_length=20)


_TERMS = {
    "frequency": serializers.ChoiceField(choices=[one.value for one in Frequency]),
    "periods_per_year": serializers.IntegerField(),
    "risk_free": NumericSerializerField(),
    "target": NumericSerializerField(),
    "confidence": NumericSerializerField(),
}
_PERIOD = {
    "start": serializers.DateField(),
    "end": serializers.DateField(),
    "currency": serializers.CharField(),
}
RiskSerializer = _shape(
    "RiskSerializer",
    "Risk figures of a period as fractions; `reasons` tells why one is null.",
    {
        **_PERIOD,
        **_TERMS,
        "observations": serializers.IntegerField(),
        **_null((*ALONE, *FALLING, *BESIDE)),
        **_reasons(),
        "longest_drawdown_days": serializers.IntegerField(),
        "drawdowns": DrawdownSerializer(many=True),
        "months": MonthSerializer(many=True),
        "years": MonthSerializer(many=True),
        "benchmark": BenchmarkFiguresSerializer(allow_null=True),
        "incomplete": serializers.BooleanField(),
    },
)
ComparisonRowSerializer = _shape(
    "ComparisonRowSerializer",
    "One day: value and what the same flows would be worth; returns since the start. Null: not known.",
    {
        "date": serializers.DateField(),
        "value": NumericSerializerField(),
        **_null(("same_flows", "time_weighted", "benchmark_time_weighted")),
    },
)
ComparisonSerializer = _shape(
    "ComparisonSerializer",
    "A period beside a benchmark; money in `currency`, returns as fractions, `reasons` why one is null.",
    {
        **_PERIOD,
        "benchmark": BenchmarkSerializer(allow_null=True),
        "value": NumericSerializerField(),
        **_null(("same_flows", "difference", "time_weighted", "benchmark_time_weighted")),
        **_reasons(),
        "items": ComparisonRowSerializer(many=True),
    },
)
RollingRowSerializer = _shape(
    "RollingRowSerializer",
    "One window, by its last day.",
    {
        "date": serializers.DateField(),
        **_null(("time_weighted", "volatility", "sharpe", "beta")),
        **_reasons(),
    },
)
RollingSerializer = _shape(
    "RollingSerializer",
    "Figures over a window that moves along the observations.",
    {
        **_PERIOD,
        **_TERMS,
        "window": serializers.IntegerField(),
        "observations": serializers.IntegerField(),
        "reason": serializers.CharField(allow_null=True),
        "items": RollingRowSerializer(many=True),
    },
)

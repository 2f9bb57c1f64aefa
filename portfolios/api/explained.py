"""JSON shapes of explanations: a figure, the rule by which its parts make it, and the parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rest_framework import serializers

from core.api.fields import NumericSerializerField
from core.api.pagination import Window
from portfolios.domain.arrays import day_of
from portfolios.domain.reasons import Figure
from portfolios.domain.returns import DAYS_PER_YEAR, stretches
from portfolios.domain.statement import Statement
from portfolios.payloads import amount, ratio
from portfolios.selectors.explain import EntryRate, Explanation, Told
from portfolios.selectors.figures import Performance, dated_flows
from portfolios.selectors.risk_explain import RULES as RISKS

# How each return follows from its parts; docs/algorithms/explain.md says it at length.
RETURNS: Final = {
    "time_weighted": "linked",
    "time_weighted_annualised": "power",
    "money_weighted": "zero",
    "simple": "quotient",
}
RULES: Final = ("sum", *RETURNS.values(), *sorted(set(RISKS.values())))
_IDS: Final = ("portfolio", "instrument", "transaction", "acquired_by")


def _texts(*names: str) -> dict[str, Any]:
    return {name: serializers.CharField(allow_null=True) for name in names}


def _days(*names: str) -> dict[str, Any]:
    return {name: serializers.DateField(allow_null=True) for name in names}


def _numbers(*names: str) -> dict[str, Any]:
    return {name: NumericSerializerField(allow_null=True) for name in names}


ExplainPartSerializer = type(
    "ExplainPartSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "What a figure is made of; null is what a part of its kind does not have.",
        "kind": serializers.CharField(),
        **_numbers("amount"),
        **{name: serializers.UUIDField(allow_null=True) for name in _IDS},
        **_texts("symbol", "transaction_kind", "currency"),
        **_days("since", "date", "acquired"),
        **_numbers("quantity", "counted_from", "value", "weight", "price"),
        **_days("price_as_of"),
        **_texts("price_source"),
        **_numbers("rate"),
        **_days("rate_as_of"),
        **_texts("rate_source"),
        "rate_age_days": serializers.IntegerField(allow_null=True),
    },
)
ExplanationSerializer = type(
    "ExplanationSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "A figure, the rule by which its parts make it, and a window of them.",
        "figure": serializers.CharField(),
        "currency": serializers.CharField(),
        "start": serializers.DateField(),
        "end": serializers.DateField(),
        **_numbers("value"),
        "reason": serializers.CharField(allow_null=True),
        "rule": serializers.ChoiceField(choices=RULES),
        "items": ExplainPartSerializer(many=True),
        **{name: serializers.IntegerField() for name in ("total", "skip", "limit")},
    },
)


EntryRateSerializer = type(
    "EntryRateSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "The rate of a transaction in a foreign currency; source is own where it carries one.",
        "transaction": serializers.UUIDField(),
        "date": serializers.DateField(),
        "currency": serializers.CharField(),
        "rate": NumericSerializerField(),
        "as_of": serializers.DateField(),
        "source": serializers.CharField(),
        "age_days": serializers.IntegerField(),
    },
)
NOTHING: Final = dict.fromkeys(
    name for name in ExplainPartSerializer().get_fields() if name not in {"kind", "amount"}
)


def of_amount(found: Explanation, cut: Window) -> dict[str, Any]:
    """Write an amount of money and some of its parts."""
    return {
        "start": found.period.start,
        "end": found.period.end,
        "value": amount(found.value),
        "reason": None,
        "rule": "sum",
        "items": [_part(one) for one in found.page(cut.skip, cut.limit)],
        "total": len(found.parts),
        "skip": cut.skip,
        "limit": cut.limit,
    }


def _part(told: Told) -> dict[str, Any]:
    part, ledger = told.part, told.ledger
    named = ledger.instruments[part.instrument] if ledger and part.instrument is not None else None
    entry = told.entry
    return {
        **NOTHING,
        "kind": part.kind,
        "amount": amount(told.amount),
        "portfolio": ledger.portfolio.pk if ledger else None,
        "instrument": named.uuid if named else None,
        "symbol": named.symbol if named else None,
        "transaction": part.entry_id,
        "transaction_kind": entry.kind.value if entry else None,
        "acquired_by": part.lot_id,
        "currency": _currency(told),
        "date": part.day,
        "acquired": part.acquired,
        "quantity": amount(entry.quantity if entry and part.quantity is None else part.quantity),
        "counted_from": amount(part.counted_from),
        "value": amount(part.value),
        **_price(told),
        **_rate(told),
    }


def _currency(told: Told) -> str | None:
    """Name the currency from which `rate` leads to that of the report."""
    if told.part.currency or told.entry:
        return told.part.currency or (told.entry.currency if told.entry else None)
    if told.ledger and told.part.instrument is not None:
        return str(told.ledger.instruments[told.part.instrument].currency)
    return None


def _price(told: Told) -> dict[str, Any]:
    if told.price is None:
        return {"price": amount(told.entry.price) if told.entry else None}
    used = told.price
    return {"price": amount(used.price), "price_as_of": used.as_of, "price_source": used.source}


def _rate(told: Told) -> dict[str, Any]:
    used, day = told.rate, told.part.day
    if used is None or day is None:
        return {}
    return {
        "rate": amount(used.rate),
        "rate_as_of": used.as_of,
        "rate_source": used.source,
        "rate_age_days": (day - used.as_of).days,
    }


def of_return(figure: str, found: Performance, stated: Statement, cut: Window) -> dict[str, Any]:
    """Write a return and what it was linked, raised, discounted or divided from."""
    value, rows = _RETURNS[figure](found, stated)
    items = [{**NOTHING, **row} for row in rows]
    return {
        "start": found.period.start,
        "end": found.period.end,
        "value": ratio(value.value),
        "reason": value.reason.value if value.reason else None,
        "rule": RETURNS[figure],
        "items": cut.of(items),
        "total": len(items),
        "skip": cut.skip,
        "limit": cut.limit,
    }


def _time_weighted(found: Performance, _stated: Statement) -> tuple[Figure[float], list[dict[str, Any]]]:
    series = found.series
    rows = [
        {
            "kind": "stretch",
            "amount": ratio(one.growth),
            "since": day_of(series.days[one.start]),
            "date": day_of(series.days[one.end]),
            "counted_from": ratio(one.opening),
            "value": ratio(one.closing),
        }
        for one in stretches(series.value, series.inflow, series.outflow, found.cumulative)
    ]
    return found.time_weighted, rows if found.time_weighted.value is not None else []


def _annualised(found: Performance, _stated: Statement) -> tuple[Figure[float], list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = [
        {"kind": "time_weighted", "amount": ratio(found.time_weighted.value)},
        {"kind": "days", "amount": str(found.period.days)},
        {"kind": "days_per_year", "amount": str(DAYS_PER_YEAR)},
    ]
    return found.annualised, rows


def _money_weighted(found: Performance, _stated: Statement) -> tuple[Figure[float], list[dict[str, Any]]]:
    return found.money_weighted, list(_discounted(found))


def _discounted(found: Performance) -> Iterator[dict[str, Any]]:
    """Yield the flows, each with what it is worth on the first day at the rate."""
    flows, rate = dated_flows(found.series), found.money_weighted.value
    for day, paid in flows:
        years = (day - flows[0][0]).days / DAYS_PER_YEAR
        present = None if rate is None else ratio(paid / (1.0 + rate) ** years)
        yield {"kind": "flow", "amount": present, "date": day, "value": ratio(paid)}


def _simple(found: Performance, stated: Statement) -> tuple[Figure[float], list[dict[str, Any]]]:
    lines = stated.lines
    rows = [
        {"kind": "gain", "amount": amount(lines.gain())},
        {"kind": "opening_value", "amount": amount(lines.opening)},
        {"kind": "net_flows", "amount": amount(lines.net_flows)},
    ]
    return found.simple, rows


_RETURNS: Final = {
    "time_weighted": _time_weighted,
    "time_weighted_annualised": _annualised,
    "money_weighted": _money_weighted,
    "simple": _simple,
}


def entry_rate(found: EntryRate) -> dict[str, Any]:
    """Write the rate that a transaction used."""
    return {
        "transaction": found.transaction,
        "date": found.day,
        "currency": found.currency,
        "rate": amount(found.used.rate),
        "as_of": found.used.as_of,
        "source": found.used.source,
        "age_days": (found.day - found.used.as_of).days,
    }

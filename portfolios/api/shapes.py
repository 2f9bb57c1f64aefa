"""Shapes of figures in the OpenAPI document; `portfolios.payloads` writes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.fields import NumericSerializerField
from market.domain.prices import Quality
from portfolios.models import Portfolio
from portfolios.payloads import POSITION_AMOUNTS
from portfolios.payloads.realised import YEAR_AMOUNTS


def _numbers(*names: str, nullable: bool = False) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    return {name: NumericSerializerField(allow_null=nullable) for name in names}


def _shape(
    name: str, doc: str, fields: dict[str, serializers.Field[Any, Any, Any, Any]]
) -> type[serializers.Serializer[Any]]:
    return type(name, (serializers.Serializer,), {**fields, "__doc__": doc})


def _page(name: str, item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    whole = {key: serializers.IntegerField() for key in ("total", "skip", "limit")}
    return _shape(name, "A window of a list.", {"items": item(many=True), **whole})


def _text(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(**kwargs)


CashSerializer = _shape(
    "CashSerializer",
    "Cash of one currency, and its value in the portfolio's.",
    {"currency": _text(), **_numbers("amount"), **_numbers("value", nullable=True)},
)
ProblemSerializer = _shape(
    "LedgerProblemSerializer",
    "Something that could not be known.",
    {
        "kind": _text(),
        "date": serializers.DateField(),
        "transaction": serializers.UUIDField(allow_null=True),
        "instrument": serializers.UUIDField(allow_null=True),
        "currency": _text(allow_blank=True),
        **_numbers("quantity", nullable=True),
    },
)
ValuationSerializer = _shape(
    "ValuationSerializer",
    "What a portfolio is worth at the end of a day.",
    {
        "date": serializers.DateField(),
        "currency": _text(),
        **_numbers("total", "market_value", "cash_value", "cost_basis", "unrealised", "realised", "income"),
        **_numbers("fees", "taxes", "day_change"),
        "fees_in_basis": serializers.BooleanField(
            help_text=_("Whether cost and gains count the fees, which `fees` lists all the same.")
        ),
        "cash": CashSerializer(many=True),
        "as_of": serializers.DateField(allow_null=True),
        "incomplete": serializers.BooleanField(),
        "problems": ProblemSerializer(many=True),
    },
)
PositionViewSerializer = _shape(
    "PositionViewSerializer",
    "One position; `reasons` tells why a figure is null.",
    {
        "instrument": serializers.UUIDField(),
        "symbol": _text(),
        "name": _text(),
        "currency": _text(),
        **_numbers("price", *POSITION_AMOUNTS, nullable=True),
        "price_as_of": serializers.DateField(allow_null=True),
        "price_at": serializers.DateTimeField(allow_null=True),
        "price_quality": serializers.ChoiceField(choices=[*(one.value for one in Quality), "missing"]),
        "price_source": _text(allow_null=True),
        "delisted_on": serializers.DateField(allow_null=True),
        "incomplete": serializers.BooleanField(),
        "reasons": serializers.DictField(child=_text()),
    },
)
PositionPageSerializer = _page("PositionPageSerializer", PositionViewSerializer)
_MATCHED: dict[str, Any] = {
    "instrument": serializers.UUIDField(),
    "symbol": _text(),
    "transaction": serializers.UUIDField(),
    "acquired": serializers.DateField(allow_null=True),
    "currency": _text(),
}
LotSerializer = _shape(
    "LotSerializer",
    "An open lot; what was sold short has negative units and cost.",
    {
        **_MATCHED,
        "bought_as": _text(allow_null=True, help_text=_("Its symbol, where an action changed it since.")),
        **_numbers("quantity"),
        **_numbers("cost", "cost_base", "charges", "market_value", "unrealised", nullable=True),
        "days_held": serializers.IntegerField(allow_null=True),
        "term": serializers.ChoiceField(choices=["short", "long"], allow_null=True),
    },
)
LotPageSerializer = _page("LotPageSerializer", LotSerializer)
DisposalSerializer = _shape(
    "DisposalSerializer",
    "A sale, matched with one lot.",
    {
        **_MATCHED,
        "transaction": serializers.UUIDField(allow_null=True),
        "corporate_action": serializers.UUIDField(allow_null=True),
        "date": serializers.DateField(),
        "acquired_by": serializers.UUIDField(allow_null=True),
        **_numbers("quantity"),
        **_numbers("proceeds", "proceeds_base", "cost", "cost_base", "price_gain", nullable=True),
        **_numbers("currency_effect", "acquisition_charges", "charges", nullable=True),
        "missing_acquisition": serializers.BooleanField(),
    },
)
DisposalPageSerializer = _page("DisposalPageSerializer", DisposalSerializer)
_PERIOD: dict[str, Any] = {
    "start": serializers.DateField(),
    "end": serializers.DateField(),
    "currency": _text(),
}
SeriesRowSerializer = _shape(
    "SeriesRowSerializer",
    "One day; `time_weighted` is the cumulative return since the start, a fraction; null: undefined.",
    {
        "date": serializers.DateField(),
        **_numbers("value", "cash", "inflow", "outflow"),
        **_numbers("time_weighted", nullable=True),
        "incomplete": serializers.BooleanField(),
    },
)
SeriesSerializer = _shape(
    "SeriesSerializer", "A period day by day.", {**_PERIOD, "items": SeriesRowSerializer(many=True)}
)
PerformanceSerializer = _shape(
    "PerformanceSerializer",
    "Returns of a period as fractions; `reasons` tells why one is null.",
    {
        **_PERIOD,
        "days": serializers.IntegerField(),
        **_numbers("time_weighted", "time_weighted_annualised", "money_weighted", "simple", nullable=True),
        **_numbers("opening_value", "closing_value", "inflows", "outflows"),
        "incomplete": serializers.BooleanField(),
        "reasons": serializers.DictField(child=_text()),
    },
)
StatementPartsSerializer = _shape(
    "StatementPartsSerializer",
    "What makes up the currency effect and the net flows.",
    _numbers("currency_of_unrealised", "currency_of_realised", "currency_of_cash", "inflows", "outflows"),
)
GapSerializer = _shape(
    "GapSerializer",
    "What a statement leaves out, and why.",
    {"instrument": serializers.UUIDField(allow_null=True), "currency": _text(), "reason": _text()},
)
StatementSerializer = _shape(
    "StatementSerializer",
    "Where the change in value came from; the lines add up exactly.",
    {
        **_PERIOD,
        **_numbers("opening_value", "unrealised", "realised", "income", "fees", "taxes", "currency_effect"),
        **_numbers("net_flows", "closing_value", "gain"),
        "parts": StatementPartsSerializer(),
        "left_out": GapSerializer(many=True),
    },
)
SliceSerializer = _shape(
    "SliceSerializer",
    "One slice; a debt has no share.",
    {"key": _text(), **_numbers("value"), **_numbers("share", nullable=True)},
)
AllocationSerializer = _shape(
    "AllocationSerializer",
    "How the value is spread.",
    {
        "date": serializers.DateField(),
        "currency": _text(),
        "by": _text(),
        **_numbers("total"),
        "items": SliceSerializer(many=True),
    },
)
NetWorthPartSerializer = _shape(
    "NetWorthPartSerializer",
    "One portfolio.",
    {
        "id": serializers.UUIDField(),
        "name": _text(),
        "currency": _text(),
        **_numbers("total"),
        **_numbers("value", "day_change", nullable=True),
        "as_of": serializers.DateField(allow_null=True),
        "incomplete": serializers.BooleanField(),
    },
)
NetWorthSerializer = _shape(
    "NetWorthSerializer",
    "Everything the caller has.",
    {
        "date": serializers.DateField(),
        "currency": _text(),
        **_numbers("total", "day_change"),
        "incomplete": serializers.BooleanField(),
        "portfolios": NetWorthPartSerializer(many=True),
    },
)
_REALISED: dict[str, serializers.Field[Any, Any, Any, Any]] = {
    "start": serializers.DateField(),
    "end": serializers.DateField(),
    "rows": serializers.IntegerField(),
    **_numbers(*YEAR_AMOUNTS),
    "unknown": serializers.IntegerField(),
    "missing_acquisitions": serializers.IntegerField(),
}
RealisedYearSerializer = _shape(
    "RealisedYearSerializer",
    "A tax year; `gain` is gains less losses, and short, long and undated together.",
    {"year": serializers.IntegerField(), "label": _text(), **_REALISED},
)
RealisedPeriodSerializer = _shape(
    "RealisedPeriodSerializer",
    "The totals of a period; the sales of `start` itself are not in it.",
    _REALISED,
)
RealisedRowSerializer = _shape(
    "RealisedRowSerializer",
    "One lot's part of one sale, in the portfolio's currency.",
    {
        "year": serializers.IntegerField(),
        "instrument": serializers.UUIDField(),
        "symbol": _text(),
        "isin": _text(allow_blank=True),
        "name": _text(),
        "sale": serializers.UUIDField(allow_null=True),
        "corporate_action": serializers.UUIDField(
            allow_null=True,
            help_text=_("The corporate action that paid for it, or closed it, where no transaction did."),
        ),
        "purchase": serializers.UUIDField(allow_null=True),
        "sold": serializers.DateField(),
        "acquired": serializers.DateField(allow_null=True),
        "short_sale": serializers.BooleanField(help_text=_("Sold before it was bought.")),
        "days_held": serializers.IntegerField(allow_null=True),
        "term": serializers.ChoiceField(choices=["short", "long"], allow_null=True),
        **_numbers("quantity"),
        **_numbers("proceeds", "cost", "gain", "price_gain", "currency_effect", "charges", nullable=True),
        **_numbers("return", "return_annualised", nullable=True),
        "missing_acquisition": serializers.BooleanField(),
    },
)
RealisedSerializer = _shape(
    "RealisedSerializer",
    "Sales by tax year, and a window of their rows.",
    {
        "currency": _text(),
        "cost_method": serializers.ChoiceField(choices=Portfolio.CostMethod.choices),
        "fees_in_basis": serializers.BooleanField(),
        "tax_year_start": _text(),
        "long_after_days": serializers.IntegerField(allow_null=True),
        "years": RealisedYearSerializer(many=True),
        "period": RealisedPeriodSerializer(allow_null=True),
        "items": RealisedRowSerializer(many=True),
        **{key: serializers.IntegerField() for key in ("total", "skip", "limit")},
    },
)
YearGainSerializer = _shape(
    "YearGainSerializer",
    "The realised gain of a calendar year.",
    {"year": serializers.IntegerField(), **_numbers("realised")},
)
CostMethodSerializer = _shape(
    "CostMethodSerializer",
    "Cost and gains by one way to match lots; where nothing left in kind, both gains together are the same.",
    {
        "cost_method": serializers.ChoiceField(choices=Portfolio.CostMethod.choices),
        "fees_in_basis": serializers.BooleanField(),
        "in_use": serializers.BooleanField(),
        **_numbers("cost_basis", "realised", "unrealised"),
        "years": YearGainSerializer(many=True),
        "incomplete": serializers.BooleanField(),
    },
)
CostMethodsSerializer = _shape(
    "CostMethodsSerializer",
    "What each way to match lots makes of a portfolio at the end of a day.",
    {"date": serializers.DateField(), "currency": _text(), "methods": CostMethodSerializer(many=True)},
)

"""The plan of a portfolio as JSON."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.fields import NumericSerializerField
from portfolios.domain.rebalancing import Drift
from portfolios.payloads import amount
from portfolios.selectors.rebalancing import Order, Rebalancing


class PlannedGroupSerializer(serializers.Serializer[Any]):
    """A group before and after the plan; weights and drift are fractions, null where nothing is held."""

    key = serializers.CharField()
    value = NumericSerializerField()
    weight = NumericSerializerField(allow_null=True)
    target = NumericSerializerField(allow_null=True)
    drift = NumericSerializerField(allow_null=True)
    value_after = NumericSerializerField(allow_null=True)
    weight_after = NumericSerializerField(allow_null=True)
    drift_after = NumericSerializerField(allow_null=True)


class PlannedTradeSerializer(serializers.Serializer[Any]):
    """A trade; `amount` in the portfolio's currency, `price` in the instrument's, as of `priced`."""

    instrument = serializers.UUIDField()
    symbol = serializers.CharField()
    side = serializers.ChoiceField(["buy", "sell"])
    group = serializers.CharField()
    quantity = NumericSerializerField()
    lot_size = NumericSerializerField()
    price = NumericSerializerField()
    currency = serializers.CharField()
    priced = serializers.DateField()
    amount = NumericSerializerField()
    gain = NumericSerializerField(
        allow_null=True,
        help_text=_("What a sale realises by the portfolio's lot method; null for a purchase."),
    )


class RebalancingSerializer(serializers.Serializer[Any]):
    """Drift and plan; amounts in `currency`. Without targets there is no plan."""

    date = serializers.DateField()
    currency = serializers.CharField()
    by = serializers.CharField()
    funding = serializers.CharField()
    new_money = NumericSerializerField()
    groups = PlannedGroupSerializer(many=True)
    orders = PlannedTradeSerializer(many=True)
    proceeds = NumericSerializerField()
    spent = NumericSerializerField()
    cash = NumericSerializerField()
    cash_after = NumericSerializerField(allow_null=True)
    gain = NumericSerializerField(allow_null=True)
    tax = NumericSerializerField(allow_null=True)
    unplaced = serializers.ListField(
        child=serializers.CharField(), help_text=_("Groups below their target with nothing known to buy.")
    )
    unpriced = serializers.ListField(child=serializers.UUIDField())
    reasons = serializers.DictField(child=serializers.CharField())


def written(found: Rebalancing) -> dict[str, Any]:
    """Write a plan."""
    made = found.plan
    after = {one.group: one for one in made.after} if made else {}
    figures = {"gain": found.gain, "tax": found.tax}
    return {
        "date": found.day,
        "currency": found.ledger.base,
        "by": found.asked.by,
        "funding": found.asked.funding.value,
        "new_money": amount(found.asked.new_money),
        "groups": [_group(one, after.get(one.group)) for one in found.before],
        "orders": [_order(one) for one in found.orders],
        "proceeds": amount(made.proceeds) if made else "0",
        "spent": amount(made.spent) if made else "0",
        "cash": amount(found.cash),
        "cash_after": amount(made.cash_after) if made else None,
        **{name: amount(one.value) for name, one in figures.items()},
        "unplaced": made.unplaced if made else [],
        "unpriced": [one.uuid for one in found.unpriced],
        "reasons": {name: one.reason.value for name, one in figures.items() if one.reason},
    }


def _group(one: Drift, after: Drift | None) -> dict[str, Any]:
    return {
        "key": one.group,
        "value": amount(one.value),
        "weight": amount(one.weight),
        "target": amount(one.target) if after else None,
        "drift": amount(one.drift) if after else None,
        "value_after": amount(after.value) if after else None,
        "weight_after": amount(after.weight) if after else None,
        "drift_after": amount(after.drift) if after else None,
    }


def _order(one: Order) -> dict[str, Any]:
    return {
        "instrument": one.instrument.uuid,
        "symbol": one.instrument.symbol,
        "side": "buy" if one.trade.units > 0 else "sell",
        "group": one.trade.group,
        "quantity": amount(one.units),
        "lot_size": amount(one.lot),
        "price": amount(one.price),
        "currency": one.instrument.currency,
        "priced": one.priced,
        "amount": amount(one.amount),
        "gain": amount(one.gain),
    }

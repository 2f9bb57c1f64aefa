"""Endpoints of dividends and interest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import NumericSerializerField
from core.api.pagination import page_of
from core.api.parameters import LISTING
from market.models import Instrument
from portfolios.api.analysis import LedgerView
from portfolios.api.queries import CURRENCY, PERIOD
from portfolios.domain.entries import EntryKind
from portfolios.domain.income import Payment, Received, Source
from portfolios.domain.reasons import Figure
from portfolios.payloads import amount, figures
from portfolios.selectors import income
from portfolios.selectors.ledger import Ledger

_PERIOD = [*PERIOD, CURRENCY]


class _Amounts(serializers.Serializer[Any]):
    """Gross, what was kept back, and what came; null: a payment has no rate."""

    payments = serializers.IntegerField()
    gross = NumericSerializerField(allow_null=True)
    taxes = NumericSerializerField(allow_null=True)
    fees = NumericSerializerField(allow_null=True)
    net = NumericSerializerField(allow_null=True)


class _Yields(serializers.Serializer[Any]):
    """Gross over cost and over value, as fractions; `reasons` tells why one is null."""

    yield_on_cost = NumericSerializerField(allow_null=True)
    yield_on_value = NumericSerializerField(allow_null=True)
    reasons = serializers.DictField(child=serializers.CharField())


class _Payer(serializers.Serializer[Any]):
    """Who pays: an instrument; null: interest on cash."""

    instrument = serializers.UUIDField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)


class IncomeMonthSerializer(_Amounts):
    """What came in a calendar month, such as 2025-03, in the portfolio's currency."""

    month = serializers.CharField()


class IncomeSourceSerializer(_Payer, _Amounts, _Yields):
    """What one instrument paid, beside what is held of it at the end."""

    last_payment = serializers.DateField()
    cost_basis = NumericSerializerField(allow_null=True)


class AnnouncedSerializer(_Payer):
    """A dividend that is known and not yet paid: amount in `currency`, value at the last known rate."""

    ex_date = serializers.DateField()
    pay_date = serializers.DateField(allow_null=True)
    currency = serializers.CharField()
    quantity = NumericSerializerField()
    per_unit = NumericSerializerField()
    amount = NumericSerializerField()
    value = NumericSerializerField(allow_null=True)
    rate_date = serializers.DateField(allow_null=True)


class IncomeSerializer(_Amounts, _Yields):
    """Dividends and interest of a period; the months and the sources each add up to the total."""

    start = serializers.DateField()
    end = serializers.DateField()
    currency = serializers.CharField()
    months = IncomeMonthSerializer(many=True)
    sources = IncomeSourceSerializer(many=True)
    announced = AnnouncedSerializer(many=True)


class PaymentSerializer(_Payer):
    """A dividend or interest: `amount` gross in its own currency, the rest in the portfolio's."""

    transaction = serializers.UUIDField()
    date = serializers.DateField()
    kind = serializers.ChoiceField([EntryKind.DIVIDEND.value, EntryKind.INTEREST.value])
    currency = serializers.CharField()
    amount = NumericSerializerField()
    gross = NumericSerializerField(allow_null=True)
    taxes = NumericSerializerField(allow_null=True)
    fees = NumericSerializerField(allow_null=True)
    net = NumericSerializerField(allow_null=True)


class IncomeView(LedgerView):
    """What a portfolio paid its owner."""

    @extend_schema(operation_id="portfolio_income", parameters=_PERIOD, responses=IncomeSerializer)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer the dividends and interest of a period ``(start, end]``, and what is announced after it."""
        ledger = self.ledger(portfolio_id)
        found = income.report(ledger, self.period(ledger))
        return Response(_income(ledger, found))


class PaymentsView(LedgerView):
    """Each payment."""

    @extend_schema(
        operation_id="portfolio_income_payments",
        parameters=[*_PERIOD, *LISTING],
        responses=page_of("PaymentPage", PaymentSerializer),
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the dividends and interest of a period, the newest first."""
        ledger = self.ledger(portfolio_id)
        found = income.report(ledger, self.period(ledger))
        return self.page([_payment(ledger, one) for one in reversed(found.payments)])


def _income(ledger: Ledger, found: income.Income) -> dict[str, Any]:
    coming = income.announced(ledger, found.period.end)
    return {
        "start": found.period.start,
        "end": found.period.end,
        "currency": ledger.base,
        **_amounts(found.total),
        **_yields(found),
        "months": [
            {"month": f"{year}-{month:02}", **_amounts(sums)} for (year, month), sums in found.months.items()
        ],
        "sources": [_source(ledger, one) for one in found.sources],
        "announced": [_announced(one) for one in coming],
    }


def _amounts(sums: Received) -> dict[str, Any]:
    names = ("gross", "taxes", "fees", "net")
    return {"payments": sums.count, **{name: amount(getattr(sums, name)) for name in names}}


def _yields(found: income.Income | Source) -> dict[str, Any]:
    shown: dict[str, Figure[Any]] = {
        "yield_on_cost": found.yield_on_cost,
        "yield_on_value": found.yield_on_value,
    }
    return figures(**shown)


def _payer(instrument: Instrument | None) -> dict[str, Any]:
    if instrument is None:
        return {"instrument": None, "symbol": None}
    return {"instrument": instrument.uuid, "symbol": instrument.symbol}


def _source(ledger: Ledger, one: Source) -> dict[str, Any]:
    return {
        **_payer(None if one.instrument is None else ledger.instruments[one.instrument]),
        **_amounts(one.received),
        "last_payment": one.last,
        "cost_basis": amount(one.cost),
        **_yields(one),
    }


def _announced(one: income.Announced) -> dict[str, Any]:
    return {
        **_payer(one.instrument),
        "ex_date": one.ex_date,
        "pay_date": one.pay_date,
        "currency": one.currency,
        "quantity": amount(one.quantity),
        "per_unit": amount(one.per_unit),
        "amount": amount(one.amount),
        "value": amount(one.value),
        "rate_date": one.rate_day,
    }


def _payment(ledger: Ledger, one: Payment) -> dict[str, Any]:
    return {
        **_payer(None if one.instrument is None else ledger.instruments[one.instrument]),
        "transaction": one.entry_id,
        "date": one.day,
        "kind": one.kind.value,
        "currency": one.currency,
        "amount": amount(one.amount),
        **{name: amount(getattr(one, name)) for name in ("gross", "taxes", "fees", "net")},
    }

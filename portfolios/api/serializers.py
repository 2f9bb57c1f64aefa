"""Shapes of portfolios and transactions in the REST API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core import clock
from core.api.fields import CurrencySerializerField, NumericSerializerField
from core.api.serializers import StrictSerializer
from core.errors import NotFound, ValidationFailed
from market.models import Instrument
from market.selectors import instruments
from portfolios.domain.entries import EntryKind
from portfolios.domain.rules import WITH_INSTRUMENT
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.portfolios import named_in
from portfolios.services.inputs import LotPick, TransactionInput

MAX_BATCH = 10_000
TRANSACTION_KINDS = Transaction.Kind.choices
ZERO = Decimal(0)
# What a body may call a value that the service knows by another name.
_ALIASES = {"quantity": "amount", "time": "date"}


class InstrumentField(serializers.UUIDField):
    """An instrument by its UUID: public, the caller's own, or one that the portfolio names."""

    default_error_messages = {"unknown": _("There is no such instrument.")}

    def to_internal_value(self, data: Any) -> Any:
        """Find the instrument among those that the caller may see."""
        key = super().to_internal_value(data)
        context = cast("dict[str, Any]", self.context)
        known: dict[UUID, Instrument] = context.setdefault("instruments", {})
        if key not in known:
            try:
                known[key] = instruments.get(context["request"].user, key, self._met())
            except NotFound:
                self.fail("unknown")
        return known[key]

    def _met(self) -> Any:
        portfolio = cast("dict[str, Any]", self.context).get("portfolio")
        return () if portfolio is None else named_in(portfolio.pk)

    def to_representation(self, value: Any) -> str:
        """Write its UUID."""
        return str(value.uuid)


class OwnerNameSerializer(serializers.Serializer[Any]):
    """Who owns a portfolio: by name, or by address where they gave none."""

    id = serializers.UUIDField(source="owner_id")
    name = serializers.CharField(source="owner_name")


class PortfolioSerializer(StrictSerializer[Portfolio]):
    """A portfolio and the caller's role in it."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=100)
    currency = CurrencySerializerField(help_text=_("What everything is reported in."))
    time_zone = serializers.CharField(
        max_length=64, required=False, help_text=_("IANA name; decides the days.")
    )
    tracks_cash = serializers.BooleanField(required=False)
    cost_method = serializers.ChoiceField(
        choices=Portfolio.CostMethod.choices, required=False, help_text=_("Which lots a sale takes.")
    )
    fees_in_basis = serializers.BooleanField(
        required=False, help_text=_("Whether fees are part of cost and gain, or stand beside them.")
    )
    allow_short = serializers.BooleanField(
        required=False, help_text=_("Whether a sale of more than is held opens a short position.")
    )
    tax_year_start = serializers.ChoiceField(
        choices=Portfolio.TaxYear.choices, required=False, help_text=_("MM-DD.")
    )
    long_after_days = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=3660,
        help_text=_("After how many days a holding is long; null: after a year."),
    )
    benchmark = InstrumentField(required=False, allow_null=True)
    note = serializers.CharField(max_length=400, required=False, allow_blank=True)
    role = serializers.CharField(read_only=True)
    owner = OwnerNameSerializer(read_only=True, source="*")
    is_default = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_is_default(self, portfolio: Portfolio) -> bool:
        """Tell whether the endpoints without a portfolio write to this one."""
        return portfolio.default_for_id is not None


class LotPickSerializer(StrictSerializer[Any]):
    """Units of the lot that a purchase or transfer in opened, in units of the day of the sale."""

    transaction = serializers.UUIDField(source="acquisition_id")
    quantity = NumericSerializerField()


class TransactionSerializer(StrictSerializer[Any]):
    """A transaction. Give `time` (with offset) or `date`; for movements of money give `amount`.

    `quantity` counts shares or coins, `price` is for one of them in the major unit of `currency`
    (subunit codes such as GBX are folded: 250 GBX is 2.50 GBP). `fx_rate` is portfolio currency
    for one unit of `currency`.
    """

    id = serializers.UUIDField(read_only=True)
    kind = serializers.ChoiceField(choices=TRANSACTION_KINDS)
    time = serializers.DateTimeField(required=False, help_text=_("ISO 8601 with offset, to the microsecond."))
    date = serializers.DateField(required=False, source="day", help_text=_("In the portfolio's time zone."))
    instrument = InstrumentField(required=False, allow_null=True)
    symbol = serializers.CharField(read_only=True, source="instrument.symbol", default=None)
    quantity = NumericSerializerField(required=False)
    price = NumericSerializerField(required=False, allow_null=True)
    amount = NumericSerializerField(
        required=False,
        write_only=True,
        help_text=_("Instead of quantity and price, for movements of money and dividends."),
    )
    currency = CurrencySerializerField(required=False)
    fee = NumericSerializerField(required=False)
    fee_currency = CurrencySerializerField(required=False, allow_blank=True)
    tax = NumericSerializerField(required=False)
    tax_currency = CurrencySerializerField(required=False, allow_blank=True)
    fx_rate = NumericSerializerField(required=False, allow_null=True)
    note = serializers.CharField(max_length=400, required=False, allow_blank=True)
    external_id = serializers.CharField(max_length=120, required=False, allow_blank=True)
    group = serializers.UUIDField(required=False, allow_null=True)
    lots = LotPickSerializer(
        many=True,
        required=False,
        source="relief_links",
        help_text=_("Of a sale: the lots that it takes; empty: by the portfolio's method."),
    )
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Turn what may be given in two ways into one: `time`, `quantity` and `price`, `currency`."""
        portfolio: Portfolio = self.context["portfolio"]
        _fold_date(attrs, portfolio)
        _fold_amount(attrs, attrs.get("kind") or self.context.get("kind", ""))
        if "relief_links" in attrs:
            attrs["lots"] = tuple(
                LotPick(transaction=one["acquisition_id"], quantity=one["quantity"])
                for one in attrs.pop("relief_links")
            )
        if not self.partial:
            _complete(attrs, portfolio)
        if "kind" in attrs:
            attrs["kind"] = EntryKind(attrs["kind"])
        return attrs


class TransactionChangeSerializer(TransactionSerializer):
    """The same for a change; `version`, if given, must be the one that was read."""

    version = serializers.IntegerField(required=False, min_value=1)


class RevisionSerializer(serializers.Serializer[Any]):
    """What a transaction was before a change."""

    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    changed_by = serializers.UUIDField(allow_null=True)
    state = serializers.DictField()


def as_input(attrs: dict[str, Any]) -> TransactionInput:
    """Make the service's input of validated values."""
    return TransactionInput(**attrs)


@contextmanager
def named_as_sent(body: Any) -> Iterator[None]:
    """Let a service's refusal name fields as the body does: `amount` for quantity, `date` for time."""
    try:
        yield
    except ValidationFailed as error:
        error.errors = tuple(replace(one, field=_name_sent(one.field, body)) for one in error.errors)
        raise


def _name_sent(field: str, body: Any) -> str:
    """Rename ``quantity`` or, in a list, ``[2].quantity``."""
    row, dot, name = field.rpartition(".")
    sent = body[int(row.strip("[]")) if row else 0] if isinstance(body, list) else body
    alias = _ALIASES.get(name, name)
    return f"{row}{dot}{alias}" if alias in sent else field


def _fold_date(attrs: dict[str, Any], portfolio: Portfolio) -> None:
    day = attrs.pop("day", None)
    if day is None:
        return
    local = datetime.combine(day, time.min, tzinfo=ZoneInfo(portfolio.time_zone))
    try:
        instant = attrs.setdefault("time", local.astimezone(UTC))
        same = clock.day_of(instant, portfolio.time_zone) == day
    except OverflowError as error:  # in UTC it would lie before the year 1
        raise serializers.ValidationError({"date": [_("This is too long ago.")]}, code="too-early") from error
    if not same:
        raise serializers.ValidationError(
            {"date": [_("The time falls on another day in the portfolio's time zone; give one of the two.")]}
        )


def _fold_amount(attrs: dict[str, Any], kind: str) -> None:
    if "amount" not in attrs:
        return
    amount = attrs.pop("amount")
    if kind in WITH_INSTRUMENT:
        raise serializers.ValidationError({"amount": [_("Give the quantity and the price of one unit.")]})
    if "quantity" in attrs or attrs.get("price") is not None:
        raise serializers.ValidationError({"amount": [_("Give either an amount or quantity and price.")]})
    attrs["quantity"], attrs["price"] = amount, Decimal(1)


def _complete(attrs: dict[str, Any], portfolio: Portfolio) -> None:
    if "time" not in attrs:
        raise serializers.ValidationError({"time": [_("Give a time or a date.")]})
    if "quantity" not in attrs:
        raise serializers.ValidationError({"quantity": [_("Give a quantity or an amount.")]})
    attrs.setdefault("price", None)
    instrument = attrs.get("instrument")
    attrs.setdefault("currency", instrument.currency if instrument else portfolio.currency)

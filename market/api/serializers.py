"""Shapes of the market in the REST API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import CurrencySerializerField, NumericSerializerField
from core.api.serializers import StrictSerializer
from market.domain.basis import Adjustment
from market.domain.prices import Quality
from market.models import Coin, CorporateAction, DailyBar, Exchange, FxRate, Instrument

MAX_ROWS = 20_000
# named in the settings, so that the OpenAPI document tells the two kinds of `kind` apart
INSTRUMENT_KINDS = Instrument.Kind.choices
CORPORATE_ACTION_KINDS = CorporateAction.Kind.choices
PRICE_ADJUSTMENTS = [one.value for one in Adjustment]


class LastPriceSerializer(serializers.Serializer[Any]):
    """The newest price: raw, for one unit, in the major unit of `currency`. `at`: a quote's instant."""

    price = NumericSerializerField()
    currency = serializers.CharField()
    as_of = serializers.DateField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field, as DRF collects it
    quality = serializers.ChoiceField(choices=[one.value for one in Quality])
    at = serializers.DateTimeField(allow_null=True)


class InstrumentSerializer(StrictSerializer[Instrument]):
    """A listing. Prices times `quote_unit` are in `currency` (GBX: currency GBP, quote_unit 0.01)."""

    id = serializers.UUIDField(read_only=True, source="uuid")
    symbol = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=INSTRUMENT_KINDS, required=False)
    currency = CurrencySerializerField()
    quote_unit = NumericSerializerField(positive=True, required=False)
    isin = serializers.CharField(max_length=12, required=False, allow_blank=True)
    exchange = serializers.CharField(
        max_length=4,
        required=False,
        allow_blank=True,
        allow_null=True,
        source="exchange_id",
        help_text=_("MIC (ISO 10383)."),
    )
    sector = serializers.CharField(max_length=80, required=False, allow_blank=True)
    country = serializers.CharField(
        max_length=2, required=False, allow_blank=True, help_text=_("ISO 3166, two letters.")
    )
    coin_id = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text=_("CoinGecko's id.")
    )
    is_public = serializers.SerializerMethodField()
    is_fictional = serializers.BooleanField(read_only=True)
    last_price = serializers.SerializerMethodField()

    def get_is_public(self, instrument: Instrument) -> bool:
        """Tell whether everybody sees it; else only its owner does."""
        return instrument.owner_id is None

    @extend_schema_field(LastPriceSerializer(allow_null=True))
    def get_last_price(self, instrument: Instrument) -> Any:
        """Show the newest price, None when there is none."""
        price = self.context["prices"].get(instrument.pk)
        return LastPriceSerializer(price).data if price else None


class InstrumentChangeSerializer(InstrumentSerializer):
    """What may change. `symbol_since` dates a renaming; without it the symbol is corrected."""

    symbol_since = serializers.DateField(required=False)


class BarSerializer(StrictSerializer[DailyBar]):
    """One day's raw prices in quote units; only the close is certain.

    Where `adjusted` is `split` the source gave them adjusted for the splits up to and including
    `adjusted_as_of`, with `given_close` as the close; the raw ones are converted from what it gave.
    """

    date = serializers.DateField()
    open = NumericSerializerField(required=False, allow_null=True)
    high = NumericSerializerField(required=False, allow_null=True)
    low = NumericSerializerField(required=False, allow_null=True)
    close = NumericSerializerField()
    volume = NumericSerializerField(required=False, allow_null=True)
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # a field
    adjusted = serializers.SerializerMethodField()
    adjusted_as_of = serializers.DateField(read_only=True, allow_null=True)
    given_close = NumericSerializerField(read_only=True, allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=PRICE_ADJUSTMENTS))
    def get_adjusted(self, bar: DailyBar) -> str:
        """Tell what the source had adjusted the prices for."""
        return (Adjustment.NONE if bar.adjusted_as_of is None else Adjustment.SPLIT).value


class StoredSerializer(serializers.Serializer[Any]):
    """How many rows were new or different, and how many were there already."""

    stored = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class DeletedSerializer(serializers.Serializer[Any]):
    """How many rows are gone."""

    deleted = serializers.IntegerField()


class RateSerializer(StrictSerializer[FxRate]):
    """Units of `quote` for one unit of `base` on a date."""

    base = CurrencySerializerField()
    quote = CurrencySerializerField()
    date = serializers.DateField()
    rate = NumericSerializerField(positive=True)
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # a field
    is_own = serializers.SerializerMethodField()

    def get_is_own(self, rate: FxRate) -> bool:
        """Tell whether it is the caller's own and not public."""
        return rate.owner_id is not None


class TargetField(serializers.UUIDField):
    """The id of another instrument, of a row that points at it."""

    def to_representation(self, value: Any) -> str:
        """Write the id of the instrument."""
        return str(value.uuid)


class CorporateActionSerializer(StrictSerializer[CorporateAction]):
    """What a company did to its shares.

    Split: `numerator` new for `denominator` old. Stock dividend: that many more. Dividend: `amount` per
    unit, gross. Spin-off: that many of `target`, to which `cost_share` (0 to 1) of the cost moves. Merger:
    that many of `target` for old ones, or `amount` of cash a unit, or both. Symbol change: `new_symbol`.
    Delisting: a last price (`amount`, 0 is worthless) that stays the value or, with `pays_out`, is paid.
    `cash_in_lieu` is paid for one whole new unit where a fraction would be left.
    """

    id = serializers.UUIDField(read_only=True, source="uuid")
    instrument = serializers.UUIDField(read_only=True, source="instrument.uuid")
    kind = serializers.ChoiceField(choices=CORPORATE_ACTION_KINDS)
    ex_date = serializers.DateField()
    pay_date = serializers.DateField(required=False, allow_null=True)
    target = TargetField(
        required=False, allow_null=True, help_text=_("The instrument that new units are of.")
    )
    numerator = NumericSerializerField(positive=True, required=False, allow_null=True)
    denominator = NumericSerializerField(positive=True, required=False, allow_null=True)
    amount = NumericSerializerField(required=False, allow_null=True)
    currency = CurrencySerializerField(required=False, allow_blank=True)
    cost_share = NumericSerializerField(required=False, allow_null=True)
    cash_in_lieu = NumericSerializerField(required=False, allow_null=True)
    pays_out = serializers.BooleanField(required=False)
    old_symbol = serializers.CharField(read_only=True)
    new_symbol = serializers.CharField(required=False, allow_blank=True, max_length=40)
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # a field


class CoinSerializer(serializers.Serializer[Coin]):
    """A coin by CoinGecko's id."""

    coin_id = serializers.CharField()
    symbol = serializers.CharField()
    name = serializers.CharField()


class ExchangeSerializer(serializers.Serializer[Exchange]):
    """A trading venue by its MIC."""

    mic = serializers.CharField()
    name = serializers.CharField()
    time_zone = serializers.CharField()
    country = serializers.CharField()

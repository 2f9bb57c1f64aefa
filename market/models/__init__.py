"""Instruments, their prices, corporate actions and rates."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from core.fields import CurrencyField, NumericField
from core.ids import uuid7
from core.models import LIVE_WORLD, TimeStamped, World
from market.models.feeds import (
    HistoryCheck,
    PriceSource,
    SourceAbility,
    SourceAsk,
    SourceBudget,
    SourceSymbol,
)
from market.models.quotes import Cursor, HeldQuote, LogHead, MoveBatch, Quote
from market.models.replay import Replay
from market.models.sessions import TradingSession
from market.models.ticks import MinuteBar, Tick, TickDay, Ticker
from market.models.watchlists import Watchlist, WatchlistItem

__all__ = [
    "Coin",
    "CorporateAction",
    "Cursor",
    "DailyBar",
    "Exchange",
    "FxRate",
    "HeldQuote",
    "HistoryCheck",
    "Instrument",
    "LogHead",
    "MinuteBar",
    "MoveBatch",
    "PriceImport",
    "PriceSource",
    "Quote",
    "RateRevision",
    "Replay",
    "SourceAbility",
    "SourceAsk",
    "SourceBudget",
    "SourceSymbol",
    "SymbolSpan",
    "Tick",
    "TickDay",
    "Ticker",
    "TradingSession",
    "Watchlist",
    "WatchlistItem",
]
SYMBOL_LENGTH = 40


class Exchange(models.Model):
    """A trading venue by its ISO 10383 code. A bar's date is the calendar date in its time zone."""

    mic = models.CharField(primary_key=True, max_length=4)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64)
    country = models.CharField(max_length=2, blank=True)

    def __str__(self) -> str:
        return self.mic


class Instrument(TimeStamped):
    """One listing: a security on one venue in one currency. Several listings may share an ISIN.

    `currency` is the major currency that money is counted in; a price times `quote_unit` is in
    it (London's GBX: currency GBP, quote_unit 0.01). `owner` null is public; else only that
    user sees it. `price_revision` grows with every change of its prices, its corporate actions or
    of the listing itself, so that readers know when what they hold is old.
    """

    class Kind(models.TextChoices):
        STOCK = "stock", _("Stock")
        ETF = "etf", _("ETF")
        FUND = "fund", _("Fund")
        BOND = "bond", _("Bond")
        COMMODITY = "commodity", _("Commodity")
        CRYPTO = "crypto", _("Crypto")
        CURRENCY_PAIR = "currency_pair", _("Currency pair")
        INDEX = "index", _("Index")
        OTHER = "other", _("Other")

    id = models.AutoField(primary_key=True)
    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.STOCK)
    symbol = models.CharField(_("symbol"), max_length=SYMBOL_LENGTH)
    name = models.CharField(_("name"), max_length=200)
    isin = models.CharField(_("ISIN"), max_length=12, blank=True)
    exchange = models.ForeignKey(Exchange, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = CurrencyField(_("currency"))
    quote_unit = NumericField(_("quote unit"), default=1)
    sector = models.CharField(_("sector"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    coin_id = models.CharField(
        _("coin"), max_length=80, blank=True, help_text=_("The coin's id in CoinGecko's list.")
    )
    is_fictional = models.BooleanField(_("fictional"), default=False)
    price_revision = models.BigIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["symbol", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "symbol", "exchange"], nulls_distinct=False, name="instrument_once"
            ),
            models.UniqueConstraint(
                "coin_id", condition=Q(owner=None) & ~Q(coin_id=""), name="instrument_public_coin_once"
            ),
            models.CheckConstraint(condition=Q(quote_unit__gt=0), name="instrument_quote_unit_positive"),
        ]
        indexes = [
            models.Index(fields=["symbol"], name="instrument_symbol"),
            models.Index(
                OpClass(Upper("symbol"), name="varchar_pattern_ops"), name="instrument_symbol_begins"
            ),
            models.Index(fields=["isin"], name="instrument_isin", condition=~Q(isin="")),
        ]

    def __str__(self) -> str:
        return self.symbol


class SymbolSpan(models.Model):
    """A symbol that an instrument had, from one date (included) to another (excluded; null: still)."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="symbol_spans")
    symbol = models.CharField(max_length=SYMBOL_LENGTH)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instrument", "valid_from"], name="symbol_span_once"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="symbol_span_forward"
            ),
        ]
        indexes = [models.Index(fields=["symbol", "valid_from"], name="symbol_span_symbol")]

    def __str__(self) -> str:
        return self.symbol


class Coin(models.Model):
    """A coin of CoinGecko's list: the ids that the crypto endpoints take."""

    coin_id = models.CharField(primary_key=True, max_length=80)
    symbol = models.CharField(max_length=20)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.coin_id


# Raw prices are as they were given and keep no second copy.
_BASIS_KNOWN = Q(
    adjusted_as_of=None, given_open=None, given_high=None, given_low=None, given_close=None, given_volume=None
) | Q(adjusted_as_of__gte=F("date"), given_close__isnull=False, given_close__gt=0)


class DailyBar(models.Model):
    """Open, high, low, close and volume of one day, raw (not adjusted for splits), in quote units.

    Only the close is certain. `date` is the exchange's. Belongs to (world, instrument). `adjusted_as_of`
    null: the source gave them raw. Else it had adjusted them for the splits up to and including that
    day, `given_…` is what it gave, and the raw ones are converted from it by the splits that are known.
    """

    # No index of their own: `daily_bar_once` serves every read, and each index costs every import.
    world = models.ForeignKey(
        World, on_delete=models.PROTECT, default=LIVE_WORLD, related_name="+", db_index=False
    )
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+", db_index=False)
    date = models.DateField()
    open = NumericField(null=True)
    high = NumericField(null=True)
    low = NumericField(null=True)
    close = NumericField()
    volume = NumericField(null=True)
    source = models.CharField(max_length=24)
    adjusted_as_of = models.DateField(null=True)
    given_open = NumericField(null=True)
    given_high = NumericField(null=True)
    given_low = NumericField(null=True)
    given_close = NumericField(null=True)
    given_volume = NumericField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instrument", "world", "date"], name="daily_bar_once"),
            models.CheckConstraint(condition=Q(close__gt=0), name="daily_bar_close_positive"),
            models.CheckConstraint(condition=Q(high__gte=F("low")), name="daily_bar_high_over_low"),
            models.CheckConstraint(condition=Q(low__gt=0), name="daily_bar_low_positive"),
            models.CheckConstraint(
                condition=Q(close__gte=F("low")) & Q(close__lte=F("high")), name="daily_bar_close_in_range"
            ),
            models.CheckConstraint(condition=Q(volume__gte=0), name="daily_bar_volume_not_negative"),
            models.CheckConstraint(condition=_BASIS_KNOWN, name="daily_bar_raw_or_given"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.date}"


_NO_RATIO = Q(numerator=None, denominator=None)
# a comparison with null is no refusal
_RATIO = Q(numerator__isnull=False, denominator__isnull=False, numerator__gt=0, denominator__gt=0)
_PLAIN = Q(target=None, cost_share=None, pays_out=False)
_UNNAMED = Q(old_symbol="", new_symbol="")
_NO_CASH = Q(amount=None)
_CASH = Q(amount__isnull=False, amount__gt=0) & ~Q(currency="")
# What each kind of corporate action has, and that it has nothing else.
_COMPLETE = (
    (Q(kind__in=["split", "stock_dividend"]) & _RATIO & _NO_CASH & _PLAIN & _UNNAMED)
    | (Q(kind="dividend") & _CASH & _NO_RATIO & _PLAIN & _UNNAMED)
    | (
        Q(kind="spin_off", target__isnull=False, cost_share__isnull=False, pays_out=False)
        & (_RATIO & _NO_CASH & _UNNAMED)
    )
    | (
        Q(kind="merger", pays_out=False)
        & _UNNAMED
        & (
            (Q(target__isnull=False, cost_share=None) & _RATIO & _NO_CASH)
            | (Q(target=None, cost_share=None) & _NO_RATIO & _CASH)
            | (Q(target__isnull=False, cost_share__isnull=False) & _RATIO & _CASH)
        )
    )
    | (Q(kind="symbol_change") & _NO_RATIO & _NO_CASH & _PLAIN & ~Q(old_symbol="") & ~Q(new_symbol=""))
    | (
        Q(kind="delisting", target=None, cost_share=None)
        & (_NO_RATIO & _UNNAMED)
        & (Q(amount=None, pays_out=False) | (Q(amount__isnull=False, amount__gte=0) & ~Q(currency="")))
    )
)


class CorporateAction(TimeStamped):
    """What a company does to its shares; takes effect at the start of `ex_date` (the exchange's).

    A split gives `numerator` new units for `denominator` old ones, a stock dividend that many more, a
    spin-off that many of `target`, to which `cost_share` (0 to 1) of the cost moves. A merger turns them
    into that many of `target`, or into `amount` of cash a unit, or both: then `cost_share` stays with
    the shares. A dividend is `amount` per unit as of that date, gross. A delisting leaves the last price,
    or `amount` (0: worthless), which `pays_out` says the holders get. `cash_in_lieu` is paid for one
    whole new unit where a fraction of it would be left; null: fractions are kept. Amounts are in
    `currency`. docs/algorithms/corporate-actions.md.
    """

    class Kind(models.TextChoices):
        SPLIT = "split", _("Split")
        DIVIDEND = "dividend", _("Dividend")
        STOCK_DIVIDEND = "stock_dividend", _("Stock dividend")
        SPIN_OFF = "spin_off", _("Spin-off")
        MERGER = "merger", _("Merger")
        SYMBOL_CHANGE = "symbol_change", _("Symbol change")
        DELISTING = "delisting", _("Delisting")

    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="corporate_actions")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    ex_date = models.DateField(_("ex-date"))
    pay_date = models.DateField(_("paid on"), null=True, blank=True)
    target = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.RESTRICT, related_name="+", verbose_name=_("into")
    )
    numerator = NumericField(_("new units"), null=True, blank=True)
    denominator = NumericField(_("for old units"), null=True, blank=True)
    amount = NumericField(_("amount"), null=True, blank=True)
    currency = CurrencyField(_("currency"), blank=True)
    cost_share = NumericField(_("share of the cost"), null=True, blank=True)
    cash_in_lieu = NumericField(_("cash in lieu"), null=True, blank=True)
    pays_out = models.BooleanField(_("pays out"), default=False)
    old_symbol = models.CharField(_("old symbol"), max_length=SYMBOL_LENGTH, blank=True)
    new_symbol = models.CharField(_("new symbol"), max_length=SYMBOL_LENGTH, blank=True)
    source = models.CharField(max_length=24)

    class Meta:
        ordering = ["-ex_date"]
        indexes = [models.Index(fields=["-ex_date"], name="corporate_action_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "kind", "ex_date", "target"],
                nulls_distinct=False,
                name="corporate_action_once",
            ),
            models.CheckConstraint(condition=_COMPLETE, name="corporate_action_complete"),
            models.CheckConstraint(
                condition=~Q(target=F("instrument")), name="corporate_action_into_another"
            ),
            models.CheckConstraint(
                condition=Q(cost_share__gte=0, cost_share__lte=1), name="corporate_action_share_of_one"
            ),
            models.CheckConstraint(
                condition=Q(cash_in_lieu=None)
                | (Q(cash_in_lieu__gte=0, numerator__isnull=False) & ~Q(currency="")),
                name="corporate_action_cash_in_lieu",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ex_date}"


class FxRate(models.Model):
    """How many units of `quote` one unit of `base` was worth on `date`.

    `owner` null is public reference data; a user's own rate wins over it, for that user only.
    """

    world = models.ForeignKey(
        World, on_delete=models.PROTECT, default=LIVE_WORLD, related_name="+", db_index=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    base = CurrencyField()
    quote = CurrencyField()
    date = models.DateField()
    rate = NumericField()
    source = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "world", "base", "quote", "date"], nulls_distinct=False, name="fx_rate_once"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="fx_rate_positive"),
            models.CheckConstraint(condition=~Q(base=F("quote")), name="fx_rate_two_currencies"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.date}"


class RateRevision(models.Model):
    """Counts the changes of an owner's rates (null: the public ones), as `price_revision` does for prices."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner"], nulls_distinct=False, name="rate_revision_once")
        ]

    def __str__(self) -> str:
        return str(self.value)


class PriceImport(TimeStamped):
    """One file brought in by ``import_prices``: what was read, stored, unchanged and refused.

    `adjusted_as_of`: it was said to be adjusted for the splits up to that day; null: raw.
    """

    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=80)
    adjusted_as_of = models.DateField(_("adjusted as of"), null=True)
    rows_read = models.BigIntegerField(default=0)
    rows_stored = models.BigIntegerField(default=0)
    rows_unchanged = models.BigIntegerField(default=0)
    rows_rejected = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.file_name

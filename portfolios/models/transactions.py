"""Transactions, and what they were before each change."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import CurrencyField, NumericField
from core.ids import uuid7
from core.models import TimeStamped
from market.models import Instrument
from portfolios.models.imports import TransactionImport
from portfolios.models.portfolio import Portfolio


class Transaction(TimeStamped):
    """One entry of a portfolio's ledger, as the user knows it (never adjusted for splits).

    `time` is UTC; `day` is its calendar date in the portfolio's time zone. `quantity` is in
    shares or coins (for money movements the amount, with price 1), `price` per unit in
    `currency` (the major one), null only for transfers (in: at unknown cost). `fee` and `tax` are
    ≥ 0 and leave the cash of their own currencies. `fx_rate` is the user's own rate: portfolio
    currency for one unit of `currency`. `group` links the legs of one event.

    Editing and deleting keep the former state in `TransactionRevision`; a deleted row stays
    with `deleted_at` set.
    """

    class Kind(models.TextChoices):
        BUY = "buy", _("Buy")
        SELL = "sell", _("Sell")
        DEPOSIT = "deposit", _("Deposit")
        WITHDRAWAL = "withdrawal", _("Withdrawal")
        DIVIDEND = "dividend", _("Dividend")
        INTEREST = "interest", _("Interest")
        FEE = "fee", _("Fee")
        TAX = "tax", _("Tax")
        TRANSFER_IN = "transfer_in", _("Transfer in")
        TRANSFER_OUT = "transfer_out", _("Transfer out")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="transactions")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    time = models.DateTimeField(_("time"))
    day = models.DateField(editable=False)
    instrument = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    quantity = NumericField(_("quantity"))
    price = NumericField(_("price"), null=True, blank=True)
    currency = CurrencyField(_("currency"))
    fee = NumericField(_("fee"), default=0)
    fee_currency = CurrencyField()
    tax = NumericField(_("tax"), default=0)
    tax_currency = CurrencyField()
    fx_rate = NumericField(_("exchange rate"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=400, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    group = models.UUIDField(null=True, blank=True)
    import_batch = models.ForeignKey(
        TransactionImport, null=True, blank=True, on_delete=models.SET_NULL, related_name="transactions"
    )
    fingerprint = models.CharField(max_length=64, blank=True)
    sequence = models.BigIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-time", "-sequence"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fee__gte=0) & Q(tax__gte=0), name="transaction_costs_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(fx_rate=None) | Q(fx_rate__gt=0), name="transaction_fx_rate_positive"
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=False) | Q(kind__in=["transfer_in", "transfer_out"]),
                name="transaction_price_known",
            ),
            models.CheckConstraint(
                condition=Q(instrument__isnull=False)
                | ~Q(kind__in=["buy", "sell", "transfer_in", "transfer_out"]),
                name="transaction_instrument_given",
            ),
            models.UniqueConstraint(
                fields=["portfolio", "fingerprint"],
                condition=Q(deleted_at=None) & ~Q(fingerprint=""),
                name="transaction_import_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["portfolio", "day", "sequence"],
                condition=Q(deleted_at=None),
                name="transaction_ledger",
            ),
            models.Index(fields=["instrument"], name="transaction_instrument"),
            models.Index(fields=["-id"], name="transaction_deleted", condition=Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class TransactionRevision(models.Model):
    """What a transaction was before an edit or a deletion, and who changed it when."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    changed_at = models.DateTimeField(auto_now_add=True)
    changed_by = models.UUIDField(null=True)
    state = models.JSONField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["transaction", "version"], name="transaction_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id} v{self.version}"

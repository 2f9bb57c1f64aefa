"""Portfolios: their currency, days and rules."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import CurrencyField
from core.ids import uuid7
from core.models import LIVE_WORLD, TimeStamped, World
from market.models import Instrument


class Portfolio(TimeStamped):
    """A set of transactions with a currency, a time zone (its days) and a way to match lots.

    `revision` grows with every change of its transactions. `tracks_cash` false makes each
    purchase an implied contribution and each sale or income an implied withdrawal. With
    `fees_in_basis` what a purchase was charged is part of its cost, and a sale's fee lowers what it brought.
    `allow_short`: a sale of more than is held opens a short position, and is not refused.
    `tax_year_start` (MM-DD) and `long_after_days` (None: more than a year) are for the report of gains.
    `managed_by` names the simulator account that alone may write a simulated portfolio.
    """

    class Kind(models.TextChoices):
        REAL = "real", _("Real")
        SIMULATED = "simulated", _("Simulated")

    class CostMethod(models.TextChoices):
        FIFO = "fifo", _("First in, first out")
        LIFO = "lifo", _("Last in, first out")
        HIFO = "hifo", _("Highest cost first")
        AVERAGE = "average", _("Average cost")

    class TaxYear(models.TextChoices):
        JANUARY = "01-01", _("1 January")
        MARCH = "03-01", _("1 March (South Africa)")
        APRIL = "04-01", _("1 April (India, Japan, New Zealand)")
        UNITED_KINGDOM = "04-06", _("6 April (United Kingdom)")
        JULY = "07-01", _("1 July (Australia)")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=100)
    currency = CurrencyField(_("currency"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    world = models.ForeignKey(World, on_delete=models.PROTECT, default=LIVE_WORLD, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REAL)
    managed_by = models.UUIDField(null=True, blank=True, editable=False)
    cost_method = models.CharField(max_length=8, choices=CostMethod.choices, default=CostMethod.FIFO)
    fees_in_basis = models.BooleanField(_("fees in the cost basis"), default=False)
    allow_short = models.BooleanField(_("short positions"), default=False)
    tax_year_start = models.CharField(max_length=5, choices=TaxYear.choices, default=TaxYear.JANUARY)
    long_after_days = models.PositiveSmallIntegerField(null=True, blank=True)
    tracks_cash = models.BooleanField(_("tracks cash"), default=True)
    benchmark = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(_("note"), max_length=400, blank=True)
    default_for = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    is_sample = models.BooleanField(default=False)
    revision = models.BigIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="real", managed_by=None) | Q(kind="simulated", managed_by__isnull=False),
                name="portfolio_managed_when_simulated",
            ),
        ]

    def __str__(self) -> str:
        return self.name

"""What is kept of single lots: those chosen for a sale, and those that came from another portfolio."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.fields import CurrencyField, NumericField


class ReliefLink(models.Model):
    """A lot that was chosen for a sale: `quantity` units of an acquisition, in units of the day of the sale.

    All links of a sale add up to it; a sale without links takes its lots by the portfolio's method.
    """

    sale = models.ForeignKey("portfolios.Transaction", on_delete=models.CASCADE, related_name="relief_links")
    acquisition = models.ForeignKey("portfolios.Transaction", on_delete=models.CASCADE, related_name="+")
    quantity = NumericField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["sale", "acquisition"], name="relief_link_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="relief_link_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.sale_id} {self.acquisition_id}"


class CarriedLots(models.Model):
    """The lots that a transfer in brought from another portfolio of the owner, as they were there.

    `source` is the entry that took them out; null once its portfolio is deleted. `lots`: exact decimals as
    texts; `cost` in the instrument's currency, `cost_base` and `charges` in `base`.
    """

    transaction = models.OneToOneField(
        "portfolios.Transaction", on_delete=models.CASCADE, primary_key=True, related_name="carried_lots"
    )
    source = models.OneToOneField(
        "portfolios.Transaction", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    base = CurrencyField()
    lots = models.JSONField()

    def __str__(self) -> str:
        return f"{self.source_id} {self.transaction_id}"

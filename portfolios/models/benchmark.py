"""What a portfolio is compared with, where that is a blend."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.fields import NumericField
from market.models import Instrument


class BenchmarkPart(models.Model):
    """One instrument of a blend that a portfolio is compared with; the weights add up to 1.

    A benchmark of one instrument is the portfolio's `benchmark`, and has no parts.
    """

    portfolio = models.ForeignKey(
        "portfolios.Portfolio", on_delete=models.CASCADE, related_name="benchmark_parts"
    )
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+")
    weight = NumericField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "instrument"], name="benchmark_part_once"),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lt=1), name="benchmark_part_weight_is_a_fraction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weight} {self.instrument_id}"

"""When exchanges trade."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class TradingSession(models.Model):
    """One trading day of an exchange, from `opens_at` (included) to `closes_at` (excluded), both UTC.

    `date` is the exchange's. Where trade rests at noon, `break_starts_at` and `break_ends_at` say when. A
    day without a row, between days that have one, is no trading day.
    """

    exchange = models.ForeignKey(
        "market.Exchange", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    date = models.DateField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    break_starts_at = models.DateTimeField(null=True)
    break_ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exchange", "date"], name="trading_session_once"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="trading_session_forward"),
            models.CheckConstraint(
                condition=Q(break_starts_at=None, break_ends_at=None)
                | Q(
                    break_starts_at__gt=F("opens_at"),
                    break_ends_at__gt=F("break_starts_at"),
                    break_ends_at__lt=F("closes_at"),
                ),
                name="trading_session_break",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exchange_id} {self.date}"

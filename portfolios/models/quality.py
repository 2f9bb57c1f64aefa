"""What the quality checks found, and what somebody says is no fault."""

from __future__ import annotations

from django.db import models

from core.ids import uuid7
from portfolios.models.portfolio import Portfolio


class QualityDismissal(models.Model):
    """A finding of the quality checks that somebody says is none.

    `issue_id` depends on the facts the check looked at, so once they change the finding is another
    one and comes back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="quality_dismissals")
    issue_id = models.UUIDField()
    code = models.CharField(max_length=32)
    dismissed_by = models.UUIDField(null=True)
    dismissed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-dismissed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "issue_id"], name="quality_dismissal_once")
        ]

    def __str__(self) -> str:
        return self.code


class QualityRun(models.Model):
    """What the quality checks last found in a portfolio, dismissed findings aside; the badge shows it.

    `revision` is the portfolio's when they ran.
    """

    portfolio = models.OneToOneField(
        Portfolio, primary_key=True, on_delete=models.CASCADE, related_name="quality_run"
    )
    revision = models.BigIntegerField()
    checked_at = models.DateTimeField()
    high = models.PositiveIntegerField()
    medium = models.PositiveIntegerField()
    low = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.high} {self.medium} {self.low}"

"""What prices did of late, for clauses about changes within minutes."""

from __future__ import annotations

from django.db import models

from core.fields import NumericField
from core.models import World
from market.models import Instrument


class RecentMinute(models.Model):
    """The lowest and highest price that the log told of an instrument in the minute that begins at `at`.

    By the time of the batches, in quote units of now; only while a rule wants it, and for a day. The price
    at which a move began is part of it.
    """

    pk = models.CompositePrimaryKey("instrument", "world", "at")
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+", db_index=False)
    world = models.ForeignKey(World, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    low = NumericField()
    high = NumericField()

    class Meta:
        verbose_name = "minute of late"
        verbose_name_plural = "minutes of late"

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.at}"
